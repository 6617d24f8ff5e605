// Rewards drawn from among those that fit well: they lie where they may, as often as is said, and a simple
// class is measured against all rewards. Statistical tests miss once in a million.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "sim/loss/row_objective.hpp"
#include "tests/support/arms.hpp"

namespace twostage {
namespace {

using test::integer;
using test::model_class;
using test::penalty;
using Values = std::vector<double>;

World tokens() {
  return test::world(
      {{"family", "tokens"}, {"horizon", integer(3)}, {"degree", integer(1)}, {"headroom", 0.5}});
}

ArmSpec draw(const Settings& reward, double drop, std::int64_t number = 0,
             const std::string& beside = "own") {
  ArmSpec out = test::reward_arm("rm-draw+plan", reward, penalty("reference-kl"));
  out.options =
      test::settings({{"drop", drop}, {"draw", integer(static_cast<int>(number))}, {"beside", beside}});
  return out;
}

double objective_at(const Settings& reward, const World& world, const PreferenceData& data,
                    const Values& theta) {
  const auto model = make_linear_model(reward, world, Role::reward);
  RowObjective objective(*model, world, tabulate(data), {.kind = PenaltyKind::reference_kl, .lambda = 4});
  Values unused(theta.size());
  return objective.evaluate(theta, unused);
}

ArmResult best(const Settings& reward, const World& world, const PreferenceData& data) {
  return test::fit(test::reward_arm("rm+plan", reward, penalty("reference-kl")), world, data);
}

// The largest distance between the shares of a sample that are at most x and x itself.
double distance_to_uniform(Values sample) {
  std::ranges::sort(sample);
  double out = 0;
  const auto n = static_cast<double>(sample.size());
  for (std::size_t i = 0; i < sample.size(); ++i)
    out = std::max({out, sample[i] - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - sample[i]});
  return out;
}
// Kolmogorov: sqrt(n) D exceeds 2.7 with probability 2 exp(-2 * 2.7^2) = 9e-7.
constexpr double kOnceInAMillion = 2.7;

TEST(RmDraw, CostsNoMoreThanItMay) {
  const World world = tokens();
  const PreferenceData data = test::reference_pairs(world, 60);
  for (const Settings& reward : {model_class("dense"), model_class("degree", 1)}) {
    const double least = best(reward, world, data).certificate.objective;
    for (const double drop : {0.0, 0.1, 5.0, 100.0})
      for (int k = 0; k < 20; ++k) {
        const ArmResult one = test::fit(draw(reward, drop, k), world, data);
        ASSERT_TRUE(one.certificate.converged);
        EXPECT_NEAR(one.certificate.objective, objective_at(reward, world, data, one.theta), 1e-9);
        EXPECT_LE(one.certificate.objective, least + drop + 1e-9);
        EXPECT_GE(one.certificate.objective, least - 1e-9);
      }
  }
}

// One parameter: the set is an interval. The side is a coin, and the depth uniform between the minimum and
// the end on that side, found here by bisection.
TEST(RmDraw, OfOneParameterIsUniformOnEitherSide) {
  const World world = tokens();
  const PreferenceData data = test::reference_pairs(world, 60);
  const Settings reward = model_class("true-direction");
  const ArmResult middle = best(reward, world, data);
  const double theta = middle.theta[0], most = middle.certificate.objective + 2;
  const auto end = [&](double sign) {
    double low = 0, high = 1000;
    for (int k = 0; k < 100; ++k) {
      const double half = (low + high) / 2;
      (objective_at(reward, world, data, {theta + sign * half}) <= most ? low : high) = half;
    }
    return low;
  };
  const double up = end(1), down = end(-1);
  Values shares;
  int above = 0;
  constexpr int draws = 2000;
  for (int k = 0; k < draws; ++k) {
    const double away = test::fit(draw(reward, 2, k), world, data).theta[0] - theta;
    above += away > 0;
    shares.push_back(away > 0 ? away / up : -away / down);
  }
  EXPECT_LT(distance_to_uniform(shares) * std::sqrt(draws), kOnceInAMillion);
  EXPECT_LT(std::fabs(above - draws / 2.0), 4.9 * std::sqrt(draws / 4.0));  // normal: once in a million
}

// Many pairs, small drop: a quadratic, on whose set the uniform law has (what is lost / drop)^(d/2) uniform.
TEST(RmDraw, IsUniformWhereTheSetIsAnEllipsoid) {
  const World world = tokens();
  const PreferenceData data = test::reference_pairs(world, 5000);
  for (const Settings& reward : {model_class("dense"), model_class("degree", 1)}) {
    const ArmResult middle = best(reward, world, data);
    const double d = static_cast<double>(middle.theta.size());
    Values shares, mean(middle.theta.size(), 0.0), square(middle.theta.size(), 0.0);
    constexpr int draws = 400;
    constexpr double drop = 0.003;
    for (int k = 0; k < draws; ++k) {
      const ArmResult one = test::fit(draw(reward, drop, k), world, data);
      shares.push_back(std::pow((one.certificate.objective - middle.certificate.objective) / drop, d / 2));
      for (std::size_t j = 0; j < mean.size(); ++j) {
        const double away = one.theta[j] - middle.theta[j];
        mean[j] += away;
        square[j] += away * away;
      }
    }
    EXPECT_LT(distance_to_uniform(shares) * std::sqrt(draws), kOnceInAMillion);
    for (std::size_t j = 0; j < mean.size(); ++j)  // no side is preferred: 5.3 standard errors for 7 of them
      EXPECT_LT(std::fabs(mean[j]), 5.3 * std::sqrt(square[j])) << j;
  }
}

// Beside all rewards a simple class has less room, by what its best member costs more, and none where that is
// more than the drop.
TEST(RmDraw, OfASimpleClassBesideAllRewards) {
  const World world = tokens();
  const PreferenceData data = test::reference_pairs(world, 60);
  const double all = best(model_class("dense"), world, data).certificate.objective;
  const double own = best(model_class("degree", 1), world, data).certificate.objective;
  ASSERT_GT(own, all + 0.1);
  double largest = 0;
  for (int k = 0; k < 200; ++k) {
    const ArmResult one = test::fit(draw(model_class("degree", 1), own - all + 0.5, k, "all"), world, data);
    ASSERT_TRUE(one.certificate.converged);
    EXPECT_LE(one.certificate.objective, own + 0.5 + 1e-9);
    largest = std::max(largest, one.certificate.objective);
  }
  EXPECT_GT(largest, own + 0.4);
  EXPECT_FALSE(test::fit(draw(model_class("degree", 1), own - all - 0.05, 0, "all"), world, data)
                   .certificate.converged);
}

// Draws are named: the same again, and others.
TEST(RmDraw, IsAddressed) {
  const World world = tokens();
  const PreferenceData data = test::reference_pairs(world, 60);
  const ArmResult one = test::fit(draw(model_class("dense"), 5, 7), world, data);
  EXPECT_EQ(one.theta, test::fit(draw(model_class("dense"), 5, 7), world, data).theta);
  EXPECT_NE(one.theta, test::fit(draw(model_class("dense"), 5, 8), world, data).theta);
  EXPECT_EQ(one.certificate.optimum, Optimum::none) << "it is no optimum, and does not say so";
}

TEST(RmDraw, RefusesSetsWithoutBounds) {
  const World world = tokens();
  for (const std::string kind : {"none", "l1"}) {
    ArmSpec spec = draw(model_class("dense"), 5);
    spec.penalty = penalty(kind);
    try {
      validate_arm(spec, world);
      ADD_FAILURE() << kind;
    } catch (const InputError& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr("reference-kl")) << kind;
    }
  }
}

// At one token the three numbers of a copier are one: pairs tell one of three parameters.
TEST(RmDraw, RefusesClassesWithParametersThatNothingBounds) {
  const World world = test::world({{"family", "summary"},
                                   {"alphabet", integer(3)},
                                   {"horizon", integer(1)},
                                   {"prompt_length", integer(2)},
                                   {"prompts", integer(2)}});
  const auto model = make_linear_model(model_class("copying"), world, Role::reward);
  ASSERT_LT(model->rank(), model->parameters());
  try {
    validate_arm(draw(model_class("copying"), 5), world);
    ADD_FAILURE();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("valid: a class whose parameters all matter"));
  }
}

}  // namespace
}  // namespace twostage
