// The command line as a user meets it: what each command prints and leaves behind. Wrong input is in
// refusals_test.cpp.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>
#include <thread>

#include "results/store/store.hpp"
#include "tests/support/small_study.hpp"

namespace twostage {
namespace {

using test::edited;
using test::Outcome;
using test::write_text;
using testing::AllOf;
using testing::AnyOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

class CommandLine : public test::SmallStudy {};

TEST_F(CommandLine, RunWritesAResultThatVerifiesReproducesAndIsJudged) {
  const Outcome ran = run_small();
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, "");
  EXPECT_THAT(ran.err, Not(HasSubstr("\r"))) << "no progress line in a pipe";
  EXPECT_TRUE(std::filesystem::exists(folder / "r.h5"));
  EXPECT_FALSE(std::filesystem::exists(folder / "r.parts")) << "batches are merged";

  const auto record = nlohmann::json::parse(test::read_text(folder / "r.run.json"));
  EXPECT_EQ(record["replicates"], 20);
  EXPECT_TRUE(record.contains("date") && record.contains("host") && record.contains("threads"));

  EXPECT_EQ(twostage({"verify", "r.h5"}).code, 0);
  EXPECT_EQ(twostage({"reproduce", "r.h5"}).code, 0);
  EXPECT_THAT(twostage({"info", "r.h5"}).out, AllOf(HasSubstr("degree"), HasSubstr("regret")));
  EXPECT_THAT(twostage({"verdicts", "r.h5"}).out,
              AllOf(HasSubstr("holds"), HasSubstr("equal-at-full-degree")));
  const auto verdicts = nlohmann::json::parse(twostage({"verdicts", "r.h5", "--json"}).out);
  EXPECT_EQ(verdicts["verdicts"][0]["outcome"], "holds");

  const Outcome again = run_small();
  EXPECT_EQ(again.code, 0);
  EXPECT_THAT(again.err, HasSubstr("already complete"));
}

TEST_F(CommandLine, TheFileHoldsNoDateHostOrThreadCount) {
  ASSERT_EQ(run_small({"--threads", "1"}).code, 0);
  const std::string first = test::read_text(folder / "r.h5");
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));  // file formats like to store seconds
  ASSERT_EQ(run_small({"--threads", "3", "--force"}).code, 0);
  EXPECT_TRUE(first == test::read_text(folder / "r.h5")) << "equal runs are equal files";
}

TEST_F(CommandLine, ExportIsTidyCsv) {
  ASSERT_EQ(run_small().code, 0);
  const Outcome csv = twostage({"export", "r.h5", "--csv", "--variable", "regret"});
  EXPECT_EQ(csv.out.substr(0, csv.out.find('\n')), "degree,pairs,replicate,arm,regret");
  EXPECT_EQ(std::ranges::count(csv.out, '\n'), 1 + 4 * 5 * 2);
  expect_refused(twostage({"export", "r.h5", "--variable", "regert"}), "did you mean 'regret'?");
}

TEST_F(CommandLine, ListAndShowTellWhatThereIs) {
  EXPECT_THAT(
      twostage({"list"}).out,
      AllOf(HasSubstr("tokens"), HasSubstr("reference-kl"), HasSubstr("planned-dpo"),
            HasSubstr("policy-guided"), HasSubstr("regret"), HasSubstr("rlhf-linear"), HasSubstr("horizon")));
  expect_refused(twostage({"list", "wolrds"}), "did you mean 'worlds'?");
  const Outcome shown = twostage({"show", "small.toml", "beta=2"});
  EXPECT_THAT(shown.out, AllOf(HasSubstr("beta = 2.0"), HasSubstr("prompt_weights")))
      << "defaults are filled in";
}

// Worlds and data belong to the study's name, not to its file's: a copy gives the same file, as does what
// `show` prints.
TEST_F(CommandLine, ACopiedStudySeesTheSameWorlds) {
  ASSERT_EQ(run_small().code, 0);
  test::write_text(folder / "copy.toml", test::kSmallStudy);
  ASSERT_EQ(twostage({"run", "copy.toml", "--preset", "smoke", "--out", "copy.h5"}).code, 0);
  EXPECT_TRUE(test::read_text(folder / "copy.h5") == test::read_text(folder / "r.h5"));
  test::write_text(folder / "shown.toml", twostage({"show", "small.toml", "--preset", "smoke"}).out);
  ASSERT_EQ(twostage({"run", "shown.toml", "--out", "shown.h5"}).code, 0);
  EXPECT_TRUE(test::read_text(folder / "shown.h5") == test::read_text(folder / "r.h5"));
  EXPECT_EQ(twostage({"verdicts", "copy.h5"}).out, twostage({"verdicts", "r.h5"}).out);
}

TEST_F(CommandLine, DryRunEstimatesAndRunsNothing) {
  const Outcome dry = run_small({"--dry-run"});
  EXPECT_EQ(dry.code, 0);
  EXPECT_THAT(dry.out,
              AllOf(HasSubstr("20 replicates = 4 points x 5"), HasSubstr("time"), HasSubstr("memory")));
  EXPECT_FALSE(std::filesystem::exists(folder / "r.h5"));
}

TEST_F(CommandLine, ExplainWalksOneReplicateAndStoresIt) {
  const Outcome told =
      twostage({"explain", "small.toml", "pairs=20", "degree=3", "--details", "--save", "cell.h5"});
  ASSERT_EQ(told.code, 0) << told.err;
  EXPECT_THAT(told.out, AllOf(HasSubstr("1. The world"), HasSubstr("2. The data"), HasSubstr("Arm dpo"),
                              HasSubstr("regret")));
  const Dataset cell = read_dataset(folder / "cell.h5");
  for (const char* name : {"edge_successor", "edge_source", "edge_action", "log_reference", "true_reward",
                           "rho", "beta", "chosen", "rejected", "penalty", "objective", "theta:dpo",
                           "edge_reward", "log_policy", "regret", "policy_gap", "log_first", "log_second"})
    EXPECT_TRUE(cell.has_variable(name)) << name;

  // The stored cell is the cell of the run.
  ASSERT_EQ(run_small().code, 0);
  const Dataset result = read_dataset(folder / "r.h5");
  const auto& all = std::get<std::vector<double>>(result.variable("regret").data);
  const auto& one = std::get<std::vector<double>>(cell.variable("regret").data);
  EXPECT_EQ(one[0], all[2 * 5 * 2]);  // point 2 (degree 3, pairs 20), replicate 0, arms in order
  EXPECT_EQ(one[1], all[2 * 5 * 2 + 1]);
}

// Without details: the world, the data, one line an arm, and who won why.
TEST_F(CommandLine, ExplainConcludes) {
  const Outcome told = twostage({"explain", "small.toml", "pairs=200", "degree=1", "--replicate", "1"});
  ASSERT_EQ(told.code, 0) << told.err;
  EXPECT_THAT(told.out,
              AllOf(HasSubstr("World"), HasSubstr("200 pairs drawn by sampler reference"),
                    ContainsRegex("\nrm\\+plan +reward degree +3 "),
                    ContainsRegex("\ndpo +policy tabular +7 "), HasSubstr(" wins"), HasSubstr("--details")));
  EXPECT_THAT(told.out, Not(HasSubstr("1. The world")));
  EXPECT_LE(std::ranges::count(told.out, '\n'), 24);
  const Outcome equal = twostage({"explain", "small.toml", "pairs=200", "degree=3"});
  EXPECT_THAT(equal.out, HasSubstr("Nobody wins: rm+plan and dpo return one policy"));
}

TEST_F(CommandLine, ExplainTellsAndStoresTheSampler) {
  EXPECT_THAT(twostage({"explain", "small.toml", "pairs=20", "degree=1", "--details"}).out,
              HasSubstr("(sampler: reference)"));
  const Outcome told =
      twostage({"explain", "small.toml", "pairs=20", "degree=1", "sampler.kind=policy-guided",
                "sampler.tilt=2", "--details", "--save", "cell.h5"});
  EXPECT_THAT(told.out, HasSubstr("(sampler: policy-guided (tilt = 2))"));
  const Dataset cell = read_dataset(folder / "cell.h5");
  EXPECT_NE(std::get<std::vector<double>>(cell.variable("log_first").data),
            std::get<std::vector<double>>(cell.variable("log_second").data));
}

// Only the knobs in force: the strength as given, or the rule that found it.
TEST_F(CommandLine, ExplainTellsThePenaltyInForce) {
  const Outcome given = twostage({"explain", "small.toml", "pairs=20", "degree=1", "--details"});
  EXPECT_THAT(given.out, AllOf(HasSubstr("penalty: reference-kl (lambda = 4)\n"), Not(HasSubstr("fold"))));
  const Outcome tuned = twostage({"explain", "small.toml", "pairs=20", "degree=1", "penalty.tune=true",
                                  "penalty.grid=[1, 2]", "--details"});
  EXPECT_THAT(tuned.out, HasSubstr("of [1, 2] by the 5-fold loss of held-out\n   pairs"));
}

// A billion pairs do not fit into 2 GB of address space, whatever --memory promises: that cell fails, the
// others do not.
TEST_F(CommandLine, AFailedCellIsMarkedAndTheExitCodeSaysSo) {
  if (test::kSanitized) GTEST_SKIP() << "sanitizers need the address space";
  const std::vector<std::string> cells = {
      "pairs=[20, 1000000000]", "degree=1", "--threads", "1", "--memory", "9000G"};
  const Outcome ran = run_small(cells, "ulimit -v 2000000;");
  EXPECT_EQ(ran.code, 1) << ran.err;
  EXPECT_THAT(ran.err, AllOf(HasSubstr("pairs = 1000000000"), HasSubstr("failed")));
  const Dataset data = read_dataset(folder / "r.h5");
  const auto& status = std::get<std::vector<std::uint8_t>>(data.variable("status").data);
  EXPECT_EQ(std::ranges::count(status, 0), 5 * 2);
  EXPECT_EQ(std::ranges::count(status, 3), 5 * 2);
  EXPECT_FALSE(nlohmann::json::parse(test::read_text(folder / "r.run.json"))["warnings"].empty());
  EXPECT_EQ(run_small(cells).code, 1) << "also when all is done already";
}

TEST_F(CommandLine, FailFastEndsTheRunAndKeepsFinishedWork) {
  if (test::kSanitized) GTEST_SKIP() << "sanitizers need the address space";
  const std::vector<std::string> cells = {
      "pairs=[20, 1000000000]", "degree=1", "--threads", "1", "--memory", "9000G", "--fail-fast"};
  const Outcome ran = run_small(cells, "ulimit -v 2000000;");
  EXPECT_EQ(ran.code, 1) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("pairs = 1000000000"));
  EXPECT_FALSE(std::filesystem::exists(folder / "r.h5"));
  EXPECT_TRUE(std::filesystem::exists(folder / "r.parts"));
}

TEST_F(CommandLine, PredictSaysWhoWinsWithoutRunning) {
  const Outcome said =
      twostage({"predict", "horizon", "horizon=1,3", "pairs=1600", "--worlds", "3"}, "COLUMNS=200");
  EXPECT_EQ(said.code, 0) << said.err;
  EXPECT_THAT(said.out, HasSubstr("rm+plan = dense-rm+plan = dpo = planned-dpo"));  // one class at H = 1
  EXPECT_THAT(said.out, HasSubstr("rm+plan beats dense-rm+plan at every n"));
  EXPECT_THAT(said.out, HasSubstr("2nd order"));
  EXPECT_FALSE(std::filesystem::exists(folder / "results"));
  // With a uniform reference of 3 actions every path of two steps has 1/9.
  const Outcome worth =
      twostage({"predict", "horizon", "horizon=2", "pairs=1600", "--worlds", "1", "--sampler"});
  EXPECT_EQ(worth.code, 0) << worth.err;
  EXPECT_THAT(worth.out, HasSubstr("coverage of every policy 9, of pi* "));
  EXPECT_THAT(worth.out, HasSubstr("efficiency 0."));
  expect_refused(twostage({"predict", "horizon", "horizn=3"}), "horizon");
  expect_refused(twostage({"predict", "horizon", "--regret", "-1"}), "--regret");
}

TEST_F(CommandLine, DrawingWithoutPythonOrRoomIsOneMessage) {
  ASSERT_EQ(twostage({"run", "horizon", "--preset", "smoke", "replicates=2", "--out", "h.h5"}).code, 0);
  expect_refused(twostage({"figures", "h.h5"}, "TWOSTAGE_PYTHON=/absent/python"), "(tried /absent/python");
  write_text(folder / "bare", "#!/bin/sh\nexec /usr/bin/python3 -S \"$@\"\n");  // without what is installed
  std::filesystem::permissions(folder / "bare", std::filesystem::perms::owner_all);
  expect_refused(twostage({"figures", "h.h5"}, "TWOSTAGE_PYTHON=./bare"),
                 "no Python has the modules matplotlib, ");
  if (test::run(folder.path(), "/usr/bin/python3", {"-c", "import matplotlib, xarray, h5py"}).code == 0) {
    // What a library that is missing does to a package: it is found, and cannot be imported.
    write_text(folder / "broken/h5py.py",
               "raise ImportError('libhdf5.so: cannot open shared object file')\n");
    write_text(folder / "broken/python",
               "#!/bin/sh\nshift\nPYTHONPATH=broken exec /usr/bin/python3 \"$@\"\n");
    std::filesystem::permissions(folder / "broken/python", std::filesystem::perms::owner_all);
    const Outcome broken = twostage({"figures", "h.h5"}, "TWOSTAGE_PYTHON=broken/python");
    EXPECT_EQ(broken.code, 2);
    EXPECT_THAT(broken.err,
                HasSubstr("cannot import what it has: libhdf5.so: cannot open shared object file"));
    EXPECT_THAT(broken.err, Not(HasSubstr("Traceback")));
  }
  write_text(folder / "h.figures", "a file where the folder of figures would be");
  const Outcome blocked = twostage({"figures", "h.h5"});
  EXPECT_EQ(blocked.code, 2);
  EXPECT_THAT(blocked.err, Not(HasSubstr("Traceback")));
  EXPECT_THAT(blocked.err, AnyOf(HasSubstr("h.figures: cannot write"), HasSubstr("no Python")));
}

TEST_F(CommandLine, WhatCannotBePrintedIsAnError) {
  ASSERT_EQ(run_small().code, 0);
  for (const std::vector<std::string>& command : {std::vector<std::string>{"list"},
                                                  {"show", "small.toml"},
                                                  {"verdicts", "r.h5"},
                                                  {"verify", "r.h5"},
                                                  {"export", "r.h5"},
                                                  {"explain", "small.toml"},
                                                  {"--help"}}) {
    std::string line = "exec '" TWOSTAGE_PROGRAM "'";
    for (const std::string& word : command) line += " " + word;
    const Outcome full = test::run(folder.path(), "/bin/sh", {"-c", line + " >/dev/full"});
    expect_refused(full, "standard output");
  }
  // A reader that has seen enough ends the program without a word.
  const Outcome piped =
      test::run(folder.path(), "/bin/sh", {"-c", "'" TWOSTAGE_PROGRAM "' list | head -n 1"});
  EXPECT_THAT(piped.out, HasSubstr("worlds"));
  EXPECT_EQ(piped.err, "");
}

// What the READMEs of the studies say to try next can be typed as it stands.
TEST_F(CommandLine, WhatStudiesSuggestIsValid) {
  int commands = 0;
  for (const auto& study : std::filesystem::directory_iterator(std::filesystem::path(TWOSTAGE_SOURCE_DIR) /
                                                               "experiments/studies")) {
    const std::string text = test::read_text(study.path() / "README.md");
    const std::regex command("`twostage (?:run|explain)\\s+([^`]*)`");
    for (std::sregex_iterator it(text.begin(), text.end(), command), end; it != end; ++it) {
      std::istringstream words((*it)[1].str());
      std::vector<std::string> arguments = {"show"};
      for (std::string word; words >> word;) arguments.push_back(word);
      const Outcome shown = twostage(arguments);
      EXPECT_EQ(shown.code, 0) << it->str() << "\n" << shown.err;
      ++commands;
    }
  }
  EXPECT_GE(commands, 4);
}

TEST_F(CommandLine, VariantsAreAnAxisOfNames) {
  write_text(folder / "cells.toml",
             "[[variants]]\nname = \"as-is\"\n[[variants]]\nname = \"walk\"\nworld = { family = \"walk\", "
             "truth = \"terminal\", horizon = 2 }\narms.\"rm+plan\".reward.class = \"terminal\"\n");
  std::string text = edited("degree = [1, 3]\n", "");
  text = text.substr(0, text.find("[[claims]]"));
  text.insert(text.find("[[arms]]"), "variants = \"cells.toml\"\n");
  write_text(folder / "varied.toml", text);
  const std::vector<std::string> run = {"run", "varied.toml", "--preset", "smoke", "--out"};
  const auto run_to = [&](const std::string& out, std::vector<std::string> more) {
    more.insert(more.begin(), run.begin(), run.end());
    more.insert(more.begin() + static_cast<std::ptrdiff_t>(run.size()), out);
    return twostage(more);
  };
  ASSERT_EQ(run_to("r.h5", {}).code, 0);
  EXPECT_EQ(twostage({"verify", "r.h5"}).code, 0);
  const Outcome again = twostage({"reproduce", "r.h5"});
  EXPECT_EQ(again.code, 0) << "the file holds the variants: " << again.err;
  const std::string csv = twostage({"export", "r.h5", "--variable", "regret"}).out;
  EXPECT_THAT(csv, AllOf(HasSubstr("variant,pairs,replicate,arm,regret\n"), HasSubstr("\nwalk,40,4,dpo,")));

  // A variant that runs alone has the numbers it has among the others.
  ASSERT_EQ(run_to("w.h5", {"variant=walk"}).code, 0);
  const auto regret = [&](const char* file) {
    const Dataset data = read_dataset(folder / file);
    return std::get<std::vector<double>>(data.variable("regret").data);
  };
  const auto whole = regret("r.h5"), part = regret("w.h5");
  EXPECT_TRUE(std::equal(part.begin(), part.end(), whole.end() - static_cast<std::ptrdiff_t>(part.size())));
  expect_refused(run_to("x.h5", {"variant=wlak"}), "did you mean 'walk'?");
  expect_refused(run_to("x.h5", {"degree=1"}), "variant 'walk': unknown key 'degree'");
}

TEST_F(CommandLine, StrictMakesARefutedClaimAnError) {
  write_text(folder / "small.toml", edited("< 1e-8 where", "> 1e-8 where"));
  ASSERT_EQ(run_small().code, 0);
  EXPECT_EQ(twostage({"verdicts", "r.h5"}).code, 0) << "a refuted claim is a finding";
  EXPECT_EQ(twostage({"verdicts", "r.h5", "--strict"}).code, 1);
}

TEST_F(CommandLine, ShardsMergeToTheFileOfOneRun) {
  ASSERT_EQ(run_small().code, 0);
  for (int k = 1; k <= 3; ++k)
    ASSERT_EQ(twostage({"run", "small.toml", "--preset", "smoke", "--shard", fmt::format("{}/3", k), "--out",
                        fmt::format("s{}.h5", k)})
                  .code,
              0);
  expect_refused(twostage({"merge", "s1.h5", "s3.h5", "--out", "m.h5"}), "a shard is missing");
  expect_refused(twostage({"merge", "s1.h5", "s1.h5", "--out", "m.h5"}), "is given twice");
  ASSERT_EQ(twostage({"merge", "s3.h5", "s1.h5", "s2.h5", "--out", "m.h5"}).code, 0);
  EXPECT_TRUE(test::read_text(folder / "m.h5") == test::read_text(folder / "r.h5")) << "equal bytes";
  expect_refused(twostage({"merge", "s3.h5", "s1.h5", "s2.h5", "--out", "m.h5"}), "--force");
}

TEST_F(CommandLine, AShardIsNotTakenForTheWhole) {
  ASSERT_EQ(run_small({"--shard", "1/2"}).code, 0);
  EXPECT_EQ(run_small({"--shard", "1/2"}).code, 0);
  expect_refused(run_small(), "merge");
  expect_refused(run_small({"--shard", "2/2"}), "merge");
  expect_refused(twostage({"reproduce", "r.h5"}), "merge");
  EXPECT_THAT(twostage({"verify", "r.h5"}).out, HasSubstr("a part"));
}

TEST_F(CommandLine, ASecondRunIntoTheSamePlaceIsRefused) {
  // The first run works for minutes unless it is stopped.
  const std::string program = "'" TWOSTAGE_PROGRAM "' run small.toml --preset smoke --out r.h5";
  const Outcome both = test::run(
      folder.path(), "/bin/sh",
      {"-c",
       program +
           " replicates=20000 2>first & while [ ! -e r.parts/configuration.toml ]; do sleep 0.05; done; " +
           program + " replicates=20000; code=$?; kill -INT $!; wait $!; exit $code"});
  expect_refused(both, "another run is at work");
  EXPECT_THAT(test::read_text(folder / "first"), HasSubstr("interrupted"));
}

TEST_F(CommandLine, AnInterruptKeepsFinishedWorkAndSaysHowToResume) {
  // 20 000 replicates would take minutes; the signal comes once some are on the disk.
  const Outcome stopped = test::run(
      folder.path(), "/bin/sh",
      {"-c", "'" TWOSTAGE_PROGRAM "' run small.toml --preset smoke --out r.h5 replicates=20000 & run=$!\n"
             "until ls r.parts 2>/dev/null | grep -q batch; do sleep 0.02; done\n"
             "kill -TERM $run; wait $run"});
  EXPECT_EQ(stopped.code, 75) << stopped.err;  // EX_TEMPFAIL: try again
  EXPECT_THAT(stopped.err, HasSubstr("resumes"));
  EXPECT_TRUE(std::filesystem::exists(folder / "r.parts"));
  EXPECT_FALSE(std::filesystem::exists(folder / "r.h5"));
}

TEST_F(CommandLine, AnInterruptDoesNotWaitForALongBatch) {
  // One batch of minutes a point. Were it waited for, a signal that cannot be caught would come after another
  // ten seconds and the code be 137.
  const Outcome stopped =
      test::run(folder.path(), "/usr/bin/timeout",
                {"--preserve-status", "-s", "INT", "-k", "10", "1", TWOSTAGE_PROGRAM, "run", "small.toml",
                 "--preset", "smoke", "--out", "r.h5", "replicates=200000", "batch=200000", "pairs=4000"});
  EXPECT_EQ(stopped.code, 130) << stopped.err;
}

}  // namespace
}  // namespace twostage
