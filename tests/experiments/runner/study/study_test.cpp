// Study files: what is read, and for every kind of mistake the exact place and the nearest valid name.
#include "experiments/runner/study/study.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "experiments/runner/run/run.hpp"
#include "tests/support/studies.hpp"

namespace twostage {
namespace {

using test::edited;
using test::kSmallStudy;
using test::small_study;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

// The message that reading and checking the study ends with ("" when it is fine).
std::string message(const std::string& text, const std::vector<Argument>& arguments = {},
                    const std::string& preset = "smoke") {
  try {
    check_study(parse_study("small", text, "small.toml", preset, arguments), {.threads = 1, .memory = 1e9});
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(Study, ReadsWhatIsWritten) {
  const Study study = small_study();
  EXPECT_EQ(study.title, "Small");
  EXPECT_EQ(study.replicates, 5);
  EXPECT_EQ(study.batch, 2);
  EXPECT_EQ(study.points(), 4u);
  ASSERT_EQ(study.axes.size(), 2u);
  EXPECT_EQ(study.axes[0].name, "degree");
  EXPECT_EQ(study.axes[0].key, "world.degree");
  EXPECT_EQ(study.axes[1].key, "pairs");
  EXPECT_EQ(study.recipe.arms[1].name, "dpo");
  EXPECT_EQ(study.claims.size(), 2u);
  EXPECT_EQ(message(kSmallStudy), "");
}

TEST(Study, PresetsChooseReplicatesAndOverrideKeys) {
  const Study paper = small_study({}, "paper");
  EXPECT_EQ(paper.replicates, 20);
  EXPECT_THAT(paper.axes[1].values,
              ElementsAre(Value(std::int64_t{100}), Value(std::int64_t{200}), Value(std::int64_t{400})));
}

TEST(Study, ArgumentsKnowShortAndFullKeys) {
  const Study study = small_study({{"pairs", "30"},
                                   {"world.degree", "2"},
                                   {"penalty.lambda", "1,2.5"},
                                   {"replicates", "7"},
                                   {"beta", "2"}});
  EXPECT_EQ(study.replicates, 7);
  EXPECT_EQ(study.axes[0].name, "degree") << "an axis keeps its name";
  EXPECT_THAT(study.axes[0].values, ElementsAre(Value(std::int64_t{2})));
  EXPECT_THAT(study.axes[1].values, ElementsAre(Value(std::int64_t{30})));
  EXPECT_EQ(study.axes[2].name, "penalty.lambda");
  EXPECT_THAT(study.axes[2].values, ElementsAre(Value(1.0), Value(2.5)));
  EXPECT_EQ(recipe_at(study, 1).arms[0].penalty.real("lambda"), 2.5) << "arms inherit the common penalty";
  EXPECT_EQ(recipe_at(study, 1).world.real("beta"), 2.0);
}

TEST(Study, ARoleKeyReachesTheArmsThatHaveIt) {
  const Study study = small_study({{"reward.degree", "1,2"}});
  const Recipe second = recipe_at(study, 1);
  EXPECT_EQ(second.arms[0].reward.integer("degree"), 2);
  EXPECT_TRUE(second.arms[1].reward.values().empty());
}

TEST(Study, PointsAreRowMajor) {
  const Study study = small_study();
  EXPECT_EQ(point_text(study, 0), "degree = 1, pairs = 20");
  EXPECT_EQ(point_text(study, 1), "degree = 1, pairs = 40");
  EXPECT_EQ(point_text(study, 2), "degree = 3, pairs = 20");
  EXPECT_EQ(recipe_at(study, 3).pairs, 40);
  EXPECT_EQ(recipe_at(study, 3).world.integer("degree"), 3);
}

TEST(Study, ConfigurationReadsBackToItself) {
  const Study study = small_study(
      {{"penalty.lambda", "1.0,2.0"}, {"measures", "win_rate_bt"}, {"keep", "win_rate_bt,policy_gap,kappa"}});
  const std::string text = configuration_text(study);
  const Study again = parse_study("small", text, "stored", "", {});
  EXPECT_EQ(configuration_text(again), text);
  for (std::size_t point = 0; point < study.points(); ++point) {
    const Recipe a = recipe_at(study, point);
    const Recipe b = recipe_at(again, point);
    EXPECT_EQ(a.world, b.world);
    EXPECT_EQ(a.pairs, b.pairs);
    EXPECT_EQ(a.sampler, b.sampler);
    for (std::size_t k = 0; k < a.arms.size(); ++k) {
      EXPECT_EQ(a.arms[k].reward, b.arms[k].reward);
      EXPECT_EQ(a.arms[k].policy, b.arms[k].policy);
      EXPECT_EQ(a.arms[k].penalty, b.arms[k].penalty);
      EXPECT_EQ(a.arms[k].options, b.arms[k].options);
    }
  }
}

TEST(Study, ConfigurationKeepsItsClaimsWithTheirExplanations) {
  const std::string text = edited("id = \"ratio\"", "id = \"ratio\"\nexplanation = \"A small world.\"");
  const Study study = parse_study("small", text, "small.toml", "smoke", {});
  EXPECT_EQ(study.claims[1].explanation, "A small world.");
  const Study again = parse_study("small", configuration_text(study), "stored", "", {});
  ASSERT_EQ(again.claims.size(), study.claims.size());
  for (std::size_t k = 0; k < study.claims.size(); ++k) {
    EXPECT_EQ(again.claims[k].id, study.claims[k].id);
    EXPECT_EQ(again.claims[k].statement, study.claims[k].statement);
    EXPECT_EQ(again.claims[k].explanation, study.claims[k].explanation);
    EXPECT_EQ(again.claims[k].holds, study.claims[k].holds);
    EXPECT_EQ(again.claims[k].interval, study.claims[k].interval);
  }
  EXPECT_EQ(cells_text(study), cells_text(small_study())) << "an explanation moves no number";
}

TEST(Study, ConfigurationSurvivesQuotesAndUnicode) {
  Study study = small_study();
  study.title = "a \"quoted\" \\ title,\nsecond line, π";
  EXPECT_EQ(parse_study("small", configuration_text(study), "stored", "", {}).title, study.title);
}

TEST(Study, AnAxisOverClassesKeepsItsConfiguration) {
  const Study study = small_study({{"arms.rm+plan.reward.class", "degree,dense"}, {"degree", "2"}});
  const Study again = parse_study("small", configuration_text(study), "stored", "", {});
  EXPECT_EQ(recipe_at(again, 0).arms[0].reward.text("class"), "degree");
  EXPECT_EQ(recipe_at(again, 1).arms[0].reward.text("class"), "dense");
}

TEST(Study, TheSamplerIsTheReferenceUnlessStated) {
  EXPECT_EQ(recipe_at(small_study(), 0).sampler.text("kind"), "reference");
  EXPECT_THAT(configuration_text(small_study()), HasSubstr("sampler = { kind = \"reference\" }\n"));
  // An axis over kinds drops the knobs that a kind does not have.
  const std::string text = edited("batch = 2", "batch = 2\nsampler = { kind = \"tempered\", tilt = 2 }");
  const Study study = parse_study("small", text, "small.toml", "smoke",
                                  {{"sampler.kind", "reference,tempered,policy-guided"}});
  EXPECT_EQ(study.axes[2].name, "sampler.kind");
  EXPECT_FALSE(recipe_at(study, 0).sampler.has("tilt"));
  EXPECT_EQ(recipe_at(study, 1).sampler.real("tilt"), 2.0);
  EXPECT_EQ(recipe_at(study, 2).sampler.real("tilt"), 2.0);
  const Study again = parse_study("small", configuration_text(study), "stored", "", {});
  EXPECT_EQ(configuration_text(again), configuration_text(study));
  EXPECT_EQ(recipe_at(again, 1).sampler, recipe_at(study, 1).sampler);
}

TEST(Study, APrecisionIsStoredAndPresetsChangeIt) {
  const std::string text = edited(
      "batch = 2",
      "batch = 2\nprecision = { of = [\"regret['dpo']\", \"ratio(regret['dpo'], regret['rm+plan'])\"], "
      "relative = 0.05, cap = 300, where = \"kappa['dpo'] < 1 and pairs > 20\" }");
  const Study study = parse_study("small", text, "small.toml", "smoke", {});
  ASSERT_TRUE(study.precision);
  EXPECT_EQ(study.precision->of.size(), 2u);
  EXPECT_EQ(study.precision->relative, 0.05);
  EXPECT_EQ(study.precision->cap, 300);
  EXPECT_EQ(study.precision->where, "kappa['dpo'] < 1 and pairs > 20");
  EXPECT_EQ(message(text), "");
  const Study again = parse_study("small", configuration_text(study), "stored", "", {});
  EXPECT_EQ(again.precision, study.precision);
  EXPECT_EQ(configuration_text(again), configuration_text(study));
  EXPECT_EQ(cells_text(study), cells_text(small_study())) << "a precision moves no number";

  std::string presets = text;
  presets.replace(presets.find("[presets.paper]"), 15,
                  "[presets.smoke]\nprecision = false\n[presets.paper]\nprecision.cap = 99");
  EXPECT_FALSE(parse_study("small", presets, "small.toml", "smoke", {}).precision);
  EXPECT_EQ(parse_study("small", presets, "small.toml", "paper", {}).precision->cap, 99);
  EXPECT_FALSE(parse_study("small", text, "small.toml", "smoke", {{"precision", "false"}}).precision);
}

TEST(Study, YardsticksAreStoredWhereAMeasureAsksForThem) {
  const auto study_of = [](const std::string& lines) {
    return parse_study("small", edited("batch = 2", "batch = 2\n" + lines), "small.toml", "smoke", {});
  };
  const Study stated =
      study_of("measures = [\"win_rate_at_kl\", \"win_rate_rival\"]\nat_kl = 0.3\nreference_wins = 0.4");
  EXPECT_EQ(stated.recipe.yardsticks, (Yardsticks{.kl = 0.3, .reference_wins = 0.4}));
  const std::string text = configuration_text(stated);
  EXPECT_THAT(text, HasSubstr("at_kl = 0.3\nreference_wins = 0.4\n"));
  EXPECT_EQ(configuration_text(parse_study("small", text, "stored", "", {})), text);

  const Study unstated = study_of("measures = [\"reward_at_kl\"]");
  EXPECT_EQ(unstated.recipe.yardsticks, Yardsticks{});
  EXPECT_THAT(configuration_text(unstated), HasSubstr("at_kl = \"optimum\"\n"));
  EXPECT_NE(cells_text(unstated), cells_text(study_of("measures = [\"reward_at_kl\"]\nat_kl = 1")));
  EXPECT_EQ(cells_text(small_study()), cells_text(study_of("at_kl = 1"))) << "none asks for it";
  const Study of_arm = study_of("measures = [\"reward_at_kl\"]\nat_kl = \"arm:dpo\"");
  EXPECT_EQ(of_arm.recipe.yardsticks.kl_of, "dpo");
  EXPECT_THAT(configuration_text(of_arm), HasSubstr("at_kl = \"arm:dpo\"\n"));
  EXPECT_EQ(parse_study("small", text, "stored", "", {{"at_kl", "optimum"}}).recipe.yardsticks.kl,
            std::nullopt);
}

// ---- mistakes ----

struct Mistake {
  const char* name;
  const char* from;
  const char* to;
  const char* place;
  const char* says;
};

class StudyMistake : public testing::TestWithParam<Mistake> {};

TEST_P(StudyMistake, IsShownWhereItIsWithTheNearestName) {
  const Mistake& m = GetParam();
  EXPECT_THAT(message(edited(m.from, m.to)), AllOf(StartsWith(m.place), HasSubstr(m.says)));
}

INSTANTIATE_TEST_SUITE_P(
    All, StudyMistake,
    testing::Values(
        Mistake{"Syntax", "batch = 2", "batch = = 2", "small.toml:6:9: ", ""},
        Mistake{"UnknownTopKey", "batch = 2", "bacth = 2", "small.toml:6:1: ", "did you mean 'batch'?"},
        Mistake{"UnknownWorldKnob", "horizon = 3", "horison = 3",
                "small.toml:4:30: ", "did you mean 'horizon'?"},
        Mistake{"UnknownWorld", "\"tokens\"", "\"tokns\"", "small.toml:4:11: ", "did you mean 'tokens'?"},
        Mistake{"WrongType", "horizon = 3", "horizon = \"three\"", "small.toml:4:30: ", "must be an integer"},
        Mistake{"OutOfRange", "horizon = 3", "horizon = -3", "small.toml:4:30: ", "out of range"},
        Mistake{"UnknownAlgorithm", "algorithm = \"dpo\"", "algorithm = \"dop\"",
                "small.toml:13:1: ", "did you mean 'dpo'?"},
        Mistake{"UnknownClass", "class = \"tabular\"", "class = \"tabluar\"",
                "small.toml:14:12: ", "did you mean 'tabular'?"},
        Mistake{"ClassInWrongRole", "policy = { class = \"tabular\" }", "policy = { class = \"terminal\" }",
                "small.toml:14:12: ", "terminal"},
        Mistake{"UnknownPenalty", "\"reference-kl\"", "\"reference-lk\"",
                "small.toml:5:13: ", "did you mean 'reference-kl'?"},
        Mistake{"UnknownSampler", "batch = 2", "sampler = { kind = \"tempred\" }",
                "small.toml:6:13: ", "did you mean 'tempered'?"},
        Mistake{"SamplerWithoutKind", "batch = 2", "sampler = { tilt = 1 }", "small.toml:6:1: ", "'kind'"},
        Mistake{"SamplerKnobOfAnother", "batch = 2", "sampler = { kind = \"optimal\", tilt = 1 }",
                "small.toml:6:31: ", "unknown key 'tilt'"},
        Mistake{"TiltOutOfRange", "batch = 2", "sampler = { kind = \"tempered\", tilt = -1 }",
                "small.toml:6:32: ", "0 to 4"},
        Mistake{"AtKlNegative", "batch = 2", "at_kl = -0.1", "small.toml:6:9: ", "from 0 to 1e6"},
        Mistake{"AtKlOfAnArm", "batch = 2", "at_kl = \"dpo\"", "small.toml:6:9: ", "\"optimum\""},
        Mistake{"ReferenceWinsTooMuch", "batch = 2", "reference_wins = 0.5",
                "small.toml:6:18: ", "below 0.5"},
        Mistake{"PrecisionUnknownKey", "batch = 2", "precision = { off = [] }",
                "small.toml:6:1: ", "needs 'of'"},
        Mistake{"PrecisionMisspelt", "batch = 2", "precision = { of = [\"regret['dpo']\"], relativ = 0.1 }",
                "small.toml:6:39: ", "did you mean 'precision.relative'?"},
        Mistake{"PrecisionOutOfRange", "batch = 2", "precision = { of = [\"regret['dpo']\"], relative = 0 }",
                "small.toml:6:50: ", "above 0"},
        Mistake{"PrecisionCapBelow", "batch = 2", "precision = { of = [\"regret['dpo']\"], cap = 4 }",
                "small.toml:6:45: ", "below the 5 replicates"},
        Mistake{"PrecisionOfNothing", "batch = 2", "precision = { of = [] }",
                "small.toml:6:20: ", "a list of formulas"},
        Mistake{"PrecisionUnknownArm", "batch = 2", "precision = { of = [\"regret['dop']\"] }",
                "small.toml:6:29: ", "did you mean 'dpo'?"},
        Mistake{"PrecisionWhereMeasured", "batch = 2",
                "precision = { of = [\"regret['dpo']\"], where = \"pairs > 9 and regret['dpo'] < 1\" }",
                "small.toml:6:62: ", "'regret' is measured"},
        Mistake{"PrecisionWhereUnknownArm", "batch = 2",
                "precision = { of = [\"regret['dpo']\"], where = \"kappa['dop'] < 1\" }",
                "small.toml:6:54: ", "did you mean 'dpo'?"},
        Mistake{"UnknownAxis", "degree = [1, 3]", "degre = [1, 3]",
                "small.toml:16:1: ", "did you mean 'degree'?"},
        Mistake{"AxisValueOutOfRange", "degree = [1, 3]", "degree = [1, 4]", "small.toml:16:14: ", "degree"},
        Mistake{"AxisValueTwice", "pairs = [20, 40]", "pairs = [20, 20]", "small.toml:17:14: ", "twice"},
        Mistake{"AxisOfMixedTypes", "degree = [1, 3]", "degree = [1, \"x\"]",
                "small.toml:16:14: ", "one type"},
        Mistake{"EmptyAxis", "pairs = [20, 40]", "pairs = []", "small.toml:17:9: ", "empty"},
        Mistake{"NoPairs", "pairs = [20, 40]", "pairs = [0, 40]", "small.toml:17:10: ", "out of range"},
        Mistake{"TwoArmsOfOneName", "name = \"dpo\"", "name = \"rm+plan\"", "small.toml:12:8: ", "two arms"},
        Mistake{"UnusedClass", "policy = { class", "reward = { class = \"dense\" }\npolicy = { class",
                "small.toml:14:", "uses no reward class"},
        Mistake{"MissingClass", "reward = { class = \"degree\" }", "", "small.toml:8:8: ", "needs reward"},
        Mistake{"PresetWithoutReplicates", "[presets.paper]", "[presets.papr]",
                "small.toml:21:", "did you mean 'paper'?"},
        Mistake{"ReplicatesNotANumber", "smoke = 5", "smoke = \"five\"",
                "small.toml:19:9: ", "must be an integer"},
        Mistake{"ClaimWithoutFormula", "holds =", "# holds =", "small.toml:24:6: ", "needs either"},
        Mistake{"ClaimSyntax", "< 1e-8 where", "< 1e-8 wehre", "small.toml:26:46: ", "wehre"},
        Mistake{"ClaimUnknownArm", "policy_gap['dpo'", "policy_gap['dop'",
                "small.toml:26:21: ", "did you mean 'dpo'?"},
        Mistake{"ClaimUnknownMetric", "regret['dpo']", "regert['dpo']",
                "small.toml:30:19: ", "did you mean 'regret'?"},
        Mistake{"ClaimUnknownKey", "statement = \"DPO's", "statment = \"DPO's",
                "small.toml:29:1: ", "did you mean 'statement'?"}),
    [](const auto& info) { return info.param.name; });

TEST(StudyArguments, NameTheArgumentAndTheNearestKey) {
  EXPECT_THAT(message(kSmallStudy, {{"piars", "100"}}),
              AllOf(StartsWith("'piars=100': "), HasSubstr("did you mean 'pairs'?")));
  EXPECT_THAT(message(kSmallStudy, {{"pairs", "1oo"}}),
              AllOf(StartsWith("'pairs=1oo': "), HasSubstr("integer")));
  EXPECT_THAT(message(kSmallStudy, {{"horizon", "99999"}}),
              AllOf(StartsWith("'horizon=99999': "), HasSubstr("out of range")));
  EXPECT_THAT(message(kSmallStudy, {{"degree", "9"}}),
              AllOf(StartsWith("'degree=9': "), HasSubstr("degree")));
  EXPECT_THAT(message(kSmallStudy, {{"measures", "win_rate_tb"}}), HasSubstr("did you mean 'win_rate_bt'?"));
  EXPECT_THAT(message(kSmallStudy, {{"keep", "policy_gap,kapa"}}), HasSubstr("did you mean 'kappa'?"));
  EXPECT_THAT(message(kSmallStudy, {{"keep", "kappa"}}), HasSubstr("policy_gap")) << "a claim reads it";
  EXPECT_THAT(message(kSmallStudy, {{"pairs", ""}}), HasSubstr("missing"));
}

TEST(StudyArguments, AnUnknownPresetNamesTheOthers) {
  EXPECT_THAT(message(kSmallStudy, {}, "papre"), HasSubstr("did you mean 'paper'?"));
}

TEST(StudyArguments, AWorldTooLargeIsRefusedWithItsSize) {
  const Study study = small_study({{"horizon", "20"}});
  try {
    check_study(study, {.threads = 1, .memory = 1e6});
    FAIL() << "2^20 completions in a megabyte";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("GB of memory"), StartsWith("'horizon=20'")));
  }
}

}  // namespace
}  // namespace twostage
