#include "theory/bounds/bounds.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <regex>
#include <set>
#include <stdexcept>

#include "sim/random/draw.hpp"
#include "sim/random/stream.hpp"

namespace twostage {
namespace {

const PublishedBound& bound(const char* name) {
  return published_bounds().at(name).extra;
}

TEST(Bounds, EveryEntryIsComplete) {
  std::set<std::string> names;
  for (const auto& entry : published_bounds().entries()) {
    EXPECT_TRUE(names.insert(entry.name).second) << entry.name;
    EXPECT_FALSE(entry.summary.empty()) << entry.name;
    EXPECT_EQ(entry.summary.back(), '.') << entry.name;
    // Every source carries an arXiv number.
    EXPECT_TRUE(std::regex_search(entry.source, std::regex("[0-9]{4}[.][0-9]{5}"))) << entry.name;
    EXPECT_FALSE(entry.extra.quantity.empty()) << entry.name;
    EXPECT_FALSE(entry.extra.checked.empty()) << entry.name;
    EXPECT_EQ(entry.status == Status::checked, entry.extra.confirmed) << entry.name;
    EXPECT_EQ(entry.extra.side == BoundSide::lower, entry.name.ends_with("-lower")) << entry.name;
  }
  EXPECT_THROW(published_bounds().at("no such bound"), InputError);
}

// d log shape / d log n by central differences: error h^2 times the third derivative of a straight line, 0.
TEST(Bounds, SlopeOfTheShapeIsTheExponent) {
  for (const auto& entry : published_bounds().entries())
    for (const double n : {50.0, 1e4, 1e8}) {
      BoundScale at{.pairs = n,
                    .dimension = 40,
                    .policy_dimension = 90,
                    .sparsity = 4,
                    .coverage = 3,
                    .beta = 0.5,
                    .misspecification = 0.2};
      at.pairs = n * std::exp(0.01);
      const double up = entry.extra.shape(at);
      at.pairs = n * std::exp(-0.01);
      const double down = entry.extra.shape(at);
      EXPECT_NEAR(std::log(up / down) / 0.02, entry.extra.exponent, 1e-12) << entry.name;
    }
}

// What the statements say of the other arguments, by hand.
TEST(Bounds, ShapesByHand) {
  const BoundScale at{.pairs = 100,
                      .dimension = 64,
                      .policy_dimension = 10,
                      .sparsity = 8,
                      .coverage = 4,
                      .beta = 0.5,
                      .misspecification = 0.3};
  EXPECT_DOUBLE_EQ(bound("dense-minimax").shape(at), 0.64);
  EXPECT_DOUBLE_EQ(bound("sparse-minimax").shape(at), 0.08 * std::log(8));
  EXPECT_DOUBLE_EQ(bound("two-token-rlhf").shape(at), 0.08 * std::log(64));
  EXPECT_DOUBLE_EQ(bound("two-token-dpo-lower").shape(at), 0.64);
  EXPECT_DOUBLE_EQ(bound("rlhf-linear").shape(at), 4 * 0.8);
  EXPECT_DOUBLE_EQ(bound("dpo-log-linear").shape(at), 4 * 10 / (0.5 * 100));
  EXPECT_DOUBLE_EQ(bound("chi-po").shape(at), 2 * 0.8);
  EXPECT_DOUBLE_EQ(bound("rlhf-unrealisable").shape(at), 0.3);
  // Sparse below dense, as long as k < d.
  EXPECT_LT(bound("sparse-minimax").shape(at), bound("dense-minimax").shape(at));
}

TEST(Bounds, AnchoredCurvePassesThroughItsPoint) {
  const std::vector<double> pairs{100, 400, 1600};
  const std::vector<double> curve =
      anchored_curve(bound("rlhf-linear"), {.pairs = 400, .dimension = 9}, 0.7, pairs);
  EXPECT_NEAR(curve[0], 1.4, 1e-15);
  EXPECT_EQ(curve[1], 0.7);
  EXPECT_NEAR(curve[2], 0.35, 1e-15);
  EXPECT_THROW(anchored_curve(bound("rlhf-unrealisable"), {}, 1, pairs), std::invalid_argument);
}

// Three points at log n = 0, 1, 2 with log means 0, -1, -3 and weights 1, 1, 1/4 (errors 1, 1, 2):
// mean x = (0 + 1 + 1/2) / (9/4) = 2/3, mean y = (-1 - 3/4) / (9/4) = -7/9,
// S_xx = 4/9 + 1/9 + (16/9)/4 = 1, S_xy = (-2/3)(7/9) + (1/3)(-2/9) + (4/3)(-20/9)/4 = -36/27 = -4/3.
// Residuals: y - (-7/9) + (4/3)(x - 2/3): 7/9 - 8/9 = -1/9; -2/9 + 4/9 = 2/9; -20/9 + 16/9 = -4/9, over 1, 1,
// 2: chi-square 1/81 + 4/81 + 4/81 = 1/9 with one degree: p = P(|N| > 1/3) = 0.738882680...
TEST(Bounds, RegressionByHand) {
  const double e = std::exp(1.0);
  const std::vector<CurvePoint> points{{1, 1, 1}, {e, 1 / e, 1}, {e * e, std::exp(-3.0), 2}};
  const SlopeEstimate fit = log_log_slope(points, 0.05);
  EXPECT_NEAR(fit.slope, -4.0 / 3, 1e-14);
  EXPECT_NEAR(fit.intercept, -7.0 / 9 + 8.0 / 9, 1e-14);
  EXPECT_NEAR(fit.standard_error, 1, 1e-14);
  // The normal quantile of 0.975.
  EXPECT_NEAR(fit.high - fit.slope, 1.959963984540054, 1e-9);
  EXPECT_NEAR(fit.slope - fit.low, 1.959963984540054, 1e-9);
  EXPECT_NEAR(fit.misfit_p, std::erfc(1 / (3 * std::sqrt(2.0))), 1e-12);
  // Two points fit exactly.
  EXPECT_EQ(log_log_slope(std::span(points).first(2)).misfit_p, 1);
  EXPECT_NEAR(log_log_slope(std::span(points).first(2)).slope, -1, 1e-14);

  EXPECT_THROW(log_log_slope(std::span(points).first(1)), std::invalid_argument);
  EXPECT_THROW(log_log_slope(std::vector<CurvePoint>{{5, 1, 1}, {5, 2, 1}}), std::invalid_argument);
  EXPECT_THROW(log_log_slope(std::vector<CurvePoint>{{5, 1, 1}, {6, 0, 1}}), std::invalid_argument);
  EXPECT_THROW(log_log_slope(points, 0), std::invalid_argument);
}

constexpr double kPairs[] = {100, 200, 400, 800, 1600, 3200, 6400};

// A curve c n^slope with normal errors of the log, the last one larger.
std::vector<CurvePoint> simulated(double slope, std::uint64_t replicate) {
  auto stream = RandomSource(7, "theory-test").stream(Purpose::data, replicate, 0, 0);
  std::vector<CurvePoint> points;
  for (const double n : kPairs) {
    const double error = n < 6000 ? 0.05 : 0.15;
    points.push_back({n, 3 * std::exp(slope * std::log(n) + error * draw_normal(stream)), error});
  }
  return points;
}

// Ten thousand data sets with the slope -1/2: coverage 1 - alpha, `inconsistent` alpha/2 at the edge of the
// claimed set, uniform misfit p. False-alarm rate 1e-6 in all (5.2 binomial standard deviations, four
// counts).
TEST(Bounds, CoverageAndFalseAlarms) {
  constexpr int kSets = 10'000;
  constexpr double kAlpha = 0.1;
  const PublishedBound& upper = bound("rlhf-linear");
  const PublishedBound& lower = bound("pessimistic-mle-lower");
  int covered = 0, alarms_upper = 0, alarms_lower = 0, bent = 0;
  for (int i = 0; i < kSets; ++i) {
    const SlopeEstimate fit = log_log_slope(simulated(-0.5, static_cast<std::uint64_t>(i)), kAlpha);
    covered += fit.low <= -0.5 && -0.5 <= fit.high;
    alarms_upper += slope_check(upper, fit) == SlopeVerdict::inconsistent;
    alarms_lower += slope_check(lower, fit) == SlopeVerdict::inconsistent;
    bent += fit.misfit_p < 0.1;
  }
  const auto expect_rate = [](int count, double rate) {
    EXPECT_NEAR(count, kSets * rate, 5.2 * std::sqrt(kSets * rate * (1 - rate)));
  };
  expect_rate(covered, 1 - kAlpha);
  expect_rate(alarms_upper, kAlpha / 2);
  expect_rate(alarms_lower, kAlpha / 2);
  expect_rate(bent, 0.1);
}

// The slope's standard error here: weights 400 (six times) and 44 at log n in steps of log 2, so S_xx is
// 3620, error 0.0166: the cases below lie 14 errors from their limits, at alpha =
// 1e-6 nine clear of the interval.
TEST(Bounds, VerdictsOnSimulatedData) {
  const auto fit = [](double slope) { return log_log_slope(simulated(slope, 20'000), 1e-6); };
  const auto check = [&](const char* name, double slope, double slack = 0) {
    return slope_check(bound(name), fit(slope), slack);
  };
  EXPECT_NEAR(fit(-1).standard_error, 0.0166, 5e-5);
  // Regret that falls like n^{-1/4} contradicts sqrt(d/n); n^{-1} is within it.
  EXPECT_EQ(check("rlhf-linear", -0.25), SlopeVerdict::inconsistent);
  EXPECT_EQ(check("rlhf-linear", -1), SlopeVerdict::consistent);
  EXPECT_EQ(check("rlhf-linear", -0.5), SlopeVerdict::undecided);
  EXPECT_EQ(check("rlhf-linear", -0.5, 0.25), SlopeVerdict::consistent);
  EXPECT_EQ(check("rlhf-linear", 0, 0.25), SlopeVerdict::inconsistent);
  // The same slopes against a lower bound.
  EXPECT_EQ(check("dense-minimax-lower", -1.25), SlopeVerdict::inconsistent);
  EXPECT_EQ(check("dense-minimax-lower", -0.75), SlopeVerdict::consistent);
  EXPECT_EQ(check("dense-minimax-lower", -1), SlopeVerdict::undecided);
  EXPECT_EQ(check("dense-minimax-lower", -1, 0.25), SlopeVerdict::consistent);
  // A constant contradicts d_P/(beta n).
  EXPECT_EQ(check("dpo-log-linear", 0), SlopeVerdict::inconsistent);
  EXPECT_THROW(check("dpo-log-linear", 0, -1), std::invalid_argument);
}

// A floor bends the curve: 1/n + 1/1000 over n = 100 .. 6400, errors of 5 %. The slope, -1/(1 + n/1000),
// flattens from -0.91 to -0.14, -0.54 on average, which contradicts -1; and the line is rejected: it passes
// the ends by 0.25, five errors, and the middle by four on the other side.
TEST(Bounds, AFloorIsFound) {
  std::vector<CurvePoint> points;
  for (const double n : kPairs) points.push_back({n, 1 / n + 1e-3, 0.05});
  const SlopeEstimate fit = log_log_slope(points, 1e-6);
  EXPECT_EQ(slope_check(bound("dpo-log-linear"), fit), SlopeVerdict::inconsistent);
  EXPECT_LT(fit.misfit_p, 1e-6);
}

}  // namespace
}  // namespace twostage
