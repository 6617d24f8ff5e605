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

}  // namespace
}  // namespace twostage
