// Wrong input and files in the way: for each one clear message with its place, exit code 2, and nothing
// finished lost.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <hdf5.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "results/dataset/content_hash.hpp"
#include "results/store/store.hpp"
#include "tests/support/small_study.hpp"

namespace twostage {
namespace {

using test::Outcome;
using testing::HasSubstr;
using testing::Not;

class Refusals : public test::SmallStudy {
 protected:
  Outcome explain(std::vector<std::string> more) {
    more.insert(more.begin(), {"explain", "small.toml", "pairs=20", "degree=1"});
    return twostage(more);
  }
};

TEST_F(Refusals, StudyErrorsHaveFileLineAndColumn) {
  test::write_text(folder / "bad.toml", test::edited("horizon = 3", "horison = 3"));
  const std::string where = "twostage: bad.toml:4:30: ";
  for (const char* command : {"run", "show", "explain"}) {
    const Outcome outcome = twostage({command, "bad.toml", "--preset", "smoke"});
    expect_refused(outcome, where);
    EXPECT_THAT(outcome.err, HasSubstr("did you mean 'horizon'?"));
  }
}

TEST_F(Refusals, MistakesInPresetsThatAreNotChosenAreFound) {
  test::write_text(folder / "bad.toml", test::edited("\"axes.pairs\"", "\"axes.piars\""));
  const Outcome outcome = twostage({"run", "bad.toml", "--preset", "smoke"});
  expect_refused(outcome, "twostage: bad.toml:22:1: ");
  EXPECT_THAT(outcome.err, HasSubstr("did you mean 'pairs'?"));
}

// Every registry of names: the nearest is offered at the place of the mistake.
TEST_F(Refusals, UnknownNamesOfEveryKind) {
  const auto refused = [&](const char* what, const char* with, const std::string& near) {
    test::write_text(folder / "bad.toml", test::edited(what, with));
    const Outcome outcome = twostage({"run", "bad.toml", "--preset", "smoke"});
    expect_refused(outcome, "did you mean '" + near + "'?");
    EXPECT_THAT(outcome.err, testing::MatchesRegex("twostage: bad.toml:[0-9]+:[0-9]+: .*\n"));
  };
  refused("\"tokens\"", "\"toknes\"", "tokens");
  refused("\"degree\"", "\"degre\"", "degree");
  refused("\"tabular\"", "\"tabluar\"", "tabular");
  refused("algorithm = \"dpo\"", "algorithm = \"dop\"", "dpo");
}

TEST_F(Refusals, UnknownStudyNamesTheNearest) {
  expect_refused(twostage({"run", "horzion"}), "did you mean 'horizon'?");
  expect_refused(twostage({"run", "./none.toml"}), "no such study file");
}

TEST_F(Refusals, WrongArgumentsAreRefused) {
  expect_refused(twostage({}), "--help");
  expect_refused(twostage({"rnu", "small.toml"}), "did you mean 'run'?");
  expect_refused(run_small({"--threads", "0"}), "1 to 4096");
  expect_refused(run_small({"--thraeds", "2"}), "did you mean '--threads'?");
  expect_refused(twostage({"run"}), "study is required");
  expect_refused(twostage({"explain", "small.toml", "--replicate", "-1"}), "0 to 10000000");
  expect_refused(run_small({"verdicts.alpha=nan"}), "between 0 and 1");
  expect_refused(run_small({"beta=1,1.0"}), "twice");
  expect_refused(twostage({"figures", "absent.h5"}), "no such file");
  expect_refused(twostage({"report", "--preset", "smoke"}), "no results");
  expect_refused(run_small({"pairs"}), "key=value");
  expect_refused(run_small({"piars=3"}), "did you mean 'pairs'?");
  expect_refused(run_small({"--shard", "4/3"}), "k/n");
  expect_refused(run_small({"--memory", "lots"}), "4G");
  EXPECT_EQ(twostage({"--help"}).code, 0);
  EXPECT_EQ(twostage({"--version"}).code, 0);
}

TEST_F(Refusals, ADegreeAboveTheHorizonIsFoundBeforeAnythingRuns) {
  const Outcome outcome = run_small({"degree=1,2,9"});
  expect_refused(outcome, "degree");
  EXPECT_FALSE(std::filesystem::exists(folder / "r.parts"));
}

// Of address space: allocating first would end in bad_alloc, not in the message. Sanitizers need it all.
const std::string kTwoGigabytes = test::kSanitized ? "" : "ulimit -v 2000000;";

TEST_F(Refusals, AWorldTooLargeSaysItsSizeBeforeAllocating) {
  const Outcome outcome = run_small({"horizon=20", "--memory", "10M"}, kTwoGigabytes);
  expect_refused(outcome, "world 'tokens' is too large: it needs ");
  EXPECT_THAT(outcome.err, HasSubstr(" GB; lower horizon, alphabet or prompts"));
}

TEST_F(Refusals, DataTooLargeSayTheirSizeBeforeAllocating) {
  expect_refused(run_small({"pairs=1000000000"}, kTwoGigabytes), "1000000000 pairs need");
}

TEST_F(Refusals, DamagedAndForeignFilesAreRefused) {
  ASSERT_EQ(run_small().code, 0);
  const std::string bytes = test::read_text(folder / "r.h5");
  test::write_text(folder / "cut.h5", bytes.substr(0, bytes.size() / 2));
  test::write_text(folder / "text.h5", "not HDF5 at all\n");
  std::string flipped = bytes;
  flipped[flipped.size() / 2] = static_cast<char>(flipped[flipped.size() / 2] ^ 1);
  test::write_text(folder / "flipped.h5", flipped);
  for (const char* file : {"cut.h5", "text.h5", "flipped.h5", "absent.h5"})
    for (const char* command : {"verify", "info", "verdicts", "export", "reproduce"})
      expect_refused(twostage({command, file}), file);
  write_dataset(folder / "empty.h5", Dataset{});
  expect_refused(twostage({"verdicts", "empty.h5"}), "no result of a study");
  // Of another program.
  const hid_t file = H5Fcreate((folder / "foreign.h5").c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  ASSERT_GE(file, 0);
  H5Fclose(file);
  for (const char* command : {"verify", "info", "verdicts", "export", "reproduce", "figures"})
    expect_refused(twostage({command, "foreign.h5"}), "foreign.h5");
  expect_refused(twostage({"merge", "foreign.h5", "--out", "m.h5"}), "foreign.h5");
}

TEST_F(Refusals, AnotherConfigurationIsRefusedAndNothingOverwritten) {
  ASSERT_EQ(run_small().code, 0);
  const std::string before = test::read_text(folder / "r.h5");
  const Outcome refused = run_small({"beta=2"});
  expect_refused(refused, "world.beta is 1 there and 2 here");
  EXPECT_THAT(refused.err, HasSubstr("--force"));
  EXPECT_TRUE(test::read_text(folder / "r.h5") == before) << "overwritten";
  EXPECT_EQ(run_small({"beta=2", "--force"}).code, 0);
  EXPECT_FALSE(test::read_text(folder / "r.h5") == before);
}

TEST_F(Refusals, UnfinishedWorkOfAnotherConfigurationIsRefused) {
  EXPECT_EQ(run_small({"--die-after", "2", "--threads", "1"}).code, 128 + SIGKILL);
  ASSERT_TRUE(std::filesystem::exists(folder / "r.parts"));
  expect_refused(run_small({"beta=2"}), "world.beta is 1 there and 2 here");
  const Outcome resumed = run_small();
  EXPECT_EQ(resumed.code, 0);
  EXPECT_THAT(resumed.err, HasSubstr("resuming"));
}

TEST_F(Refusals, NewClaimsOnFinishedCellsRunNothingAgain) {
  ASSERT_EQ(run_small().code, 0);
  const std::string hash = content_hash(read_dataset(folder / "r.h5"));
  test::write_text(folder / "small.toml", test::edited("< 1e-8 where", "< 1e-9 where"));
  const Outcome renewed = run_small();
  EXPECT_EQ(renewed.code, 0);
  EXPECT_THAT(renewed.err, HasSubstr("new titles and claims"));
  EXPECT_NE(content_hash(read_dataset(folder / "r.h5")), hash) << "the configuration is content";
  EXPECT_EQ(twostage({"verify", "r.h5"}).code, 0);
}

TEST_F(Refusals, AnUnwritableFolderIsRefused) {
  if (geteuid() == 0) {
    // Root may write anywhere; a file where a folder is needed stands in.
    test::write_text(folder / "blocked", "");
    expect_refused(twostage({"run", "small.toml", "--preset", "smoke", "--out", "blocked/r.h5"}), "blocked");
    return;
  }
  std::filesystem::create_directory(folder / "blocked");
  std::filesystem::permissions(folder / "blocked", std::filesystem::perms::owner_read);
  expect_refused(twostage({"run", "small.toml", "--preset", "smoke", "--out", "blocked/r.h5"}), "blocked");
}

TEST_F(Refusals, AFullDiskIsOneMessageAndLosesNothing) {
#ifdef TWOSTAGE_COVERAGE
  GTEST_SKIP() << "the counts of the instrumented program would not fit on that disk either";
#endif
  ASSERT_EQ(run_small().code, 0);
  const std::string before = test::read_text(folder / "r.h5");
  // A limit of 4 blocks of 512 bytes on any file stands in for a full disk.
  const Outcome full = run_small({"--force", "seed=2"}, "ulimit -f 4;");
  expect_refused(full, "r.");
  EXPECT_TRUE(test::read_text(folder / "r.h5") == before) << "overwritten";
}

TEST_F(Refusals, ExplainDoesNotSaveOverAFile) {
  test::write_text(folder / "mine.h5", "precious");
  expect_refused(explain({"--save", "mine.h5"}), "mine.h5");
  EXPECT_EQ(test::read_text(folder / "mine.h5"), "precious");
  EXPECT_EQ(explain({"--save", "cell.h5"}).code, 0);
  expect_refused(explain({"--save", "cell.h5"}), "--force");
  EXPECT_EQ(explain({"--save", "cell.h5", "--force"}).code, 0);
}

TEST_F(Refusals, ASavedReplicateIsNoResult) {
  ASSERT_EQ(explain({"--save", "cell.h5"}).code, 0);
  for (const char* command : {"verify", "verdicts", "reproduce", "figures"})
    expect_refused(twostage({command, "cell.h5"}), "is one replicate, saved by explain");
  expect_refused(twostage({"merge", "cell.h5", "--out", "m.h5"}), "is one replicate, saved by explain");
  EXPECT_EQ(twostage({"info", "cell.h5"}).code, 0);
}

TEST_F(Refusals, ValuesOfTheWrongKindAreBlamedAndNotTheClaims) {
  const Outcome text = twostage({"run", "small.toml", "pairs=abc"});
  expect_refused(text, "pairs must be an integer");
  EXPECT_THAT(text.err, Not(HasSubstr("claim")));
  expect_refused(twostage({"run", "small.toml", "pairs=20,,40"}), "a value is missing between commas");
  expect_refused(twostage({"run", "small.toml", "world.family=toknes"}), "tokens");
  expect_refused(twostage({"run", "small.toml", "arms.dpo.policy.class=tabluar"}), "tabular");
  expect_refused(run_small({"seed=99999999999999999999"}), "seed = 99999999999999999999 is out of range");
  expect_refused(twostage({"run", "small.toml", "--memory", "0.1"}), "less than 1M");
}

// Random numbers are addressed by the study's name: the same text under another name is another study.
TEST_F(Refusals, AnotherNameIsAnotherStudy) {
  test::write_text(folder / "other.toml", test::edited("name = \"small\"", "name = \"other\""));
  const auto part = [&](const char* study, const char* shard, const char* out) {
    return twostage({"run", study, "--preset", "smoke", "--shard", shard, "--out", out});
  };
  ASSERT_EQ(part("small.toml", "1/2", "a.h5").code, 0);
  ASSERT_EQ(part("other.toml", "2/2", "b.h5").code, 0);
  expect_refused(twostage({"merge", "a.h5", "b.h5", "--out", "m.h5"}), "study is small there and other here");
  ASSERT_EQ(run_small().code, 0);
  expect_refused(twostage({"run", "other.toml", "--preset", "smoke", "--out", "r.h5"}),
                 "study is small there and other here");
  EXPECT_EQ(run_small({"--force", "--die-after", "2", "--threads", "1"}).code, 128 + SIGKILL);
  std::filesystem::remove(folder / "r.h5");
  expect_refused(twostage({"run", "other.toml", "--preset", "smoke", "--out", "r.h5"}),
                 "study is small there and other here");
}

// Before files stated a name, that of the folder or of the file was taken: the refusal says which.
TEST_F(Refusals, AStudyFileStatesItsName) {
  const std::string nameless = test::edited("name = \"small\"\n", "");
  test::write_text(folder / "old.toml", nameless);
  const std::string needs = ":1:1: a study file needs 'name', by which its random numbers are addressed; ";
  for (const char* command : {"run", "show", "predict", "explain"})
    expect_refused(twostage({command, "./old.toml", "--preset", "smoke"}),
                   "old.toml" + needs + "add the line `name = \"old\"` to keep the numbers it has had");
  std::filesystem::create_directory(folder / "place");
  test::write_text(folder / "place/study.toml", nameless);
  expect_refused(twostage({"run", "place/study.toml"}), "add the line `name = \"place\"`");
  for (const char* name : {"../small", "", "-small", ".small", "sm all"}) {
    test::write_text(folder / "bad.toml",
                     test::edited("name = \"small\"", std::string("name = \"") + name + "\""));
    expect_refused(twostage({"run", "bad.toml", "--preset", "smoke"}), "bad.toml:3:8: study name '");
  }
}

TEST_F(Refusals, AStudyOfTheLibraryIsNamedAsItsFolder) {
  std::filesystem::create_directories(folder / "library/place");
  std::filesystem::create_directories(folder / "library/small");
  test::write_text(folder / "library/place/study.toml", test::kSmallStudy);
  test::write_text(folder / "library/small/study.toml", test::kSmallStudy);
  const std::string library = "TWOSTAGE_STUDIES=library";
  for (const char* study : {"place", "library/place/study.toml", "library/place"})
    expect_refused(twostage({"show", study, "--preset", "smoke"}, library),
                   "a study of the library is named as its folder, 'place', not 'small'");
  EXPECT_EQ(twostage({"show", "small", "--preset", "smoke"}, library).code, 0);
}

// It would clear away what it has no use for.
TEST_F(Refusals, AShardDoesNotTakeTheFolderOfTheWhole) {
  EXPECT_EQ(run_small({"--die-after", "3", "--threads", "1"}).code, 128 + SIGKILL);
  expect_refused(run_small({"--shard", "1/2"}), "holds finished work outside of shard 1/2");
  const Outcome resumed = run_small();
  EXPECT_EQ(resumed.code, 0);
  EXPECT_THAT(resumed.err, HasSubstr("resuming"));
  EXPECT_EQ(run_small({"--force", "--shard", "1/2", "--die-after", "1", "--threads", "1"}).code,
            128 + SIGKILL);
  std::filesystem::remove(folder / "r.h5");
  EXPECT_EQ(run_small({"--shard", "1/2"}).code, 0);
}

TEST_F(Refusals, AKeyIsSetOnceInOnePlace) {
  test::write_text(folder / "bad.toml",
                   test::edited("degree = [1, 3]", "degree = [1]\n\"world.degree\" = [3]"));
  expect_refused(twostage({"run", "bad.toml"}),
                 "bad.toml:17:1: 'axes.world.degree' is set twice, as "
                 "'axes.degree' too");
  expect_refused(run_small({"degree=1", "world.degree=2"}), "'world.degree' is set twice, as 'degree' too");
  expect_refused(run_small({"pairs=20", "pairs=40"}), "'pairs' is set twice");
  EXPECT_EQ(run_small({"degree=1", "pairs=20", "horizon=2"}).code, 0);  // what the file sets may be set again
}

TEST_F(Refusals, TheOrderOfOverridesIsNothing) {
  for (const auto& [first, second] : {std::pair{"penalty.lambda=1", "penalty.kind=none"},
                                      std::pair{"penalty.kind=none", "penalty.lambda=1"}})
    expect_refused(run_small({first, second}), "penalty.lambda");
  test::write_text(folder / "bad.toml", test::edited("[axes]",
                                                     "[axes]\n\"penalty.lambda\" = [1.0, 2.0]\n"
                                                     "\"penalty.kind\" = [\"none\"]"));
  expect_refused(twostage({"run", "bad.toml", "--preset", "smoke", "--out", "b.h5"}), "penalty 'none'");
}

TEST_F(Refusals, CodesOfNamedValuesAreNoNumbers) {
  const auto claims = [&](const std::string& formula) {
    test::write_text(folder / "bad.toml", test::edited("policy_gap['dpo', 'rm+plan'] < 1e-8", formula));
    return twostage({"run", "bad.toml", "--preset", "smoke"});
  };
  expect_refused(claims("existence['dpo'] > 1"), "'existence' has named values, no numbers");
  expect_refused(claims("existence['dpo'] + 1 == 2"), "'existence' has named values, no numbers");
  EXPECT_EQ(claims("existence['dpo'] != 'not_attained'").code, 0);
  test::write_text(folder / "bad.toml",
                   test::edited("ratio(regret['dpo'], regret['rm+plan'])", "mean(existence['dpo'])"));
  expect_refused(twostage({"run", "bad.toml", "--preset", "smoke"}),
                 "'existence' has named values, no numbers");
}

TEST_F(Refusals, ArgumentsWithoutSense) {
  expect_refused(run_small({"keep=kappa,kappa"}), "metric 'kappa' is named twice");
  expect_refused(run_small({"--out", ""}), "the path is empty");
  expect_refused(explain({"--save", ""}), "the path is empty");
  expect_refused(explain({"--save", "none/c.h5"}), "its folder does not exist");
  expect_refused(explain({"--replicate", "20"}), "the study has 0 to 19");
  for (const char* regret : {"0", "-1", "nan", "inf", "1x"})
    expect_refused(twostage({"predict", "small.toml", "--regret", regret}), "is no number above 0");
  test::write_text(folder / "precise.toml",
                   test::edited("[replicates]",
                                "[precision]\nof = [\"mean(regret['dpo'])\"]\nrelative = 0.1\ncap = "
                                "40\n[replicates]"));
  expect_refused(twostage({"run", "precise.toml", "replicates=1"}), "'replicates=1': ");
  for (const char* quoted : {"smoke = \"5\"", "smoke = \"five\""}) {
    test::write_text(folder / "bad.toml", test::edited("smoke = 5", quoted));
    expect_refused(twostage({"run", "bad.toml", "--preset", "smoke"}), "must be an integer, not a text");
  }
}

// A finished batch that was damaged is run again; what it held is the same afterwards.
TEST_F(Refusals, ADamagedBatchIsRunAgain) {
  const std::vector<std::string> run = {"run", "small.toml", "--preset", "smoke", "--out"};
  const auto into = [&](const char* file) {
    std::vector<std::string> arguments = run;
    arguments.emplace_back(file);
    return arguments;
  };
  ASSERT_EQ(twostage(into("whole.h5")).code, 0);
  // Stopped after two batches, by the switch that the kill tests use.
  std::vector<std::string> killed = into("r.h5");
  killed.insert(killed.end(), {"--die-after", "2", "--threads", "1"});
  EXPECT_NE(twostage(killed).code, 0);
  std::size_t damaged = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "r.parts")) {
    if (entry.path().extension() != ".h5" || damaged > 0) continue;
    const std::string bytes = test::read_text(entry.path());
    test::write_text(entry.path(), bytes.substr(0, bytes.size() / 2));
    ++damaged;
  }
  ASSERT_EQ(damaged, 1u);
  const Outcome resumed = twostage(into("r.h5"));
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr("its replicates are run again"));
  EXPECT_TRUE(test::read_text(folder / "r.h5") == test::read_text(folder / "whole.h5"));
}

TEST_F(Refusals, FitsThatDidNotConvergeAreCounted) {
  const Outcome ran =
      twostage({"run", "small.toml", "--preset", "smoke", "--out", "r.h5", "pairs=3", "penalty.kind=none"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("fits did not converge"));
  const Dataset data = read_dataset(folder / "r.h5");
  const auto& status = std::get<std::vector<std::uint8_t>>(data.variable("status").data);
  const auto record = nlohmann::json::parse(test::read_text(folder / "r.run.json"));
  EXPECT_EQ(record["not_converged"], std::ranges::count(status, 1));
}

TEST_F(Refusals, ThePenaltyOfAnArmThatHasNoneOfItsOwn) {
  expect_refused(run_small({"arms.dpo.penalty.kind=none"}), "arm 'dpo' has no penalty of its own");
}

TEST_F(Refusals, AnUnknownStudyIsAnsweredWithAllThereAre) {
  expect_refused(twostage({"run", "wrong-jugde"}), "did you mean 'wrong-judge'?");
  expect_refused(twostage({"run", "no-such-study"}),
                 "two-token, two-word, verifier, board, map, price, race");
}

}  // namespace
}  // namespace twostage
