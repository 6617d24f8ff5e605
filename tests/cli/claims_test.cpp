// What stands beside a verdict, on the command line: whether its claim was made before the numbers, whether
// its results are a part of the study; and claims that are refused before anything runs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "results/store/store.hpp"
#include "tests/support/small_study.hpp"

namespace twostage {
namespace {

using test::Outcome;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Claims : public test::SmallStudy {
 protected:
  // The study with its claim on regrets raised from 1 to 1.5.
  void change_claim() {
    test::write_text(folder / "small.toml", test::edited("in (1, inf)", "in (1.5, inf)"));
  }

  nlohmann::json verdicts(const std::string& file) {
    const Outcome outcome = twostage({"verdicts", file, "--json"});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return nlohmann::json::parse(outcome.out);
  }
  // The first claim stood before the numbers; the second was changed afterwards: in JSON and in the table.
  void expect_second_post_hoc(const std::string& file) {
    const auto json = verdicts(file);
    EXPECT_TRUE(json["verdicts"][0]["post_hoc"].is_null());
    EXPECT_EQ(json["verdicts"][1]["post_hoc"], "its formula changed since the run began");
    EXPECT_THAT(twostage({"verdicts", file}).out,
                AllOf(HasSubstr("\nholds"), HasSubstr(", post hoc  ratio"),
                      HasSubstr("post hoc: its formula changed since the run began")));
  }
  std::string record(const std::string& file) {
    const Dataset data = read_dataset(folder / file);
    return std::get<std::vector<std::string>>(data.variable("claims").data).at(0);
  }
  Outcome shard(const std::string& k, const std::string& out) {
    return twostage({"run", "small.toml", "--preset", "smoke", "--shard", k, "--out", out});
  }
};

TEST_F(Claims, OfAFreshRunStoodBeforeTheNumbers) {
  ASSERT_EQ(run_small().code, 0);
  const auto all = verdicts("r.h5");
  for (const auto& verdict : all["verdicts"]) EXPECT_TRUE(verdict["post_hoc"].is_null());
  EXPECT_THAT(twostage({"verdicts", "r.h5"}).out, Not(HasSubstr("post hoc")));
  EXPECT_THAT(record("r.h5"), AllOf(HasSubstr("alpha = 0.01"), HasSubstr("in (1, inf)")));
  EXPECT_THAT(twostage({"info", "r.h5"}).out, HasSubstr("claims_hash"));
}

TEST_F(Claims, ChangedOnACompleteFileArePostHoc) {
  ASSERT_EQ(run_small().code, 0);
  const std::string before = record("r.h5");
  change_claim();
  EXPECT_THAT(run_small().err, HasSubstr("wrote the new titles and claims; post hoc: 1 of 2 claims"));
  expect_second_post_hoc("r.h5");
  EXPECT_EQ(record("r.h5"), before) << "the record survives";
  EXPECT_EQ(twostage({"verify", "r.h5"}).code, 0);
  EXPECT_THAT(twostage({"reproduce", "r.h5"}).out, HasSubstr("r.h5: reproduced"));
  // Taken back, the claim is what it was.
  test::write_text(folder / "small.toml", test::kSmallStudy);
  ASSERT_EQ(run_small().code, 0);
  EXPECT_TRUE(verdicts("r.h5")["verdicts"][1]["post_hoc"].is_null());
}

TEST_F(Claims, ANewStatementIsAnotherClaimAndAnExplanationIsNot) {
  ASSERT_EQ(run_small().code, 0);
  test::write_text(folder / "small.toml",
                   test::edited("statement = \"DPO's regret is larger.\"",
                                "statement = \"DPO's regret is larger.\"\nexplanation = \"So it is.\""));
  ASSERT_EQ(run_small().code, 0);
  EXPECT_TRUE(verdicts("r.h5")["verdicts"][1]["post_hoc"].is_null());
  test::write_text(folder / "small.toml", test::edited("DPO's regret is larger.", "DPO loses."));
  ASSERT_EQ(run_small().code, 0);
  EXPECT_EQ(verdicts("r.h5")["verdicts"][1]["post_hoc"], "its statement changed since the run began");
}

TEST_F(Claims, ChangedWhileARunWasInterruptedArePostHoc) {
  EXPECT_EQ(run_small({"--die-after", "2", "--threads", "1"}).code, 128 + SIGKILL);
  change_claim();
  const Outcome resumed = run_small();
  ASSERT_EQ(resumed.code, 0);
  EXPECT_THAT(resumed.err, HasSubstr("resuming"));
  expect_second_post_hoc("r.h5");
}

// More replicates from the batches that are there.
TEST_F(Claims, ChangedBeforeReplicatesWereRaisedArePostHoc) {
  EXPECT_EQ(run_small({"--die-after", "4", "--threads", "1"}).code, 128 + SIGKILL);
  change_claim();
  const Outcome raised = run_small({"replicates=6"});
  ASSERT_EQ(raised.code, 0) << raised.err;
  EXPECT_THAT(raised.err, HasSubstr("resuming"));
  expect_second_post_hoc("r.h5");
}

TEST_F(Claims, ChangedBetweenShardsArePostHocOnceMerged) {
  ASSERT_EQ(shard("1/2", "a.h5").code, 0);
  change_claim();
  ASSERT_EQ(shard("2/2", "b.h5").code, 0);
  expect_refused(twostage({"merge", "a.h5", "b.h5", "--out", "m.h5"}), "claims.ratio.interval");
  ASSERT_EQ(shard("1/2", "a.h5").code, 0);  // the new claims on the old numbers
  for (const std::vector<std::string>& files : {std::vector<std::string>{"a.h5", "b.h5"}, {"b.h5", "a.h5"}}) {
    const Outcome merged = twostage({"merge", files[0], files[1], "--out", "m.h5", "--force"});
    ASSERT_EQ(merged.code, 0) << merged.err;
    const auto json = verdicts("m.h5");
    EXPECT_TRUE(json["verdicts"][0]["post_hoc"].is_null());
    EXPECT_EQ(json["verdicts"][1]["post_hoc"], "not among the claims that the run began with");
    EXPECT_THAT(twostage({"reproduce", "m.h5"}).out, HasSubstr("m.h5: reproduced"));
  }
}

TEST_F(Claims, StartingOverIsANewRecord) {
  ASSERT_EQ(run_small().code, 0);
  change_claim();
  ASSERT_EQ(run_small({"--force"}).code, 0);
  EXPECT_TRUE(verdicts("r.h5")["verdicts"][1]["post_hoc"].is_null());
}

TEST_F(Claims, ARecordThatWasChangedIsFound) {
  ASSERT_EQ(run_small().code, 0);
  Dataset data = read_dataset(folder / "r.h5");
  for (Variable& variable : data.variables)
    if (variable.name == "claims") {
      auto& text = std::get<std::vector<std::string>>(variable.data).at(0);
      text.replace(text.find("in (1, inf)"), 11, "in (2, inf)");
    }
  write_dataset(folder / "forged.h5", data);
  for (const char* command : {"verify", "verdicts", "reproduce"})
    expect_refused(twostage({command, "forged.h5"}), "its record of claims does not match its claims_hash");
}

// A file without a record says nothing about when its claims were made.
TEST_F(Claims, WithoutARecordAllArePostHoc) {
  ASSERT_EQ(run_small().code, 0);
  Dataset data = read_dataset(folder / "r.h5");
  std::erase_if(data.variables, [](const Variable& variable) { return variable.name == "claims"; });
  write_dataset(folder / "old.h5", data);
  const auto all = verdicts("old.h5");
  for (const auto& verdict : all["verdicts"]) EXPECT_FALSE(verdict["post_hoc"].is_null());
}

// Five replicates in batches of two, at four points: shard 1 of 2 has batches 0 and 2 at two points and batch
// 1 at the others, 3 + 2 + 3 + 2 replicates of 20.
TEST_F(Claims, VerdictsOfAShardSayThatItIsAPart) {
  ASSERT_EQ(shard("1/2", "a.h5").code, 0);
  const std::string part = "10 of 20 replicates, at 4 of 4 points";
  EXPECT_EQ(verdicts("a.h5")["part"], part);
  EXPECT_THAT(twostage({"verdicts", "a.h5"}).out, HasSubstr("\nfrom a part of the results: " + part + "\n"));
  ASSERT_EQ(run_small().code, 0);
  EXPECT_TRUE(verdicts("r.h5")["part"].is_null());
  EXPECT_THAT(twostage({"verdicts", "r.h5"}).out, Not(HasSubstr("part of the results")));
}

// Both marks reach the page.
TEST_F(Claims, TheReportSaysWhatIsPostHocAndAPart) {
  const std::filesystem::path home = folder / "results/out/horizon";
  ASSERT_EQ(twostage({"run", "horizon", "--preset", "smoke", "--shard", "1/2", "--out",
                      (home / "smoke.h5").string()})
                .code,
            0);
  Dataset data = read_dataset(home / "smoke.h5");
  std::erase_if(data.variables, [](const Variable& variable) { return variable.name == "claims"; });
  write_dataset(home / "smoke.h5", data);
  const Outcome reported = twostage({"report", "--preset", "smoke", "--out", "page"});
  if (reported.code == 2 && reported.err.find("no Python") != std::string::npos) GTEST_SKIP() << reported.err;
  ASSERT_EQ(reported.code, 0) << reported.err;
  EXPECT_THAT(test::read_text(folder / "page/index.html"),
              AllOf(HasSubstr("Verdicts from a part of the results: "),
                    HasSubstr("Post hoc: not among the claims that the run began with.")));
}

TEST_F(Claims, ThatNoDataCanChangeAreRefusedAtTheirPlace) {
  const auto claim = [&](const std::string& from, const std::string& to) {
    test::write_text(folder / "bad.toml", test::edited(from, to));
    return twostage({"run", "bad.toml", "--preset", "smoke"});
  };
  const std::string ratio = "ratio(regret['dpo'], regret['rm+plan']) in (1, inf)";
  expect_refused(claim(ratio, "proportion(regret['dpo'] < 1) in [0, 1]"), "twostage: bad.toml:30:13: ");
  expect_refused(claim(ratio, "mean(regret['dpo']) in [0, inf)"), "the claim cannot fail: by definition");
  expect_refused(claim("policy_gap['dpo', 'rm+plan'] < 1e-8", "regret['dpo'] >= 0"), "cannot fail");
  expect_refused(claim("policy_gap['dpo', 'rm+plan'] < 1e-8", "regret['dpo'] < 0"), "cannot hold");
  expect_refused(claim("where degree == 1", "where degree == 2"),
                 "the axis 'degree' has no value 2 in any preset; the nearest is 1; valid: 1, 3");
}

TEST_F(Claims, TheListOfMetricsHasTheirRanges) {
  EXPECT_THAT(twostage({"list", "metrics"}, "COLUMNS=200").out,
              AllOf(HasSubstr("regret (always, at least 0)"),
                    HasSubstr("Bradley-Terry win rate against the reference (on request, from 0 to 1)"),
                    HasSubstr("one of: no_exact_test, not_attained, flat, unique")));
}

}  // namespace
}  // namespace twostage
