// Ensembles of rewards with pessimism, against members fitted one by one, enumeration and closed forms.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "sim/algorithm/target.hpp"
#include "sim/plan/divergence.hpp"
#include "sim/plan/sweeps.hpp"
#include "sim/preference/resample.hpp"
#include "tests/support/arms.hpp"
#include "tests/support/distribution.hpp"
#include "tests/support/hand_made.hpp"
#include "tests/support/three_arms.hpp"

namespace twostage {
namespace {

using test::completions;
using test::integer;
using test::model_class;
using test::penalty;
using test::reward_arm;
using test::sum_along;
using testing::HasSubstr;
using Values = std::vector<double>;
using Option = std::pair<std::string, Value>;

const RandomSource kSource(11, "tests");
constexpr std::uint64_t kReplicate = 2;

ArmSpec ensemble(const std::string& then, const Settings& rewards, const Settings& with,
                 std::initializer_list<Option> options = {}) {
  ArmSpec arm = reward_arm("rm-ensemble+" + then, rewards, with);
  const Settings given = test::settings(options);
  for (const auto& [name, value] : given.values())  // c says nothing beside the worst, and is refused there
    if (name != "c" || (given.has("pessimism") && given.text("pessimism") != "worst"))
      arm.options.set(name, value);
  return arm;
}

ArmResult run(const ArmSpec& arm, const World& world, const PreferenceData& data, bool exact = true) {
  validate_arm(arm, world);
  return run_arm(arm, {world, data, kSource, kReplicate, exact});
}

// The reward that rm+plan fits to the pairs that member k is to see.
ArmResult member(const ArmSpec& arm, const World& world, const PreferenceData& data, std::uint64_t k) {
  ArmInput input{world, data, kSource, kReplicate, true};
  input.table = std::make_shared<const PairTable>(
      resampled(*input.table, kSource.stream(Purpose::bootstrap, kReplicate, k, 0)));
  return run_arm(reward_arm("rm+plan", arm.reward, arm.penalty), input);
}

double pessimistic(const Values& rewards, const std::string& rule, double c) {
  if (rule == "worst") return *std::min_element(rewards.begin(), rewards.end());
  const auto m = static_cast<double>(rewards.size());
  double mean = 0, square = 0;
  for (const double r : rewards) mean += r / m;
  for (const double r : rewards) square += (r - mean) * (r - mean) / m;
  return mean - c * (rule == "variance" ? square : std::sqrt(square));
}

// log P(xi | prompt) of ref exp(pessimistic reward / beta), by enumeration.
std::map<test::Path, double> by_hand(const ArmSpec& arm, const World& world, const PreferenceData& data,
                                     std::uint64_t members, const std::string& rule, double c) {
  const auto prompt = [&](const test::Path& y) { return world.graph.source(y.front()); };
  std::vector<Values> edges;
  for (std::uint64_t k = 0; k < members; ++k) edges.push_back(member(arm, world, data, k).edge_reward);
  std::map<StateId, Values> mean;
  for (const auto& y : completions(world.graph)) {
    Values& of = mean[prompt(y)];
    of.resize(members);
    for (std::uint64_t k = 0; k < members; ++k)
      of[k] += std::exp(sum_along(world.log_reference, y)) * sum_along(edges[k], y);
  }
  std::map<test::Path, double> out;
  std::map<StateId, double> total;
  for (const auto& y : completions(world.graph)) {
    Values rewards;
    for (std::uint64_t k = 0; k < members; ++k)
      rewards.push_back(sum_along(edges[k], y) - mean[prompt(y)][k]);
    out[y] = sum_along(world.log_reference, y) + pessimistic(rewards, rule, c) / world.beta;
    total[prompt(y)] += std::exp(out[y]);
  }
  for (auto& [y, log_p] : out) log_p -= std::log(total[prompt(y)]);
  return out;
}

World tree() {
  return test::world({{"family", "tokens"},
                      {"alphabet", integer(3)},
                      {"horizon", integer(2)},
                      {"prompts", integer(2)},
                      {"reference", "random"},
                      {"beta", 0.7}});
}
World walk() {
  return test::world({{"family", "walk"},
                      {"horizon", integer(4)},
                      {"prompts", integer(2)},
                      {"reference", "random"},
                      {"truth", "terminal"},
                      {"beta", 0.7}});
}

// One member is fitted to the pairs themselves: nothing is left to be pessimistic about.
TEST(Ensembles, OfOneAreTheRewardItself) {
  const World world = walk();
  const PreferenceData data = test::reference_pairs(world, 100);
  for (const char* kind : {"reference-kl", "variance", "none", "l1"})
    for (const char* pessimism : {"worst", "deviation", "variance"})
      for (const char* rewards : {"terminal", "dense"}) {
        const std::initializer_list<Option> one = {
            {"members", integer(1)}, {"pessimism", pessimism}, {"c", 1e6}};
        for (const std::string then : {"plan", "best-of-n"}) {
          const ArmResult mine = run(ensemble(then, model_class(rewards), penalty(kind), one), world, data);
          const ArmResult plain =
              run(reward_arm(then == "plan" ? "rm+plan" : then, model_class(rewards), penalty(kind)), world,
                  data);
          EXPECT_EQ(mine.theta, plain.theta) << kind;
          EXPECT_EQ(mine.edge_reward, plain.edge_reward) << kind;
          EXPECT_EQ(mine.edge_error, plain.edge_error) << kind;
          EXPECT_EQ(mine.existence, plain.existence) << kind;
          EXPECT_EQ(mine.ended, plain.ended) << kind;
          EXPECT_EQ(mine.certificate.optimum, plain.certificate.optimum) << kind;
          EXPECT_EQ(mine.certificate.objective, plain.certificate.objective) << kind;
          EXPECT_EQ(kl_to_reference(world, mine.policy), kl_to_reference(world, plain.policy)) << kind;
        }
      }
}

TEST(Ensembles, PlanWithTheWorstOfTheirMembersOrTheMeanLessTheSpread) {
  for (const World& world : {tree(), walk()}) {
    const PreferenceData data = test::reference_pairs(world, 80);
    const bool is_tree = world.graph.horizon() == 2;
    for (const std::string rule : {"worst", "deviation", "variance"})
      for (const double c : {0.0, 0.5, 3.0}) {
        const ArmSpec arm =
            ensemble("plan", model_class(is_tree ? "dense" : "terminal"), penalty("reference-kl", 2),
                     {{"members", integer(3)}, {"pessimism", rule}, {"c", c}});
        const ArmResult mine = run(arm, world, data);
        EXPECT_EQ(mine.certificate.optimum, Optimum::global);
        for (const auto& [y, log_p] : by_hand(arm, world, data, 3, rule, c))
          EXPECT_NEAR(log_probability(world, mine.policy, y), log_p, 1e-10) << rule << ", " << c;
        double objective = 0;
        Values theta;
        for (std::uint64_t k = 0; k < 3; ++k) {
          const ArmResult one = member(arm, world, data, k);
          objective += one.certificate.objective / 3;
          theta.insert(theta.end(), one.theta.begin(), one.theta.end());
        }
        EXPECT_EQ(mine.theta, theta);
        EXPECT_NEAR(mine.certificate.objective, objective, 1e-12 * objective);
        EXPECT_EQ(mine.raw_parameters, theta.size());
      }
  }
}

// Where ways merge the mean remains a sum of edges, whatever the class.
TEST(Ensembles, OfWhichTheMeanAloneIsTakenPlanOnEveryGraph) {
  const World world = walk();
  const PreferenceData data = test::reference_pairs(world, 80);
  const ArmSpec arm = ensemble("plan", model_class("dense"), penalty("reference-kl", 2),
                               {{"members", integer(4)}, {"pessimism", "deviation"}, {"c", 0.0}});
  const ArmResult mine = run(arm, world, data);
  for (const auto& [y, log_p] : by_hand(arm, world, data, 4, "deviation", 0))
    EXPECT_NEAR(log_probability(world, mine.policy, y), log_p, 1e-10);
}

// The best of n by the pessimistic reward: F^n - F_-^n.
TEST(Ensembles, KeepTheBestByTheWorstOfTheirMembers) {
  const World world = tree();
  const PreferenceData data = test::reference_pairs(world, 80);
  const ArmSpec arm = ensemble("best-of-n", model_class("dense"), penalty("reference-kl", 2),
                               {{"members", integer(3)}, {"n", integer(6)}});
  const ArmResult mine = run(arm, world, data);
  const auto known = by_hand(arm, world, data, 3, "worst", 1);
  const auto score = [&](const test::Path& y) {
    return known.at(y) - sum_along(world.log_reference, y);  // up to a factor and a constant of the prompt
  };
  for (const auto& y : completions(world.graph)) {
    double up_to = 0, below = 0;
    for (const auto& z : completions(world.graph)) {
      if (world.graph.source(z.front()) != world.graph.source(y.front())) continue;
      const double p = std::exp(sum_along(world.log_reference, z));
      if (score(z) < score(y) + 1e-9) up_to += p;
      if (score(z) < score(y) - 1e-9) below += p;
    }
    EXPECT_NEAR(std::exp(log_probability(world, mine.policy, y) - sum_along(world.log_reference, y)),
                (std::pow(up_to, 6) - std::pow(below, 6)) / (up_to - below), 1e-9);
  }
}

// Two arms, the reference with probability p for the first, and h_k = log(w_k / l_k) from the labels that
// member k drew. Centred under the reference the rewards of member k are (1 - p) h_k and -p h_k, so that the
// log-odds over the reference are, times beta,
//   worst       (1 - p) min h + p max h                  at p = 1/2 half way between the extremes
//   deviation   mean h - c sd h ((1 - p) - p)            at p = 1/2 the mean, whatever c is
//   variance    mean h - c var h ((1 - p)^2 - p^2)
TEST(Ensembles, HaveClosedFormsForTwoArms) {
  const PreferenceData data = test::compare_arms({{0, 1, 60}, {1, 0, 30}});
  for (const double p : {0.5, 0.8}) {
    const World world = custom_world(
        {.graph = prefix_tree(std::array{2}), .reward = {0, 0}, .reference = {p, 1 - p}, .beta = 0.3});
    Values h;
    for (std::uint64_t k = 0; k < 4; ++k) {
      const PairTable drawn = resampled(tabulate(data), kSource.stream(Purpose::bootstrap, kReplicate, k, 0));
      ASSERT_EQ(drawn.rows(), 1u);
      h.push_back(std::log(drawn.wins[0] / drawn.losses[0]));
    }
    const double mean = pessimistic(h, "deviation", 0), sd = mean - pessimistic(h, "deviation", 1);
    ASSERT_GT(sd, 0.02);
    const auto log_odds = [&](const char* pessimism, double c) {
      const ArmResult mine = run(ensemble("plan", model_class("dense"), penalty("none"),
                                          {{"members", integer(4)}, {"pessimism", pessimism}, {"c", c}}),
                                 world, data);
      EXPECT_EQ(mine.existence, Existence::unique);
      EXPECT_EQ(mine.certificate.optimum, Optimum::global);
      return 0.3 * (mine.log_policy()[0] - mine.log_policy()[1] - std::log(p / (1 - p)));
    };
    const auto [least, most] = std::minmax_element(h.begin(), h.end());
    EXPECT_NEAR(log_odds("worst", 1), (1 - p) * *least + p * *most, 1e-9);
    for (const double c : {0.0, 1.0, 7.0}) {
      EXPECT_NEAR(log_odds("deviation", c), mean - c * sd * (1 - 2 * p), 1e-9);
      EXPECT_NEAR(log_odds("variance", c), mean - c * sd * sd * (1 - 2 * p), 1e-9);  // (1-p)^2 - p^2 = 1 - 2p
    }
  }
}

// Infinitely many pairs are what they are: the members are one, and aim at the optimum.
TEST(Ensembles, AimAtTheOptimum) {
  const World world = test::three_arms({0, 0.5, 2});
  SoftPlan optimum;
  soft_plan(world.graph, world.log_reference, world.reward, world.beta, optimum);
  PreferenceData none;
  none.horizon = 1;
  for (const char* pessimism : {"worst", "deviation"}) {
    const Target target =
        target_of(ensemble("plan", model_class("dense"), penalty("reference-kl"), {{"pessimism", pessimism}}),
                  {world, none, kSource, 0});
    ASSERT_EQ(target.missing, "");
    EXPECT_LT(regret(world, target.fit.log_policy(), optimum.log_policy), 1e-14);
  }
}

// Without a penalty the worst determined member decides: of four labels, one against the others, some
// resample has them all on one side; and where the first two arms of three are compared, no member knows the
// third.
TEST(Ensembles, ExistWhereAllMembersDo) {
  const World two = test::arms_world({0, 0}, 1), three = test::arms_world({0, 0, 0}, 1);
  const PreferenceData few = test::compare_arms({{0, 1, 3}, {1, 0, 1}});
  const PreferenceData many = test::compare_arms({{0, 1, 60}, {1, 0, 30}});
  const std::initializer_list<Option> eight = {{"members", integer(8)}};
  const ArmResult separable = run(ensemble("plan", model_class("dense"), penalty("none"), eight), two, few);
  EXPECT_EQ(run(reward_arm("rm+plan", model_class("dense"), penalty("none")), two, few).existence,
            Existence::unique);
  EXPECT_EQ(separable.existence, Existence::not_attained);
  EXPECT_EQ(separable.ended, Ended::not_attained);
  EXPECT_FALSE(separable.certificate.converged);
  const ArmResult held =
      run(ensemble("plan", model_class("dense"), penalty("reference-kl"), eight), two, few);
  EXPECT_EQ(held.ended, Ended::optimum);
  const ArmResult flat = run(ensemble("plan", model_class("dense"), penalty("none"), eight), three, many);
  EXPECT_EQ(flat.existence, Existence::flat);
  EXPECT_EQ(
      flat.certificate.optimum,
      run(reward_arm("rm+plan", model_class("dense"), penalty("none")), three, many).certificate.optimum);
  // Its members are those of rm+plan on their labels, which take the least penalty of a flat set.
  const ArmSpec arm = ensemble("plan", model_class("dense"), penalty("none"), eight);
  for (const auto& [y, log_p] : by_hand(arm, three, many, 8, "worst", 1))
    EXPECT_NEAR(log_probability(three, flat.policy, y), log_p, 1e-8);
}

TEST(Ensembles, BearExtremeKnobs) {
  for (const double beta : {50.0, 0.02}) {
    World world = tree();
    world.beta = beta;
    const PreferenceData data = test::reference_pairs(world, 40);
    for (const std::string then : {"plan", "best-of-n"})
      for (const char* pessimism : {"worst", "deviation", "variance"}) {
        const ArmResult mine = run(ensemble(then, model_class("dense"), penalty("reference-kl", 2),
                                            {{"members", integer(2)}, {"pessimism", pessimism}, {"c", 1e6}}),
                                   world, data);
        EXPECT_TRUE(all_finite(mine.policy)) << pessimism << beta;
        EXPECT_TRUE(mine.certificate.converged) << pessimism << beta;
      }
    const ArmResult reference = run(ensemble("best-of-n", model_class("dense"), penalty("reference-kl", 2),
                                             {{"n", integer(1)}, {"members", integer(256)}}),
                                    world, data);
    EXPECT_LT(kl_to_reference(world, reference.policy), 1e-14);
  }
  const World single = test::arms_world({1}, 1);
  const PreferenceData itself = test::compare_arms({{0, 0, 5}});
  for (const std::string then : {"plan", "best-of-n"})
    EXPECT_EQ(
        run(ensemble(then, model_class("dense"), penalty("reference-kl")), single, itself).log_policy()[0],
        0);
}

// A strength is chosen by one member's penalty, of which all are fitted with.
TEST(Ensembles, AreTunedByOneMember) {
  const World world = tree();
  const PreferenceData data = test::reference_pairs(world, 80);
  Settings tuned = penalty("reference-kl");
  tuned = test::settings({{"kind", "reference-kl"}, {"tune", true}});
  const ArmResult mine = run(ensemble("plan", model_class("dense"), tuned), world, data);
  EXPECT_EQ(mine.penalty_strength,
            run(reward_arm("rm+plan", model_class("dense"), tuned), world, data).penalty_strength);
}

TEST(Ensembles, AreRefusedWherePessimismIsNoRewardOfTokens) {
  const World world = walk();
  const auto refusal = [&](const ArmSpec& arm) -> std::string {
    try {
      validate_arm(arm, world);
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  };
  for (const std::string then : {"plan", "best-of-n"}) {
    EXPECT_THAT(refusal(ensemble(then, model_class("dense"), penalty("reference-kl"))),
                AllOf(HasSubstr("'terminal'"), HasSubstr("members = 1"), HasSubstr("c = 0")));
    EXPECT_EQ(refusal(ensemble(then, model_class("terminal"), penalty("reference-kl"))), "");
    EXPECT_EQ(
        refusal(ensemble(then, model_class("dense"), penalty("reference-kl"), {{"members", integer(1)}})),
        "");
    EXPECT_EQ(refusal(ensemble(then, model_class("dense"), penalty("reference-kl"),
                               {{"pessimism", "deviation"}, {"c", 0.0}})),
              "");
    EXPECT_THAT(
        refusal(ensemble(then, model_class("terminal"), penalty("reference-kl"), {{"members", integer(0)}})),
        HasSubstr("members"));
  }
}

}  // namespace
}  // namespace twostage
