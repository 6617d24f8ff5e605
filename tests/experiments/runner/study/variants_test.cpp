// Variants: what each of them runs, how they cross with axes and overrides, and where their mistakes are
// shown.
#include "experiments/runner/study/variants.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "experiments/runner/replicate/columns.hpp"
#include "experiments/runner/run/run.hpp"
#include "tests/support/process.hpp"
#include "tests/support/studies.hpp"

namespace twostage {
namespace {

using test::edited;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

// The small study without its axis over degrees and the claims about it: 24 lines, then variants.
const std::string kBase = R"(title = "Varied"
world = { family = "tokens", horizon = 3, degree = 1, headroom = 0.5 }
penalty = { kind = "reference-kl", lambda = 4.0 }
pairs = 30
replicates = 2
[[arms]]
name = "rm"
algorithm = "rm+plan"
reward = { class = "degree" }
[[arms]]
name = "direct"
algorithm = "dpo"
policy = { class = "tabular" }
penalty = { kind = "variance" }
)";
const std::string kVariants = R"([[variants]]
name = "as-is"
[[variants]]
name = "walk"
world = { family = "walk", horizon = 2, truth = "terminal" }
arms.rm.reward = { class = "terminal" }
sampler = { kind = "tempered", tilt = 2 }
[[variants]]
name = "longer"
world.horizon = 4
"penalty.lambda" = 2.0
pairs = 50
arms.direct = { penalty = {}, options = { beta_factor = 1.5 } }
[[variants]]
name = "planned"
"arms.direct.algorithm" = "planned-dpo"
"arms.direct.reward.class" = "degree"
degree = 2
)";
const std::string kVaried = kBase + kVariants;

Study varied(const std::vector<Argument>& arguments = {}, const std::string& text = kVaried) {
  return parse_study("varied", text, "varied.toml", "", arguments);
}

std::string message(const std::string& text, const std::vector<Argument>& arguments = {}) {
  try {
    check_study(varied(arguments, text), {.threads = 1, .memory = 1e9});
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

std::string with(const std::string& from, const std::string& to, std::string text = kVaried) {
  const auto at = text.find(from);
  if (at == std::string::npos) throw std::logic_error("no '" + from + "' in the study");
  return text.replace(at, from.size(), to);
}

TEST(Variants, ReplacePartsAndSetKeys) {
  const Study study = varied();
  ASSERT_EQ(study.points(), 4u);
  EXPECT_EQ(message(kVaried), "");
  const Recipe as_is = recipe_at(study, 0), walk = recipe_at(study, 1), longer = recipe_at(study, 2),
               planned = recipe_at(study, 3);
  EXPECT_EQ(as_is.world, recipe_at(varied({}, kBase), 0).world);
  EXPECT_EQ(as_is.arms[1].penalty, recipe_at(varied({}, kBase), 0).arms[1].penalty);

  EXPECT_EQ(walk.world.text("family"), "walk");
  EXPECT_EQ(walk.world.real("headroom"), 0.0) << "the whole world is replaced";
  EXPECT_EQ(walk.arms[0].reward.text("class"), "terminal");
  EXPECT_EQ(walk.sampler.real("tilt"), 2.0);
  EXPECT_EQ(walk.arms[1].policy.text("class"), "tabular") << "what is not named stays";

  EXPECT_EQ(longer.world.integer("horizon"), 4) << "a table without its family changes these knobs";
  EXPECT_EQ(longer.world.real("headroom"), 0.5);
  EXPECT_EQ(longer.pairs, 50);
  EXPECT_EQ(longer.arms[1].penalty.text("kind"), "reference-kl") << "its own penalty is taken away";
  EXPECT_EQ(longer.arms[1].penalty.real("lambda"), 2.0);
  EXPECT_EQ(longer.arms[1].options.real("beta_factor"), 1.5);

  EXPECT_EQ(planned.arms[1].algorithm, "planned-dpo");
  EXPECT_TRUE(planned.arms[1].policy.values().empty()) << "another algorithm starts from nothing";
  EXPECT_EQ(planned.arms[1].penalty.text("kind"), "reference-kl");
  EXPECT_EQ(planned.world.integer("degree"), 2);
}

TEST(Variants, AreTheSlowestAxisAndOneOfTexts) {
  const Study study = varied({}, with("[[variants]]", "[axes]\nbeta = [1.0, 2.0]\n[[variants]]"));
  EXPECT_EQ(study.axes[0].name, "variant");
  EXPECT_EQ(point_text(study, 0), "variant = as-is, beta = 1");
  EXPECT_EQ(point_text(study, 3), "variant = walk, beta = 2");
  EXPECT_EQ(recipe_at(study, 3).world.real("beta"), 2.0);
  const Dataset shape = result_shape(study, columns_of(study));
  EXPECT_EQ(std::get<std::vector<std::string>>(shape.dimensions[0].coordinate),
            (std::vector<std::string>{"as-is", "walk", "longer", "planned"}));
}

TEST(Variants, AnAxisOfFactorsMultipliesTheirOwnPairs) {
  const std::string text = with("[[variants]]", "[axes]\npairs_factor = [1, 4]\n[[variants]]");
  const Study study = varied({}, text);
  std::vector<std::int64_t> pairs;
  for (std::size_t point = 0; point < study.points(); ++point) pairs.push_back(recipe_at(study, point).pairs);
  EXPECT_THAT(pairs, ElementsAre(30, 120, 30, 120, 50, 200, 30, 120));
  EXPECT_EQ(recipe_at(study, 1).pairs_factor, 1) << "multiplied in, once";

  const std::string stored = configuration_text(study);
  const Study again = parse_study("varied", stored, "stored", "", {});
  EXPECT_EQ(configuration_text(again), stored);
  for (std::size_t point = 0; point < study.points(); ++point)
    EXPECT_EQ(recipe_at(again, point).pairs, pairs[point]) << point;

  const Study fixed = varied({{"pairs_factor", "3"}});
  EXPECT_EQ(recipe_at(fixed, 2).pairs, 150);
  const std::string stored_fixed = configuration_text(fixed);
  EXPECT_EQ(recipe_at(parse_study("varied", stored_fixed, "stored", "", {}), 2).pairs, 150);
  EXPECT_THAT(stored_fixed, HasSubstr("pairs_factor = 3"));
  EXPECT_THAT(configuration_text(varied()), testing::Not(HasSubstr("pairs_factor")));

  EXPECT_THAT(message(with("pairs_factor = [1, 4]", "pairs_factor = [1, 900000000]", text)),
              AllOf(StartsWith("varied.toml:"), HasSubstr("times pairs_factor = 900000000 is out of range")));
  EXPECT_THAT(message(with("pairs_factor = [1, 4]", "pairs_factor = [0]", text)), HasSubstr("valid: 1 to"));
}

TEST(Variants, OverridesSelectThemAndStandAboveThem) {
  const Study two = varied({{"pairs", "70"}, {"variant", "longer,walk"}});
  EXPECT_THAT(two.axes[0].values, ElementsAre(Value(std::string("longer")), Value(std::string("walk"))));
  EXPECT_EQ(recipe_at(two, 0).pairs, 70) << "although the variant says 50";
  EXPECT_EQ(recipe_at(two, 1).pairs, 70);
  EXPECT_EQ(recipe_at(two, 1).world.text("family"), "walk");
  // degree is a key of two of the variants, wherever it stands among the arguments.
  EXPECT_EQ(recipe_at(varied({{"degree", "3"}, {"variant", "as-is"}}), 0).world.integer("degree"), 3);
  EXPECT_THAT(message(kVaried, {{"degree", "3"}}),
              AllOf(StartsWith("'degree=3': variant 'walk': unknown key 'degree'")));
  EXPECT_THAT(message(kVaried, {{"degree", "1,2"}}), HasSubstr("variant 'walk': unknown key 'degree'"));
  EXPECT_THAT(message(kVaried, {{"variant", "wlak"}}),
              AllOf(StartsWith("'variant=wlak': "), HasSubstr("did you mean 'walk'?")));
  EXPECT_THAT(message(kVaried, {{"variant", "walk,walk"}}), HasSubstr("twice"));
  EXPECT_EQ(message(kVaried, {{"pairs", "20,40"}, {"sampler.kind", "uniform"}}), "");
}

void expect_same_recipes(const Study& a, const Study& b) {
  ASSERT_EQ(a.points(), b.points());
  for (std::size_t point = 0; point < a.points(); ++point) {
    const Recipe x = recipe_at(a, point), y = recipe_at(b, point);
    EXPECT_EQ(point_text(a, point), point_text(b, point));
    EXPECT_EQ(x.world, y.world) << point;
    EXPECT_EQ(x.sampler, y.sampler) << point;
    EXPECT_EQ(x.penalty, y.penalty) << point;
    EXPECT_EQ(x.pairs, y.pairs) << point;
    for (std::size_t k = 0; k < x.arms.size(); ++k) {
      EXPECT_EQ(x.arms[k].algorithm, y.arms[k].algorithm) << point;
      EXPECT_EQ(x.arms[k].reward, y.arms[k].reward) << point;
      EXPECT_EQ(x.arms[k].policy, y.arms[k].policy) << point;
      EXPECT_EQ(x.arms[k].penalty, y.arms[k].penalty) << point;
      EXPECT_EQ(x.arms[k].options, y.arms[k].options) << point;
    }
  }
}

TEST(Variants, AreStoredWithTheirDefaultsAndReadBackEqual) {
  const std::vector<std::vector<Argument>> cases = {
      {},
      {{"variant", "walk,planned"}, {"beta", "2"}},
      {{"variant", "longer"}, {"pairs", "10,20"}},
      {{"variant", "planned,as-is,longer"}, {"arms.rm.reward.class", "degree,dense"}}};
  for (const auto& arguments : cases) {
    const Study study = varied(arguments);
    const std::string text = configuration_text(study);
    const Study again = parse_study("varied", text, "stored", "", {});
    expect_same_recipes(study, again);
    EXPECT_EQ(configuration_text(again), text);
    EXPECT_EQ(cells_text(again), cells_text(study));
  }
  EXPECT_THAT(configuration_text(varied()), HasSubstr("prompt_weights"));
  EXPECT_THAT(configuration_text(varied({{"variant", "walk"}})), testing::Not(HasSubstr("longer")));
}

TEST(Variants, MayStandInAFileOfTheirOwn) {
  const test::ScratchFolder folder;
  test::write_text(folder / "cells.toml", kVariants);
  const std::string text = with("replicates = 2", "replicates = 2\nvariants = \"cells.toml\"", kBase);
  const auto parse = [&](const std::string& whole) {
    return parse_study("varied", whole, (folder / "study.toml").string(), "", {});
  };
  EXPECT_EQ(configuration_text(parse(text)), configuration_text(varied())) << "the same study";
  const auto mistake = [&](const std::string& variants) -> std::string {
    test::write_text(folder / "cells.toml", variants);
    try {
      check_study(parse(text), {.threads = 1, .memory = 1e9});
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(mistake(with("horizon = 2", "horison = 2", kVariants)),
              AllOf(StartsWith((folder / "cells.toml").string() + ":5:28: "), HasSubstr("'horizon'")));
  EXPECT_THAT(mistake("variant = 3"), HasSubstr("did you mean 'variants'?"));
  std::filesystem::remove(folder / "cells.toml");
  try {
    parse(text);
    FAIL() << "an absent file";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("study.toml:6:12: "), HasSubstr("cells.toml: no such file")));
  }
}

// A study may have many: 500 worlds with two arms are read, checked and written back.
TEST(Variants, FiveHundredReadBackAsTheyWere) {
  std::string text = kBase;
  for (int i = 0; i < 500; ++i)
    text += "[[variants]]\nname = \"v" + std::to_string(i) +
            "\"\nworld = { family = \"walk\", truth = \"terminal\", horizon = " + std::to_string(1 + i % 20) +
            " }\narms.rm.reward = { class = \"terminal\" }\npairs = " + std::to_string(10 + i) + "\n";
  const Study study = varied({}, text);
  EXPECT_EQ(study.points(), 500u);
  check_study(study, {.threads = 1, .memory = 1e9});
  const std::string stored = configuration_text(study);
  EXPECT_EQ(configuration_text(parse_study("varied", stored, "stored", "", {})), stored);
}

struct Mistake {
  const char* name;
  const char* from;
  const char* to;
  const char* place;
  const char* says;
};

class VariantMistake : public testing::TestWithParam<Mistake> {};

TEST_P(VariantMistake, IsShownWhereItIsWithTheNearestName) {
  const Mistake& m = GetParam();
  EXPECT_THAT(message(with(m.from, m.to)), AllOf(StartsWith(m.place), HasSubstr(m.says)));
}

INSTANTIATE_TEST_SUITE_P(
    All, VariantMistake,
    testing::Values(
        Mistake{"UnknownKey", "pairs = 50", "piars = 50",
                "varied.toml:26:1: ", "variant 'longer': unknown key 'piars'; did you mean 'pairs'?"},
        Mistake{"UnknownArm", "arms.rm.reward", "arms.mr.reward", "varied.toml:20:6: ", "did you mean 'rm'?"},
        Mistake{"UnknownPart", "arms.rm.reward", "arms.rm.rewrad",
                "varied.toml:20:9: ", "did you mean 'reward'?"},
        Mistake{"UnknownClass", "{ class = \"terminal\" }", "{ class = \"terminl\" }",
                "varied.toml:20:20: ", "variant 'walk': unknown class 'terminl'"},
        Mistake{"UnknownFamily", "family = \"walk\"", "family = \"wakl\"", "varied.toml:19:11: ", "'walk'"},
        Mistake{"UnknownKnob", "horizon = 2", "horison = 2", "varied.toml:19:28: ", "variant 'walk': world"},
        Mistake{"KnobOutOfRange", "world.horizon = 4", "world.horizon = 400",
                "varied.toml:24:7: ", "out of range"},
        Mistake{"DegreeAboveHorizon", "degree = 2", "degree = 9", "varied.toml:32:1: ", "variant 'planned'"},
        Mistake{"PairsOutOfRange", "pairs = 50", "pairs = 0", "varied.toml:26:1: ", "out of range"},
        Mistake{"NotATable", "sampler = { kind = \"tempered\", tilt = 2 }", "sampler = 3",
                "varied.toml:21:11: ", "must be a table"},
        Mistake{"SetTwice", "pairs = 50", "\"world.horizon\" = 3", "varied.toml:26:1: ", "set twice"},
        Mistake{"NoName", "name = \"walk\"", "", "varied.toml:", "needs a name"},
        Mistake{"NameTwice", "name = \"walk\"", "name = \"as-is\"", "varied.toml:18:8: ", "two variants"},
        Mistake{"NameWithComma", "name = \"walk\"", "name = \"a,b\"", "varied.toml:18:8: ", "letters"},
        Mistake{"AxisThatAVariantLacks", "[[variants]]", "[axes]\ndegree = [1, 2]\n[[variants]]",
                "varied.toml:16:1: ", "variant 'walk': unknown key 'degree'"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace twostage
