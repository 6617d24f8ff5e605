// What a study stores: told by `list metrics` and `show`, chosen by `measures` and `keep`.
#include "results/store/store.hpp"
#include "sim/measure/metric.hpp"
#include "tests/support/printed.hpp"
#include "tests/support/small_study.hpp"
#include "theory/prediction/forecasts.hpp"

namespace twostage {
namespace {

using test::Outcome;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class StoredMetrics : public test::SmallStudy {};

TEST_F(StoredMetrics, TheListSaysWhatEachMeansAndWhoChoosesIt) {
  const std::string list = test::unwrapped(twostage({"list", "metrics"}).out);
  EXPECT_THAT(list, AllOf(HasSubstr("measures = ["), HasSubstr("keep = ["), HasSubstr("predictions = false"),
                          HasSubstr("(always"), HasSubstr("(on request"), HasSubstr("between arms")));
  for (const auto* registry : {&metrics(), &forecasts()})
    for (const auto& entry : registry->entries())
      EXPECT_THAT(list, AllOf(HasSubstr(" " + entry.name + " "), HasSubstr(entry.extra.long_name),
                              HasSubstr(test::unwrapped(entry.extra.definition))));
}

// The variables of the result are those that `show` announces, and no others.
TEST_F(StoredMetrics, ShowAnnouncesWhatTheResultHolds) {
  for (const std::vector<std::string>& choice : {std::vector<std::string>{},
                                                 {"measures=win_rate"},
                                                 {"predictions=false"},
                                                 {"keep=kl_to_optimum,policy_gap"},
                                                 {"measures=win_rate", "keep=win_rate,policy_gap"}}) {
    std::vector<std::string> words = {"show", "small.toml", "--preset", "smoke"};
    words.insert(words.end(), choice.begin(), choice.end());
    const Outcome shown = twostage(words);
    ASSERT_EQ(shown.code, 0) << shown.err;
    std::vector<std::string> more = choice;
    more.emplace_back("--force");
    ASSERT_EQ(run_small(more).code, 0);
    std::size_t stored = 0;
    for (const Variable& variable : read_dataset(folder / "r.h5").variables) {
      if (variable.dimensions.empty() || variable.name == "status") continue;
      EXPECT_THAT(shown.out, HasSubstr("\n#   " + variable.name + " "));
      ++stored;
    }
    std::size_t announced = 0;
    for (auto at = shown.out.find("\n#   "); at != std::string::npos; at = shown.out.find("\n#   ", at + 1))
      ++announced;
    EXPECT_EQ(announced, stored);
  }
}

TEST_F(StoredMetrics, WhatIsShownIsStillAStudy) {
  test::write_text(folder / "shown.toml", twostage({"show", "small.toml", "--preset", "smoke"}).out);
  EXPECT_EQ(twostage({"show", "shown.toml"}).out, test::read_text(folder / "shown.toml"));
}

TEST_F(StoredMetrics, NamesUnderTheWrongKeyAreAnsweredWithTheRightOne) {
  const auto refused = [&](const std::string& override, const std::string& says) {
    expect_refused(run_small({override}), says);
  };
  refused("measures=win_rat", "did you mean 'win_rate'?");
  refused("measures=regret", "'regret' is stored without being asked for");
  refused("measures=policy_gap", "'policy_gap' is stored without being asked for");
  refused("measures=predicted_regret", "'predicted_regret' is a prediction");
  refused("keep=kl_to_optimun", "did you mean 'kl_to_optimum'?");
  refused("keep=win_rate", "name it in measures, too");
  expect_refused(run_small({"keep=predicted_regret", "predictions=false"}), "and predictions = false");
}

// At the KL of an arm, in each replicate its own: what the measure between arms says of the same two.
TEST_F(StoredMetrics, AtTheKlOfAnArmAreThoseBetweenArms) {
  const Outcome ran = run_small({"measures=reward_at_kl,win_rate_at_kl,reward_at_kl_of,win_rate_at_kl_of",
                                 "at_kl=arm:dpo", "pairs=20,80", "arms.dpo.options.beta_factor=0.5,1,2"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const Dataset data = read_dataset(folder / "r.h5");
  const auto values = [&](const char* name) -> const std::vector<double>& {
    return std::get<std::vector<double>>(data.variable(name).data);
  };
  for (const auto& [name, between] :
       {std::pair("reward_at_kl", "reward_at_kl_of"), std::pair("win_rate_at_kl", "win_rate_at_kl_of")}) {
    const auto& at = values(name);
    const auto& of = values(between);
    ASSERT_EQ(of.size(), 2 * at.size());
    for (std::size_t k = 0; k < at.size(); ++k)
      EXPECT_EQ(at[k], of[2 * k + 1]) << name << k;  // arms rm+plan, dpo
    EXPECT_GT(*std::ranges::max_element(at), 0);
  }
  expect_refused(run_small({"measures=reward_at_kl", "at_kl=arm:dop"}),
                 "unknown arm 'dop'; did you mean 'dpo'?");
  // Three binary tokens of a uniform reference: log 8 = 2.07944.
  expect_refused(run_small({"measures=reward_at_kl", "at_kl=2.1"}), "valid: 0 to 2.07944");
  EXPECT_EQ(run_small({"measures=reward_at_kl", "at_kl=2", "--force"}).code, 0);
}

}  // namespace
}  // namespace twostage
