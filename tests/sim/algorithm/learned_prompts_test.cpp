// Second stages that learn their policy on prompts without data, too.
#include "sim/algorithm/learned_prompts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "sim/model/score_model.hpp"
#include "sim/plan/sweeps.hpp"
#include "sim/world/prompt_set.hpp"
#include "tests/support/arms.hpp"

namespace twostage {
namespace {

using test::completions;
using test::integer;
using test::model_class;
using test::penalty;
using test::sum_along;
using testing::AllOf;
using testing::HasSubstr;
using Values = std::vector<double>;

// Three prompts, two of them without data. They share their classes and the truth; references are their own,
// so that no policy of the class is the plan of all.
World split(bool shared = true) {
  return test::world({{"family", "tokens"},
                      {"horizon", integer(3)},
                      {"degree", integer(1)},
                      {"prompts", integer(1)},
                      {"held_out", integer(2)},
                      {"prompt_weights", "random"},
                      {"reference", "random"},
                      {"shared_classes", shared}});
}

std::vector<std::string> second_stages() {
  std::vector<std::string> out;
  for (const auto& entry : algorithms().entries())
    for (const Knob& knob : entry.knobs)
      if (knob.name == "prompts") out.push_back(entry.name);
  return out;
}

// A few steps or rounds; the reward by its pairs alone.
ArmSpec arm(const std::string& algorithm, const std::string& prompts, const Settings& policy) {
  ArmSpec out = test::reward_arm(algorithm, model_class("degree", 1), penalty("none"));
  out.policy = policy;
  if (prompts != "train") out.options.set("prompts", prompts);
  const Algorithm& its = algorithms().at(algorithm).extra;
  if (its.course_kinds == std::vector<std::string>{"rounds"} || algorithm == "rm+online-dpo")
    out.course = test::settings({{"kind", "rounds"}, {"steps", integer(2)}});
  else if (!its.run)
    out.course = test::settings({{"steps", integer(20)}, {"rate", 0.5}});
  return out;
}

PreferenceData pairs(const World& world) {
  return test::reference_pairs(world, 300);
}

ArmResult fit(const ArmSpec& spec, const World& world, const PreferenceData& data) {
  validate_arm(spec, world, data.size());
  return run_arm(spec, {world, data, RandomSource(11, "tests"), 3, false});
}

std::string refusal(const ArmSpec& spec, const World& world) {
  try {
    validate_arm(spec, world);
  } catch (const InputError& error) {
    return error.key() + ": " + error.what();
  }
  return "";
}

TEST(LearnedPrompts, AllSecondStagesWithAPolicyClassHaveThem) {
  EXPECT_THAT(second_stages(), testing::UnorderedElementsAre(
                                   "rm+project", "rm+distil", "rm+reinforce", "rm+rloo", "rm+grpo", "rm+ppo",
                                   "rm+rwr", "rm+raft", "rm+rebel", "rm+exo", "rm+online-dpo"));
}

// As if all prompts had data, from which none were drawn: the reward of a likelihood knows no weights.
TEST(LearnedPrompts, IsTheSecondStageOfAWorldWhoseDataHaveThem) {
  const World world = split(), with_them = measured_world(world, PromptSet::all);
  const PreferenceData data = pairs(world);
  for (const std::string& algorithm : second_stages()) {
    SCOPED_TRACE(algorithm);
    const Settings policy = model_class("degree", 1);
    const ArmResult all = fit(arm(algorithm, "all", policy), world, data);
    const ArmResult there = fit(arm(algorithm, "train", policy), with_them, data);
    const ArmResult train = fit(arm(algorithm, "train", policy), world, data);
    ASSERT_EQ(all.log_policy().size(), there.log_policy().size());
    double apart = 0;
    for (std::size_t e = 0; e < all.log_policy().size(); ++e) {
      EXPECT_NEAR(all.log_policy()[e], there.log_policy()[e], 1e-8);
      apart = std::fmax(apart, std::fabs(all.log_policy()[e] - train.log_policy()[e]));
    }
    EXPECT_GT(apart, 1e-3);
    EXPECT_EQ(all.edge_reward, train.edge_reward);
  }
}

// E_s0 KL(pi || plan) with these weights of the prompts, by going through completions; pi of scores on edges.
double divergence(const World& world, const Values& weights, const Values& scores, const Values& reward) {
  Values log_policy(scores.size());
  softmax_policy(world.graph, world.log_reference, scores, log_policy);
  double out = 0;
  for (std::size_t p = 0; p < weights.size(); ++p) {
    double normaliser = 0, sum = 0;
    for (const auto& path : completions(world.graph, p))
      normaliser += std::exp(sum_along(world.log_reference, path) + sum_along(reward, path) / world.beta);
    for (const auto& path : completions(world.graph, p)) {
      const double log_pi = sum_along(log_policy, path);
      const double log_plan =
          sum_along(world.log_reference, path) + sum_along(reward, path) / world.beta - std::log(normaliser);
      sum += std::exp(log_pi) * (log_pi - log_plan);
    }
    out += weights[p] * sum;
  }
  return out;
}

// The projection is a minimum over the class of the divergence on all prompts, and of no other.
TEST(LearnedPrompts, ProjectionMinimisesTheDivergenceOnThem) {
  const World world = split();
  const PreferenceData data = pairs(world);
  const auto policies = make_model(model_class("degree", 1), world, Role::policy);
  const auto slopes = [&](const std::string& prompts, PromptSet measured) {
    const ArmResult result = fit(arm("rm+project", prompts, model_class("degree", 1)), world, data);
    Values scores(world.graph.edges());
    for (std::size_t e = 0; e < scores.size(); ++e)
      scores[e] = result.log_policy()[e] - world.log_reference[e];
    double steepest = 0;
    for (std::size_t k = 0; k < policies->parameters(); ++k) {
      constexpr double step = 1e-4;
      Values theta(policies->parameters(), 0.0), feature(scores.size());
      theta[k] = 1;
      policies->scores(theta, feature);
      const auto at = [&](double distance) {
        Values there = scores;
        for (std::size_t e = 0; e < there.size(); ++e) there[e] += distance * feature[e];
        return divergence(world, prompt_measure(world, measured), there, result.edge_reward);
      };
      steepest = std::fmax(steepest, std::fabs(at(step) - at(-step)) / (2 * step));
      if (prompts == "all" && measured == PromptSet::all) {
        EXPECT_GT(at(0.1), at(0));
        EXPECT_GT(at(-0.1), at(0));
      }
    }
    return steepest;
  };
  EXPECT_LT(slopes("all", PromptSet::all), 1e-7);
  EXPECT_LT(slopes("train", PromptSet::train), 1e-7);
  EXPECT_GT(slopes("train", PromptSet::all), 1e-3);
  EXPECT_GT(slopes("all", PromptSet::train), 1e-3);
}

// A policy that gives each prompt parameters of its own: nothing changes on the others, and where there are
// no data it learns what the reward says. Prompts share the reward, which reads them.
World summaries() {
  return test::world({{"family", "summary"},
                      {"horizon", integer(2)},
                      {"prompt_length", integer(2)},
                      {"prompts", integer(2)},
                      {"held_out", integer(3)}});
}

TEST(LearnedPrompts, OfOwnParametersMoveNoOtherPrompt) {
  const World world = summaries();
  const PreferenceData data = test::reference_pairs(world, 60);
  const auto learned = [&](const std::string& algorithm, const std::string& prompts) {
    ArmSpec spec = arm(algorithm, prompts, model_class("tabular"));
    spec.reward = model_class("copying");
    spec.penalty = penalty("reference-kl", 1);
    if (!spec.course.values().empty()) spec.course.set("steps", integer(1));
    return fit(spec, world, data);
  };
  const std::size_t with_data = prompts_with_data(world);
  for (const char* algorithm : {"rm+project", "rm+distil", "rm+rwr", "rm+online-dpo"}) {
    SCOPED_TRACE(algorithm);
    const ArmResult all = learned(algorithm, "all"), train = learned(algorithm, "train");
    SoftPlan plan;
    soft_plan(world.graph, world.log_reference, all.edge_reward, world.beta, plan);
    double moved = 0;
    for (int h = 0; h < world.graph.horizon(); ++h)
      for (std::size_t p = 0; p < world.graph.prompts(); ++p) {
        const EdgeRange edges = world.graph.prompt_edges(h, p);
        for (EdgeId e = edges.begin; e < edges.end; ++e) {
          const auto i = static_cast<std::size_t>(e);
          EXPECT_NEAR(all.log_policy()[i], plan.log_policy[i], 1e-6);
          EXPECT_NEAR(train.log_policy()[i], p < with_data ? plan.log_policy[i] : world.log_reference[i],
                      1e-6);
          moved =
              std::fmax(moved, p < with_data ? 0 : std::fabs(plan.log_policy[i] - world.log_reference[i]));
        }
      }
    EXPECT_GT(moved, 1e-2);
  }
}

TEST(LearnedPrompts, WhereTheRewardSaysNothingTheReferenceStays) {
  const World world = split(false);
  const PreferenceData data = pairs(world);
  ArmSpec spec = arm("rm+project", "all", model_class("tabular"));
  spec.penalty = penalty("reference-kl", 1);
  const ArmResult result = fit(spec, world, data);
  for (int h = 0; h < world.graph.horizon(); ++h)
    for (std::size_t p = 1; p < world.graph.prompts(); ++p) {
      const EdgeRange edges = world.graph.prompt_edges(h, p);
      for (EdgeId e = edges.begin; e < edges.end; ++e)
        EXPECT_NEAR(result.log_policy()[static_cast<std::size_t>(e)],
                    world.log_reference[static_cast<std::size_t>(e)], 1e-8);
    }
}

TEST(LearnedPrompts, RefusalsNameTheNearestChoice) {
  const World whole = test::world({{"family", "tokens"}, {"horizon", integer(3)}});
  EXPECT_THAT(refusal(arm("rm+project", "all", model_class("tabular")), whole),
              AllOf(HasSubstr("options.prompts: arm 'rm+project'"), HasSubstr("holds no prompts out"),
                    HasSubstr("valid: 'train', or a world with held_out")));
  EXPECT_EQ(refusal(arm("rm+project", "train", model_class("tabular")), whole), "");

  ArmSpec from_dpo = arm("rm+online-dpo", "all", model_class("degree", 1));
  from_dpo.options.set("start", std::string("dpo"));
  EXPECT_THAT(refusal(from_dpo, split()),
              AllOf(HasSubstr("options.start"), HasSubstr("prompts = \"train\"")));

  // What has no second stage, or none that learns a class, has no such option.
  ArmSpec direct = test::policy_arm("dpo", model_class("tabular"), penalty("reference-kl"));
  direct.options.set("prompts", std::string("all"));
  EXPECT_THAT(refusal(direct, split()), HasSubstr("unknown"));
  ArmSpec planned = test::reward_arm("rm+plan", model_class("degree", 1), penalty("reference-kl"));
  planned.options.set("prompts", std::string("all"));
  EXPECT_THAT(refusal(planned, split()), HasSubstr("unknown"));
}

TEST(LearnedPrompts, AreUnstatedWhereTheyAreThoseWithData) {
  for (const std::string& algorithm : second_stages()) {
    const auto& knobs = algorithms().at(algorithm).knobs;
    EXPECT_FALSE(resolve(knobs, test::settings({{"prompts", "train"}}), algorithm).has("prompts"));
    EXPECT_EQ(resolve(knobs, test::settings({{"prompts", "all"}}), algorithm).text("prompts"), "all");
  }
}

}  // namespace
}  // namespace twostage
