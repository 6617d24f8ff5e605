// The class `planned` in a study: its rewards are named by a key of their own, whose value decides which
// other keys there are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "experiments/runner/replicate/forecaster.hpp"
#include "experiments/runner/replicate/point.hpp"
#include "experiments/runner/run/run.hpp"
#include "tests/support/studies.hpp"

namespace twostage {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

// The small study with DPO over plans of degree 2 (line 14).
std::string text(const std::string& policy = R"({ class = "planned", of = "degree", degree = 2 })") {
  return test::edited(R"(policy = { class = "tabular" })", "policy = " + policy);
}

Study planned(const std::vector<Argument>& arguments = {}) {
  return parse_study("small", text(), "small.toml", "smoke", arguments);
}

Settings policy_of(const Study& study, std::size_t point = 0) {
  return recipe_at(study, point).arms[1].policy;
}

std::string message(const std::string& study, const std::vector<Argument>& arguments = {}) {
  try {
    check_study(parse_study("small", study, "small.toml", "smoke", arguments), {.threads = 1, .memory = 1e9});
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

Settings settings(const std::string& of, std::int64_t degree = -1) {
  Settings out;
  out.set("class", std::string("planned"));
  out.set("of", of);
  if (degree >= 0) out.set("degree", degree);
  return out;
}

TEST(PlannedClass, HasTheKeysOfItsRewards) {
  EXPECT_EQ(message(text()), "");
  EXPECT_EQ(policy_of(planned()), settings("degree", 2));
  EXPECT_EQ(policy_of(planned({{"policy.degree", "3"}})), settings("degree", 3));
  EXPECT_EQ(policy_of(planned({{"classes.degree", "1"}})), settings("degree", 1));
  EXPECT_EQ(policy_of(planned({{"policy.of", "dense"}})), settings("dense"))
      << "the degree goes with its class";
  const Study axis = planned({{"policy.of", "degree,dense"}});
  EXPECT_EQ(policy_of(axis), settings("degree", 2));
  EXPECT_EQ(policy_of(axis, 1), settings("dense"));
  EXPECT_EQ(policy_of(planned({{"policy.class", "tabular"}})).values().size(), 1u);
}

// The class comes before what it is made of, and both before their knobs, in whichever order they are typed.
TEST(PlannedClass, TheOrderOfOverridesIsNothing) {
  const std::vector<Argument> typed = {
      {"policy.degree", "3"}, {"policy.of", "degree"}, {"policy.class", "planned"}};
  EXPECT_EQ(policy_of(test::small_study(typed)), settings("degree", 3));
}

TEST(PlannedClass, AStoredConfigurationReadsBack) {
  const Study study = planned();
  const std::string stored = configuration_text(study);
  EXPECT_THAT(stored, HasSubstr(R"(policy = { class = "planned", degree = 2, of = "degree" })"));
  EXPECT_EQ(configuration_text(parse_study("small", stored, "stored", "", {})), stored);
}

TEST(PlannedClass, MistakesAreToldAtTheirPlace) {
  EXPECT_THAT(
      message(text(R"({ class = "planned" })")),
      AllOf(StartsWith("small.toml:14:"), HasSubstr("needs of"), HasSubstr("valid: terminal, dense")));
  EXPECT_THAT(message(text(R"({ class = "planned", of = "degre" })")),
              AllOf(StartsWith("small.toml:14:31: "), HasSubstr("did you mean 'degree'")));
  EXPECT_THAT(message(text(R"({ class = "planned", of = "first-token" })")), HasSubstr("valid: terminal"));
  EXPECT_THAT(message(text(R"({ class = "planned", of = "dense", degree = 2 })")),
              AllOf(HasSubstr("class 'planned'"), HasSubstr("'degree'"), HasSubstr("valid: of")));
  EXPECT_THAT(message(text(R"({ class = "planned", of = "degree", degree = 9 })")),
              HasSubstr("valid: 1 to 3"));
  EXPECT_THAT(message(test::edited(R"(reward = { class = "degree" })", R"(reward = { class = "planned" })")),
              HasSubstr("needs of"));
  EXPECT_THAT(message(test::edited(R"(reward = { class = "degree" })",
                                   R"(reward = { class = "planned", of = "degree" })")),
              HasSubstr("makes no sense as a reward class"));
}

// Theory knows it by its rewards, so it has one prediction with the two stages.
TEST(PlannedClass, SharesThePredictionOfItsRewards) {
  const Study study = planned({{"arms.dpo.policy.degree", "1"}, {"reward.degree", "1"}});
  const Point point(study, 0, 1e9);
  const Setting setting(point, 0);
  Forecaster forecaster(point.recipe().arms, setting.world, setting.pairs.policies);
  EXPECT_EQ(&forecaster.predictor(0), &forecaster.predictor(1));
  EXPECT_EQ(forecaster.predictor(1).at(1000).reason, "");
}

}  // namespace
}  // namespace twostage
