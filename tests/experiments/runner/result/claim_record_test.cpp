// The record of claims as a text, and what is known of a study before it runs: all values of its axes, arms
// of one recipe.
#include "experiments/runner/result/claim_record.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "experiments/runner/run/run.hpp"
#include "results/file/store_error.hpp"
#include "tests/support/process.hpp"
#include "tests/support/studies.hpp"

namespace twostage {
namespace {

using test::edited;
using test::small_study;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Study read(const std::string& text, const std::vector<Argument>& arguments = {},
           const std::string& preset = "smoke") {
  return parse_study("small", text, "small.toml", preset, arguments);
}

TEST(ClaimRecord, ReadsBackWithoutExplanations) {
  Study study =
      read(edited("id = \"ratio\"", "id = \"ratio\"\nexplanation = \"Later.\"\nrequires_existence = true"));
  study.alpha = 0.02;
  const std::string text = claim_record(study);
  EXPECT_THAT(text, Not(HasSubstr("Later.")));
  const ClaimRecord record = read_claim_record(text, "record");
  EXPECT_EQ(record.alpha, 0.02);
  EXPECT_EQ(record.intervals, 1U);
  ASSERT_EQ(record.claims.size(), 2U);
  EXPECT_TRUE(record.claims[1].requires_existence);
  for (const Claim& claim : study.claims) EXPECT_EQ(post_hoc(claim, 0.02, record), "") << claim.id;
}

TEST(ClaimRecord, OfShardsIsWhatAllBeganWith) {
  const std::string a = claim_record(small_study());
  EXPECT_EQ(common_claims(a, a), a);
  const Study changed = read(edited("in (1, inf)", "in (1.5, inf)"));
  const ClaimRecord common = read_claim_record(common_claims(a, claim_record(changed)), "record");
  ASSERT_EQ(common.claims.size(), 1U);
  EXPECT_EQ(common.claims[0].id, "equal-at-full-degree");
  EXPECT_EQ(common.intervals, 1U);
  // Another alpha concerns the interval claims alone.
  Study stricter = small_study();
  stricter.alpha = 0.001;
  EXPECT_THAT(common_claims(a, claim_record(stricter)),
              AllOf(HasSubstr("full-degree"), Not(HasSubstr("\"ratio\""))));
}

TEST(ClaimRecord, OfAFolderIsWrittenBeforeTheFirstBatchAndKept) {
  const test::ScratchFolder folder;
  EXPECT_EQ(claim_record_of(folder.path(), false, "alpha = 0.5\nintervals = 1\n"),
            "alpha = 0.5\nintervals = 1\n");
  const std::string first = claim_record(small_study());
  EXPECT_EQ(claim_record_of(folder.path(), false, first), first) << "nothing had been computed";
  const std::string later = claim_record(read(edited("in (1, inf)", "in (1.5, inf)")));
  EXPECT_EQ(claim_record_of(folder.path(), true, later), first);
  std::filesystem::remove(folder / "claims.toml");
  EXPECT_THAT(read_claim_record(claim_record_of(folder.path(), true, later), "record").claims, IsEmpty())
      << "batches without a record: nothing is known";
  test::write_text(folder / "claims.toml", "alpha = [");
  EXPECT_THROW(claim_record_of(folder.path(), true, later), StoreError);
}

// --- values that claims may name

std::vector<Value> integers(const std::vector<std::int64_t>& values) {
  return {values.begin(), values.end()};
}

std::string message(const std::string& text, const std::vector<Argument>& arguments = {},
                    const std::string& preset = "smoke") {
  try {
    check_study(read(text, arguments, preset), {});
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(KnownValues, AreThoseOfTheStudyItsPresetsAndTheOverride) {
  EXPECT_EQ(small_study().known.at("pairs"), integers({100, 200, 400})) << "of the preset paper";
  EXPECT_EQ(small_study({}, "paper").known.at("pairs"), integers({20, 40})) << "of the study without presets";
  EXPECT_FALSE(small_study().known.contains("world.degree"));
  EXPECT_EQ(small_study({{"degree", "2"}}).known.at("world.degree"), integers({1, 3}));
}

TEST(KnownValues, ClaimsMayNameThemAndNoOthers) {
  const auto where = [](const char* condition) {
    return edited("where degree == 1", std::string("where ") + condition);
  };
  for (const char* preset : {"smoke", "paper"})
    for (const char* condition : {"pairs == 20", "pairs == 400", "pairs in {40, 200}", "pairs >= 400"})
      EXPECT_EQ(message(where(condition), {}, preset), "") << preset << condition;
  EXPECT_THAT(
      message(where("pairs == 101")),
      AllOf(HasSubstr("small.toml:"), HasSubstr("the axis 'pairs' has no value 101 in any preset; the "
                                                "nearest is 100; valid: 20, 40, 100, 200, 400")));
  EXPECT_THAT(message(where("pairs > 400")), HasSubstr("selects nothing in any preset"));
  // An override adds its values to those that are known, and takes none away.
  EXPECT_EQ(message(where("pairs == 101"), {{"pairs", "101"}}), "");
  EXPECT_EQ(message(where("pairs == 400"), {{"pairs", "101,102"}}), "");
  EXPECT_THAT(message(where("pairs == 400"), {{"degree", "1,3,4"}, {"horizon", "4"}}), "");
}

// Of texts as of numbers: narrowing the axis leaves a claim without cells, which is no mistake; a typo is
// one.
TEST(KnownValues, OfTextAxesToo) {
  const std::string text = edited("degree = [1, 3]", "reference = [\"uniform\", \"random\"]");
  const std::string claimed = [&] {
    std::string out = text;
    for (const char* degree : {"where degree == 3", "where degree == 1"})
      out.replace(out.find(degree), std::string(degree).size(), "where reference == 'random'");
    return out;
  }();
  EXPECT_EQ(message(claimed), "");
  EXPECT_EQ(message(claimed, {{"reference", "uniform"}}), "");
  std::string typo = claimed;
  typo.replace(typo.find("'random'"), 8, "'randm'");
  for (const std::vector<Argument>& arguments : {std::vector<Argument>{}, {{"reference", "uniform"}}})
    EXPECT_THAT(message(typo, arguments), HasSubstr("did you mean 'random'"));
}

TEST(KnownValues, AreStoredWhereClaimsSpeakOfThem) {
  EXPECT_THAT(configuration_text(small_study()), Not(HasSubstr("known"))) << "no claim speaks of pairs";
  const std::string text = edited("where degree == 1", "where degree == 1 and pairs >= 200");
  const std::string stored = configuration_text(read(text));
  EXPECT_THAT(stored, HasSubstr("\n[verdicts.known]\n\"pairs\" = [100, 200, 400]\n"));
  const Study again = parse_study("small", stored, "stored", "", {});
  EXPECT_EQ(configuration_text(again), stored);
  EXPECT_NO_THROW(check_study(again, {}));
  EXPECT_THAT(message(stored + "\n[verdicts.known.no]\n", {}, ""), Not(IsEmpty()));
  std::string wrong = stored;
  wrong.replace(wrong.find("\"pairs\" = [100"), 7, "\"piars\"");
  EXPECT_THAT(message(wrong, {}, ""), HasSubstr("did you mean 'pairs'"));
}

// --- arms of one recipe

const std::string kTwins = edited("[axes]",
                                  "[[arms]]\nname = \"twin\"\nalgorithm = \"dpo\"\n"
                                  "policy = { class = \"tabular\" }\n"
                                  "penalty = { kind = \"reference-kl\", lambda = 4 }\n"
                                  "options = { beta_factor = 1.0 }\n[axes]");

TEST(SameArms, AreToldAfterDefaults) {
  EXPECT_THAT(same_arms(small_study()), ElementsAre(0, 1));
  EXPECT_THAT(same_arms(read(kTwins)), ElementsAre(0, 1, 1));
  EXPECT_THAT(same_arms(read(kTwins, {{"arms.twin.options.beta_factor", "1,2"}})), ElementsAre(0, 1, 2))
      << "at one point they differ";
}

TEST(SameArms, ClaimsOfTheirDifferenceAreRefused) {
  const auto claim = [](const std::string& formula) {
    std::string text = kTwins;
    const std::string old = "ratio(regret['dpo'], regret['rm+plan']) in (1, inf)";
    return text.replace(text.find(old), old.size(), formula);
  };
  EXPECT_THAT(
      message(claim("ratio(regret['dpo'], regret['twin']) in [1, inf)")),
      AllOf(HasSubstr("small.toml:"), HasSubstr("the claim cannot fail: the arms 'dpo' and 'twin' have one "
                                                "recipe")));
  EXPECT_THAT(message(claim("difference(regret['dpo'], regret['twin']) in (0, inf)")),
              HasSubstr("cannot hold: the arms 'dpo' and 'twin' have one recipe"));
  EXPECT_THAT(message(claim("mean(regret['dpo']) in [0, inf)")), HasSubstr("cannot fail"));
  EXPECT_EQ(message(claim("ratio(regret['twin'], regret['rm+plan']) in (1, inf)")), "");
}

}  // namespace
}  // namespace twostage
