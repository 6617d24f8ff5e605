// Axes along which outcomes are measured and nothing is fitted anew: the prompts (with data, held out, or
// all) and the yardsticks; and what people are told of both beforehand.
#include "experiments/runner/replicate/notes.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "experiments/runner/replicate/check_points.hpp"
#include "experiments/runner/replicate/point.hpp"
#include "experiments/runner/replicate/shared_work.hpp"
#include "experiments/runner/replicate/strand.hpp"
#include "experiments/runner/result/batches.hpp"
#include "experiments/runner/result/result_table.hpp"
#include "experiments/runner/run/run.hpp"
#include "sim/world/prompt_set.hpp"
#include "tests/support/result_tables.hpp"
#include "tests/support/studies.hpp"

namespace twostage {
namespace {

using test::kRoom;
using test::table_of;

Study split(const std::string& population, std::vector<Argument> more = {}) {
  std::vector<Argument> arguments = {{"prompts", "2"},        {"held_out", "2"},
                                     {"reference", "random"}, {"prompt_weights", "random"},
                                     {"degree", "1"},         {"measures", "headroom,win_rate"}};
  if (!population.empty()) arguments.push_back({"population", population});
  arguments.insert(arguments.end(), more.begin(), more.end());
  return test::small_study(arguments);
}

std::vector<double> values(const Dataset& table, const std::string& name) {
  return std::get<std::vector<double>>(table.variable(name).data);
}

std::vector<std::uint64_t> bits(const Dataset& table) {
  std::vector<std::uint64_t> out;
  for (const Variable& variable : table.variables)
    if (const auto* numbers = std::get_if<std::vector<double>>(&variable.data))
      for (const double x : *numbers) out.push_back(std::bit_cast<std::uint64_t>(x));
  return out;
}

// Regret is a mean over prompts: that of all is a mixture, by their weights in each world.
TEST(Population, AllPromptsAreAMixture) {
  const Study study = split("train,held-out,all", {{"pairs", "20"}});
  const Dataset table = table_of(study, true);
  for (const char* name : {"regret", "headroom", "win_rate", "kl_to_reference"}) {
    const std::vector<double> x = values(table, name);
    const std::size_t each = x.size() / 3;  // [population][replicate][arm]
    ASSERT_EQ(each, 10u);
    double apart = 0;
    for (std::size_t i = 0; i < each; ++i) {
      const World world = Point(study, 0, kRoom).make(i / 2);
      const double share = world.every_prompt[2] + world.every_prompt[3];
      EXPECT_NEAR(x[2 * each + i], share * x[each + i] + (1 - share) * x[i], 1e-12) << name;
      apart = std::fmax(apart, std::fabs(x[each + i] - x[i]));
    }
    EXPECT_GT(apart, 1e-3) << name;
  }
}

// Where the population is no axis, nothing is known of it; and what shares a fit has the bits of what does
// not.
TEST(Population, AlongItNoFitChanges) {
  const Study three = split("train,held-out,all");
  const std::vector<Strand> strands = strands_of(three, batches_of(three), 1);
  EXPECT_EQ(strands.size(), 3u);  // batches of two of five replicates: pairs and populations are together
  const Dataset table = table_of(three, true);
  EXPECT_EQ(bits(table), bits(table_of(three, false)));
  SharedWork shared(three, batches_of(three), kRoom);
  EXPECT_EQ(bits(table_of(three, true, &shared)), bits(table));
  // [pairs][population][replicate][arm]
  const auto of = [&](const std::string& name, std::size_t population) {
    const std::vector<double> all = values(table, name);
    std::vector<double> out;
    for (std::size_t i = 0; i < all.size(); ++i)
      if (i / 10 % 3 == population) out.push_back(all[i]);
    return out;
  };
  for (const char* name : {"parameter_count", "rm_log_likelihood"}) {
    EXPECT_EQ(of(name, 1), of(name, 0)) << name;
    EXPECT_EQ(of(name, 2), of(name, 0)) << name;
  }
  EXPECT_NE(of("regret", 1), of("regret", 0));
  EXPECT_EQ(values(table_of(split("train"), true), "regret"), of("regret", 0));
  EXPECT_EQ(values(table_of(split(""), true), "regret"), of("regret", 0));
}

TEST(Population, IsPartOfTheConfigurationWhereItIsStated) {
  EXPECT_EQ(configuration_text(split("")), configuration_text(split("train")));
  EXPECT_EQ(configuration_text(split("")).find("population"), std::string::npos);
  const std::string text = configuration_text(split("held-out"));
  EXPECT_THAT(text, testing::HasSubstr("population = \"held-out\"\n"));
  EXPECT_EQ(configuration_text(parse_study("small", text, "copy", "", {})), text);
}

// Each prompt has its own class: an arm has the reference's regret where it has no data, which people are
// told.
TEST(Population, OfOwnClassesItIsTheReference) {
  const Study study = split("held-out", {{"shared_classes", "false"}, {"pairs", "20"}});
  const Dataset table = table_of(study, true);
  const std::vector<double> regret = values(table, "regret"), headroom = values(table, "headroom");
  for (std::size_t i = 0; i < regret.size(); ++i) EXPECT_NEAR(regret[i], headroom[i], 1e-12);
  EXPECT_EQ(unseen_prompts(study),
            "on prompts without data the policy of rm+plan, dpo is the reference: prompts do not share the "
            "parameters "
            "of their class");
  EXPECT_EQ(unseen_prompts(split("train", {{"shared_classes", "false"}})), "");
  EXPECT_EQ(unseen_prompts(split("held-out")), "");
}

// Learned on all prompts a policy of own parameters has something to say of those without data, if its reward
// has.
TEST(Population, OfPoliciesLearnedOnAllPromptsItDependsOnTheReward) {
  const auto silent = [](const std::string& reward, const std::string& policy, const std::string& prompts) {
    const std::string text = R"(name = "small"
title = "Small"
question = "Which arms say nothing?"
world = { family = "summary", horizon = 2, prompts = 2, held_out = 2 }
population = "held-out"
penalty = { kind = "reference-kl", lambda = 4.0 }
[[arms]]
name = "arm"
algorithm = "rm+project"
reward = { class = ")" + reward +
                             R"(" }
policy = { class = ")" + policy +
                             R"(" }
options = { prompts = ")" + prompts +
                             R"(" }
[replicates]
smoke = 2
)";
    return unseen_prompts(parse_study("small", text, "small.toml", "smoke", {})) != "";
  };
  EXPECT_TRUE(silent("copying", "tabular", "train"));
  EXPECT_FALSE(silent("copying", "tabular", "all"));
  EXPECT_TRUE(silent("dense", "tabular", "all"));
  EXPECT_FALSE(silent("dense", "prompt-window", "all"));  // it learns the reference there, for others, too
  EXPECT_FALSE(silent("copying", "prompt-window", "train"));
}

std::string refusal(const std::vector<Argument>& arguments) {
  try {
    const Study study = test::small_study(arguments);
    check_points(study, columns_of(study), kRoom, Asked::simulation);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(Population, IsRefusedWhereNothingIsHeldOut) {
  EXPECT_THAT(refusal({{"population", "train,held-out"}}),
              testing::AllOf(testing::HasSubstr("population = 'held-out'"), testing::HasSubstr("'tokens'"),
                             testing::HasSubstr("valid: 'train'")));
  EXPECT_THAT(refusal({{"population", "heldout"}, {"held_out", "1"}}),
              testing::HasSubstr("did you mean 'held-out'"));
  EXPECT_EQ(refusal({{"population", "train,held-out"}, {"held_out", "1"}}), "");
}

// One number of pairs and one degree, two arms, five replicates.
Study held_against(const std::string& at_kl, std::vector<Argument> more = {}) {
  std::vector<Argument> arguments = {{"pairs", "20"},
                                     {"degree", "1"},
                                     {"measures", "reward_at_kl,win_rate_at_kl,win_rate_rival"},
                                     {"at_kl", at_kl}};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return test::small_study(arguments);
}

// Each slice is what the study that states this one value stores; and no fit is made for it.
TEST(AtKl, AsAnAxisIsEachOfItsValues) {
  const std::vector<std::string> all = {"0.1", "optimum", "arm:dpo", "0.4"};
  const Study study = held_against("0.1,optimum,arm:dpo,0.4");
  const Dataset table = table_of(study, true);
  EXPECT_EQ(bits(table), bits(table_of(study, false)));
  SharedWork shared(study, batches_of(study), kRoom);
  EXPECT_EQ(bits(table_of(study, true, &shared)), bits(table));
  EXPECT_EQ(strands_of(study, batches_of(study), 1).size(), 3u);  // batches of two of five replicates
  for (const char* name : {"regret", "reward_at_kl", "win_rate_at_kl", "win_rate_rival"}) {
    const std::vector<double> along = values(table, name);  // [at_kl][replicate][arm]
    ASSERT_EQ(along.size(), 40u);
    for (std::size_t k = 0; k < all.size(); ++k)
      EXPECT_EQ(values(table_of(held_against(all[k]), true), name),
                std::vector(along.begin() + 10 * k, along.begin() + 10 * (k + 1)))
          << name << " at " << all[k];
  }
  // Of the arm whose KL it is, the plan at that KL is the policy itself.
  const std::vector<double> there = values(table, "reward_at_kl"), own = values(table, "expected_reward");
  for (std::size_t r = 0; r < 5; ++r) EXPECT_NEAR(there[20 + 2 * r + 1], own[20 + 2 * r + 1], 1e-9);
}

TEST(AtKl, RivalsMayBeAnAxisToo) {
  const Study study = held_against("0.1", {{"reference_wins", "0.2,0.4"}});
  const std::vector<double> along = values(table_of(study, true), "win_rate_rival");
  ASSERT_EQ(along.size(), 20u);
  for (std::size_t i = 0; i < 10; ++i) EXPECT_LT(along[i], along[10 + i]) << "a weaker rival is beaten more";
}

// Numbers among words are words on the axis: its values are of one type.
TEST(AtKl, AxesAreStoredAndReadBack) {
  for (const char* values : {"0.1,0.4", "0.1,arm:dpo", "optimum,arm:rm+plan"}) {
    const Study study = held_against(values);
    const std::string text = configuration_text(study);
    EXPECT_EQ(configuration_text(parse_study("small", text, "copy", "", {})), text);
  }
  EXPECT_THAT(configuration_text(held_against("0.1,arm:dpo")), testing::HasSubstr("[\"0.1\", \"arm:dpo\"]"));
  EXPECT_THAT(configuration_text(held_against("1,0.5")), testing::HasSubstr("[1.0, 0.5]"));
  EXPECT_EQ(recipe_at(held_against("0.1,arm:dpo"), 0).yardsticks.kl, 0.1);
}

TEST(AtKl, EveryValueOfAnAxisIsChecked) {
  const auto of = [](const std::string& at_kl) {
    return refusal({{"measures", "reward_at_kl"}, {"at_kl", at_kl}, {"horizon", "3,2"}, {"degree", "1"}});
  };
  EXPECT_THAT(of("0.1,50"), testing::HasSubstr("valid: 0 to "));
  EXPECT_THAT(of("0.1,arm:dop"), testing::HasSubstr("did you mean 'dpo'"));
  EXPECT_THAT(of("0.1,-1"), testing::HasSubstr("from 0 to 1e6"));
  EXPECT_THAT(of("0.1,arm:"), testing::HasSubstr("from 0 to 1e6"));
  EXPECT_THAT(of("optimum,0,-0.0"), testing::HasSubstr("holds 0 twice"));
  EXPECT_EQ(of("0.1,0.2"), "");
  EXPECT_EQ(refusal({{"at_kl", "0.1,50"}}), "") << "no measure asks for it";
  EXPECT_EQ(refusal({{"measures", "reward_at_kl"}, {"keep", "regret"}, {"at_kl", "50"}}), "")
      << "nor stores it";
}

// Claims name any value that the axis has in the study or a preset, whichever are run.
TEST(AtKl, ClaimsNameValuesThatAnOverrideLeavesOut) {
  const std::string text = test::edited("[axes]", "[axes]\nat_kl = [0.3, 0.10, \"arm:dpo\"]") +
                           "[[claims]]\nid = \"here\"\nstatement = \"s\"\nholds = \"reward_at_kl['dpo'] < 9 "
                           "where at_kl == 'arm:dpo'\"\n"
                           "[[claims]]\nid = \"there\"\nstatement = \"s\"\nholds = \"reward_at_kl['dpo'] < 9 "
                           "where at_kl == '0.1'\"\n";
  for (const std::string values : {"0.3", "0.3,0.1", "arm:dpo", "optimum,0.2"}) {
    const Study study =
        parse_study("small", text, "small.toml", "smoke", {{"at_kl", values}, {"measures", "reward_at_kl"}});
    EXPECT_NO_THROW(check_study(study, {})) << values;
  }
}

// A class that tells ends alone apart: plans end at all ways to the best end together.
TEST(AtKl, PlansEndAtWhatTheirClassTellsApart) {
  const auto note = [](const char* at_kl) {
    return plans_may_end(parse_study("small", R"(title = "Ends"
world = { family = "walk", horizon = 2 }
penalty = { kind = "reference-kl", lambda = 4.0 }
measures = ["reward_at_kl"]
pairs = 20
replicates = 1
[[arms]]
name = "ends"
algorithm = "rm+plan"
reward = { class = "terminal" }
[[arms]]
name = "ways"
algorithm = "dpo"
policy = { class = "tabular" }
)",
                                     "ends.toml", "", {{"at_kl", at_kl}}));
  };
  // Nine ways: three to the middle, two to either side of it, one to each far end.
  EXPECT_EQ(note("1.09"), "");
  EXPECT_THAT(note("1.2,1.3,1.0"), testing::AllOf(testing::HasSubstr("at_kl = 1.2:"),
                                                  testing::HasSubstr("likewise at 1 more values or points")));
  EXPECT_THAT(note("1.2"), testing::AllOf(testing::HasSubstr("between 1.099 and 2.197 of 'ends'"),
                                          testing::Not(testing::HasSubstr("'ways'"))));
}

// Two actions of a reference (p, 1 - p): plans end at -log p or at -log(1 - p).
TEST(AtKl, PlansMayEndBefore) {
  const auto note = [](const std::string& at_kl, const std::string& measures = "reward_at_kl") {
    const Study study = test::small_study({{"measures", measures},
                                           {"at_kl", at_kl},
                                           {"horizon", "1"},
                                           {"degree", "1"},
                                           {"alphabet", "2"},
                                           {"reference", "random"},
                                           {"reference_spread", "2"},
                                           {"pairs", "20"}});
    return plans_may_end(study);
  };
  const World world = Point(test::small_study({{"horizon", "1"},
                                               {"alphabet", "2"},
                                               {"reference", "random"},
                                               {"reference_spread", "2"},
                                               {"degree", "1"}}),
                            0, kRoom)
                          .make(0);
  const auto [least, most] = std::ranges::minmax(world.log_reference);
  const double middle = -(least + most) / 2;
  ASSERT_GT(most - least, 0.1);
  EXPECT_THAT(note(to_text(middle)),
              testing::AllOf(testing::HasSubstr("at_kl = " + to_text(middle)),
                             testing::HasSubstr(fmt::format("between {:.4g} and {:.4g}", -most, -least))));
  EXPECT_EQ(note(to_text(-most / 2)), "");
  EXPECT_THAT(note(to_text(-most / 2) + "," + to_text(middle)), testing::HasSubstr(to_text(middle)));
  EXPECT_EQ(note("optimum"), "");
  EXPECT_EQ(note(to_text(middle), "win_rate"), "");
}

}  // namespace
}  // namespace twostage
