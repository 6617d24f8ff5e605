// The direct route (DPO) in policy classes that do not hold the optimum, or hold part of it fixed, against
// values that owe nothing to theory/asymptotics/expansion.cpp.
#include <gtest/gtest.h>

#include <cmath>

#include "sim/model/direction_model.hpp"
#include "sim/plan/sweeps.hpp"
#include "tests/support/hand_made.hpp"
#include "tests/support/worlds.hpp"
#include "theory/asymptotics/expansion.hpp"
#include "theory/prediction/prediction.hpp"

namespace twostage {
namespace {

double logistic(double x) {
  return 1 / (1 + std::exp(-x));
}

PairPolicies reference_pairs(const World& world) {
  return {world.log_reference, world.log_reference};
}

// A class with a fixed part: scores o + Phi theta.
class WithOffset final : public LinearModel {
 public:
  WithOffset(const LinearModel& model, std::vector<double> offset)
      : model_(model), offset_(std::move(offset)) {}
  std::size_t parameters() const override { return model_.parameters(); }
  void scores(std::span<const double> theta, std::span<double> out) const override {
    model_.scores(theta, out);
    for (std::size_t e = 0; e < offset_.size(); ++e) out[e] += offset_[e];
  }
  void pullback(std::span<const double> theta, std::span<const double> d_scores,
                std::span<double> out) const override {
    model_.pullback(theta, d_scores, out);
  }
  std::size_t rank() const override { return model_.rank(); }
  void add_path(std::span<const EdgeId> path, double scale, FeatureRow& row) const override {
    model_.add_path(path, scale, row);
  }
  double integer_unit(std::size_t k) const override { return model_.integer_unit(k); }
  void path_covariance(std::span<const double> log_policy, std::span<double> out) const override {
    model_.path_covariance(log_policy, out);
  }
  std::span<const double> offset() const override { return offset_; }

 private:
  const LinearModel& model_;
  std::vector<double> offset_;
};

// One prompt and a policy class of one parameter, pi_theta(a|s) ∝ pi_ref(a|s) exp(o(s,a) + theta phi(s,a)),
// all by hand. With A_s(theta) = log sum_a pi_ref exp(o + theta phi), whose derivatives are the cumulants of
// phi in the state, the implicit reward of a path and its derivatives are
//   r = beta sum (o + theta phi - A),  r' = beta sum (phi - A'),  r'' = -beta sum A'',  r''' = -beta sum
//   A'''.
// Of a pair, D = r_i - r_j (and D', D'', D''' alike), s = sigma(D), q = sigma(r*_i - r*_j), y the label,
//   g = (s - y) D',  H = s(1-s) D'^2 + (s - y) D'',
//   F'   = E[(s-q) D']
//   F''  = E[s(1-s) D'^2 + (s-q) D'']
//   F''' = E[s(1-s)(1-2s) D'^3 + 3 s(1-s) D' D'' + (s-q) D''']
//   K    = E[g^2]  = E[(s^2 - 2sq + q) D'^2]              (F' = 0 at the pseudo-true parameter)
//   E[Hg]          = E[s(1-s)(s-q) D'^3 + (s^2 - 2sq + q) D' D''].
// A Taylor expansion of the sample's gradient around theta gives n Var = V = K / A^2 and n bias =
// b = (E[Hg] / A - F''' V / 2) / A, with A = F''.
// Regret: R = sum pi f up to a constant, f = r - r*; pi' = pi r' / beta and sum pi r' = 0, so
//   R' = sum pi r' f / beta,  R'' = sum pi ((r'^2 / beta + r'') f + r'^2) / beta.
struct ByHand {
  double theta = 0, floor = 0, slope = 0, variance = 0, bias = 0, bend = 0;
  double coefficient() const { return slope * bias + bend * variance / 2; }  // of 1/n
};

struct Row {
  double reference = 1, truth = 0, r = 0, r1 = 0, r2 = 0, r3 = 0;
};

struct OneParameter {
  std::vector<double> phi, offset;  // [edges]
};

std::vector<Row> rows_at(const World& world, const OneParameter& model, double theta) {
  const std::vector<double>& phi = model.phi;
  const TokenGraph& graph = world.graph;
  std::vector<Row> rows;
  for (const test::Path& path : test::completions(graph)) {
    Row row;
    for (const EdgeId e : path) {
      const StateId state = graph.source(e);
      double z = 0, m1 = 0, m2 = 0, m3 = 0;
      for (EdgeId b = graph.edge(state, 0); b < graph.edge(state + 1, 0); ++b) {
        const auto edge = static_cast<std::size_t>(b);
        const double w = std::exp(world.log_reference[edge] + model.offset[edge] + theta * phi[edge]);
        z += w;
        m1 += w * phi[edge];
        m2 += w * phi[edge] * phi[edge];
        m3 += w * phi[edge] * phi[edge] * phi[edge];
      }
      m1 /= z;
      m2 /= z;
      m3 /= z;
      const auto edge = static_cast<std::size_t>(e);
      row.reference *= std::exp(world.log_reference[edge]);
      row.truth += world.reward[edge];
      row.r += world.beta * (model.offset[edge] + theta * phi[edge] - std::log(z));
      row.r1 += world.beta * (phi[edge] - m1);
      row.r2 -= world.beta * (m2 - m1 * m1);
      row.r3 -= world.beta * (m3 - 3 * m1 * m2 + 2 * m1 * m1 * m1);
    }
    rows.push_back(row);
  }
  return rows;
}

double gradient(const std::vector<Row>& rows) {
  double out = 0;
  for (const Row& i : rows)
    for (const Row& j : rows)
      out += i.reference * j.reference * (logistic(i.r - j.r) - logistic(i.truth - j.truth)) * (i.r1 - j.r1);
  return out;
}

// The root of F' in [low, high] by bisection.
ByHand by_hand(const World& world, const OneParameter& model, double low, double high) {
  EXPECT_LT(gradient(rows_at(world, model, low)), 0);
  EXPECT_GT(gradient(rows_at(world, model, high)), 0);
  for (int i = 0; i < 200; ++i) {
    const double middle = (low + high) / 2;
    (gradient(rows_at(world, model, middle)) < 0 ? low : high) = middle;
  }
  ByHand out;
  out.theta = low;
  const std::vector<Row> rows = rows_at(world, model, low);
  double a = 0, third = 0, k = 0, hg = 0;
  for (const Row& i : rows)
    for (const Row& j : rows) {
      const double w = i.reference * j.reference;
      const double s = logistic(i.r - j.r), q = logistic(i.truth - j.truth);
      const double d1 = i.r1 - j.r1, d2 = i.r2 - j.r2, d3 = i.r3 - j.r3;
      const double c = s * (1 - s), noise = s * s - 2 * s * q + q;
      a += w * (c * d1 * d1 + (s - q) * d2);
      third += w * (c * (1 - 2 * s) * d1 * d1 * d1 + 3 * c * d1 * d2 + (s - q) * d3);
      k += w * noise * d1 * d1;
      hg += w * (c * (s - q) * d1 * d1 * d1 + noise * d1 * d2);
    }
  out.variance = k / (a * a);
  out.bias = (hg / a - third * out.variance / 2) / a;
  const double beta = world.beta;
  double z = 0;
  for (const Row& i : rows) z += i.reference * std::exp(i.truth / beta);
  for (const Row& i : rows) {
    const double f = i.r - i.truth, pi = i.reference * std::exp(i.r / beta);
    out.floor += pi * (f + beta * std::log(z));
    out.slope += pi * i.r1 * f / beta;
    out.bend += pi * ((i.r1 * i.r1 / beta + i.r2) * f + i.r1 * i.r1) / beta;
  }
  return out;
}

void expect_agreement(const World& world, const OneParameter& given, const ByHand& hand) {
  const DirectionModel direction(world, given.phi);
  const WithOffset model(direction, given.offset);
  const PairPolicies pairs = reference_pairs(world);
  const Route route{Route::Kind::direct, &model, {}};
  // No term may vanish, or its sign would not be tested.
  EXPECT_GT(hand.floor, 1e-3);
  EXPECT_GT(std::fabs(hand.slope * hand.bias), 1e-3);
  Expansion expansion(route, world, pairs);
  for (const double n : {1.0, 300.0}) {
    const ExpectedRegret at = expansion.at(n);
    EXPECT_NEAR(at.pseudo_true, hand.floor, 1e-10);
    EXPECT_NEAR(at.shift * n, hand.slope * hand.bias, 1e-8);
    EXPECT_NEAR(at.variance * n, hand.bend * hand.variance / 2, 1e-8);
  }
  EXPECT_NEAR(expansion.irreducible(), hand.floor, 1e-10);
  const Prediction at = Predictor(route, world, pairs).at(300);
  EXPECT_NEAR(at.floor, hand.floor, 1e-10);
  EXPECT_NEAR(at.regret, hand.floor + hand.coefficient() / 300, 1e-9);
  EXPECT_TRUE(std::isnan(at.median));  // n regret has no limit law where there is a floor
  EXPECT_TRUE(std::isnan(at.upper));
}

// One decision: the normaliser is common to all arms, so D = beta theta (phi_i - phi_j) and D'' = 0: the loss
// is convex, and the class misses r* = (0, 1.5, 0.6), which is not linear in phi = (-1, 1/4, 1).
TEST(MisspecifiedDirectRoute, ThreeArms) {
  const World world = test::arms_world({0, 1.5, 0.6}, 0.7);
  const OneParameter model{{-1, 0.25, 1}, {0, 0, 0}};
  expect_agreement(world, model, by_hand(world, model, -10, 10));
}

// Two decisions, one parameter in all three states: the normalisers differ between the completions of a pair
// and the second and third derivatives of the implicit reward count.
TEST(MisspecifiedDirectRoute, TwoTokens) {
  const World world = test::world({{"family", std::string("tokens")},
                                   {"horizon", std::int64_t{2}},
                                   {"degree", std::int64_t{2}},
                                   {"headroom", 0.5},
                                   {"beta", 0.8},
                                   {"reference", std::string("random")}});
  ASSERT_EQ(world.graph.edges(), 6u);
  const std::vector<double> phi = {0.0, 1.0, 0.5, -0.7, -1.2, 0.9};
  // The second offset is no multiple of phi: no theta makes up for it.
  for (const OneParameter& model :
       {OneParameter{phi, {0, 0, 0, 0, 0, 0}}, OneParameter{phi, {0.3, -0.4, 0.0, 0.5, -0.2, 0.6}}})
    expect_agreement(world, model, by_hand(world, model, -3, 3));
}

// Where a class has its origin changes no policy, hence no regret: in a class that misses the optimum, so
// that nothing vanishes, with and without a penalty of the policy.
TEST(PolicyOffset, MovesTheOriginAndNothingElse) {
  const World world = test::world({{"family", std::string("tokens")},
                                   {"horizon", std::int64_t{3}},
                                   {"degree", std::int64_t{2}},
                                   {"headroom", 0.5},
                                   {"beta", 0.8},
                                   {"prompts", std::int64_t{2}},
                                   {"reference", std::string("random")}});
  const auto model = make_linear_model(
      test::settings({{"class", std::string("degree")}, {"degree", std::int64_t{1}}}), world, Role::policy);
  std::vector<double> origin(model->parameters());
  for (std::size_t k = 0; k < origin.size(); ++k) origin[k] = 0.8 * std::sin(1.0 + static_cast<double>(k));
  std::vector<double> offset(world.graph.edges());
  model->scores(origin, offset);
  const WithOffset moved(*model, offset);
  const PairPolicies pairs = reference_pairs(world);
  for (const PenaltyTerm penalty : {PenaltyTerm{}, PenaltyTerm{PenaltyTerm::Kind::reference_kl, 4}}) {
    const ExpectedRegret a = Expansion({Route::Kind::direct, model.get(), penalty}, world, pairs).at(500);
    const ExpectedRegret b = Expansion({Route::Kind::direct, &moved, penalty}, world, pairs).at(500);
    EXPECT_GT(a.pseudo_true, 1e-4);
    EXPECT_NEAR(a.pseudo_true, b.pseudo_true, 1e-9 * a.regret);
    EXPECT_NEAR(a.shift, b.shift, 1e-8 * a.regret);
    EXPECT_NEAR(a.variance, b.variance, 1e-8 * a.regret);
    EXPECT_NEAR(a.deviation, b.deviation, 1e-8 * a.deviation);
    EXPECT_EQ(a.dimension, b.dimension);
  }
}

World equal_coefficients(std::int64_t actions, double r) {
  World world = test::world({{"family", std::string("two-token")}, {"actions", actions}});
  for (double& x : world.reward) x = x == 0 ? 0 : r;
  return world;
}

// All c equal: tests/theory/asymptotics/two_token_test.cpp derives the limit 2 (K - 1) / (1 + 4 sigma'(r)) of
// the first-token policies. Without the offset the second token would stay at the reference: a floor.
TEST(PolicyOffset, FirstTokenPoliciesHoldTheOptimum) {
  for (const std::int64_t actions : {2, 5})
    for (const double r : {0.8, -1.5}) {
      const World world = equal_coefficients(actions, r);
      const auto model =
          make_linear_model(test::settings({{"class", std::string("first-token")}}), world, Role::policy);
      const double s = logistic(r) * logistic(-r);
      const double limit = 2 * static_cast<double>(actions - 1) / (1 + 4 * s);
      const ExpectedRegret at =
          Expansion({Route::Kind::direct, model.get(), {}}, world, reference_pairs(world)).at(1000);
      EXPECT_NEAR(at.pseudo_true, 0, 1e-14);
      EXPECT_NEAR(at.regret * 1000, limit, 1e-8 * limit);
      EXPECT_EQ(at.dimension, static_cast<std::size_t>(actions - 1));
    }
}

// The law of a policy class that is not every policy. Two arms and one logit: n regret -> w chi^2_1 / (2
// beta) with I = 4 beta^2 sigma'(D) / 2 (half of the pairs differ) and C = 4 beta^2 p (1 - p), p = sigma(D /
// beta), so that w = 2 p (1 - p) / sigma'(D). chi^2_1 has the median .4549364
// and the .9 quantile 2.705543.
TEST(DirectLaw, TwoArmsOneLogit) {
  const double d = 0.9, beta = 0.6, n = 1000;
  const World world = test::arms_world({0, d}, beta);
  const DirectionModel model(world, {-1, 1});
  const Prediction at = Predictor({Route::Kind::direct, &model, {}}, world, reference_pairs(world)).at(n);
  const double p = logistic(d / beta);
  const double weight = 2 * p * (1 - p) / (logistic(d) * logistic(-d));
  const double scale = weight / (2 * beta * n);
  EXPECT_NEAR(at.regret, scale, 1e-9 * scale);
  EXPECT_NEAR(at.median, 0.454936423119572 * scale, 1e-9 * scale);
  EXPECT_NEAR(at.upper, 2.705543454095404 * scale, 1e-9 * scale);
}

// First-token policies, all c equal, K = 3: two contrasts of the same weight w = C / I = 4 / (1 + 4 s), so n
// regret -> w chi^2_2 / 2 (beta = 1), an exponential of mean w: median w log 2, .9 quantile w log 10.
TEST(DirectLaw, FirstTokenIsExponential) {
  const double r = 0.8, n = 2000;
  const World world = equal_coefficients(3, r);
  const auto model =
      make_linear_model(test::settings({{"class", std::string("first-token")}}), world, Role::policy);
  const PairPolicies pairs = reference_pairs(world);
  const Prediction at = Predictor({Route::Kind::direct, model.get(), {}}, world, pairs).at(n);
  const double w = 4 / (1 + 4 * logistic(r) * logistic(-r));
  EXPECT_NEAR(at.median, w * std::log(2) / n, 1e-8 * at.regret);
  EXPECT_NEAR(at.upper, w * std::log(10) / n, 1e-8 * at.regret);
  // A penalty moves the estimate: there is no such law.
  const PenaltyTerm penalty{PenaltyTerm::Kind::reference_kl, 4};
  EXPECT_TRUE(std::isnan(Predictor({Route::Kind::direct, model.get(), penalty}, world, pairs).at(n).median));
}

// Where the reference does not depend on the past, policies of degree 1 are the plans of rewards of degree 1:
// one law, whichever way it is come by. Elsewhere the value of a prefix depends on all of it, pi* is not of
// degree 1 and there is no law.
TEST(DirectLaw, IsThatOfTheEqualRewardClassAndOnlyWhereTheOptimumIsHeld) {
  for (const bool random : {false, true}) {
    const World world = test::world({{"family", std::string("tokens")},
                                     {"horizon", std::int64_t{3}},
                                     {"degree", std::int64_t{1}},
                                     {"headroom", 0.5},
                                     {"reference", std::string(random ? "random" : "uniform")}});
    const Settings spec = test::settings({{"class", std::string("degree")}});
    const auto reward = make_linear_model(spec, world, Role::reward);
    const auto policy = make_linear_model(spec, world, Role::policy);
    const PairPolicies pairs = reference_pairs(world);
    const Prediction a = Predictor({Route::Kind::plan, reward.get(), {}}, world, pairs).at(1000);
    const Prediction b = Predictor({Route::Kind::direct, policy.get(), {}}, world, pairs).at(1000);
    EXPECT_GT(a.median, 0);
    if (random) {
      EXPECT_GT(b.floor, 1e-6);
      EXPECT_TRUE(std::isnan(b.median));
    } else {
      EXPECT_NEAR(b.floor, 0, 1e-14);  // what Newton's method leaves, far below the 1e-10 of the headroom
      EXPECT_NEAR(a.median, b.median, 1e-8 * a.median);
      EXPECT_NEAR(a.upper, b.upper, 1e-8 * a.upper);
    }
  }
}

// Flat reward: pi* is the reference, there is no headroom to measure a floor by, and the law is there all the
// same.
TEST(DirectLaw, NeedsNoHeadroom) {
  const World world = test::arms_world({0, 0, 0}, 1);
  const DirectionModel model(world, {-1, 0, 1});
  const Prediction at = Predictor({Route::Kind::direct, &model, {}}, world, reference_pairs(world)).at(1000);
  EXPECT_NEAR(at.median, 2 * 0.454936423119572 / 2 / 1000, 1e-12);  // I = Cov / 2, so the weight is 2
}

}  // namespace
}  // namespace twostage
