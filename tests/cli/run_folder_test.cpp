// Many processes at one study in one folder: whatever the shards, the order and the interruptions, the merged
// file has the bytes of one run, and what is missing is named with the command that makes it.
#include <fmt/format.h>

#include <unistd.h>

#include <csignal>
#include <fstream>

#include "tests/support/small_study.hpp"
#include "tests/support/tree.hpp"

namespace twostage {
namespace {

namespace fs = std::filesystem;
using test::edited;
using test::Outcome;
using test::read_text;
using test::write_text;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr int kTryAgain = 75;    // EX_TEMPFAIL
constexpr int kNoProgress = 78;  // EX_CONFIG

class RunFolders : public test::SmallStudy {
 protected:
  Outcome into(std::vector<std::string> more = {}, const std::string& prefix = "") {
    more.insert(more.begin(), {"run", "small.toml", "--preset", "smoke", "--into", "all runs"});
    return twostage(more, prefix);
  }
  Outcome merge(const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"merge", "all runs", "--out", "m.h5"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return twostage(arguments);
  }
  Outcome status() { return twostage({"status", "all runs"}, "COLUMNS=400"); }
  // The last line of `status`, as a person would type it.
  Outcome do_what_is_next() {
    const std::string said = status().out;
    const std::string next = said.substr(said.rfind("next     ") + 9);
    return test::run(folder.path(), "/bin/sh",
                     {"-c", "twostage() { '" TWOSTAGE_PROGRAM "' \"$@\"; }; " + next});
  }
  // Refused, after messages on what does not count.
  void expect_lacks(const Outcome& merged, const std::string& what) {
    EXPECT_EQ(merged.code, 2);
    EXPECT_THAT(merged.err, HasSubstr(what));
  }
  void expect_equal_bytes() { EXPECT_TRUE(read_text(folder / "m.h5") == read_text(folder / "r.h5")); }
};

TEST_F(RunFolders, ShardsMergeToTheFileOfOneRun) {
  ASSERT_EQ(run_small().code, 0);
  for (const char* shard : {"3/3", "1/3", "2/3"}) ASSERT_EQ(into({"--shard", shard}).code, 0);
  const auto before = test::tree(folder / "all runs");
  const Outcome merged = merge();
  EXPECT_EQ(merged.code, 0) << merged.err;
  EXPECT_THAT(merged.err, HasSubstr("merged from 12 batches"));
  expect_equal_bytes();
  EXPECT_EQ(test::tree(folder / "all runs"), before) << "the folder stays";
  EXPECT_FALSE(fs::exists(folder / "m.parts"));
  EXPECT_TRUE(fs::exists(folder / "m.run.json"));
  EXPECT_THAT(merge().err, HasSubstr("already complete"));
  EXPECT_EQ(merge({"--force"}).code, 0);
  expect_equal_bytes();
}

// A shard leaves nothing but batches, so that the work may be dealt anew at any time.
TEST_F(RunFolders, TheNumberOfShardsMayChange) {
  ASSERT_EQ(run_small().code, 0);
  ASSERT_EQ(into({"--shard", "2/3"}).code, 0);
  ASSERT_EQ(into({"--shard", "1/2"}).code, 0);
  const Outcome rest = into();
  EXPECT_EQ(rest.code, 0) << rest.err;
  EXPECT_THAT(rest.err, HasSubstr("resuming"));
  EXPECT_EQ(merge().code, 0);
  expect_equal_bytes();
}

TEST_F(RunFolders, WhatIsMissingIsNamedWithWhatMakesIt) {
  ASSERT_EQ(run_small().code, 0);
  for (const char* shard : {"1/4", "3/4"}) ASSERT_EQ(into({"--shard", shard}).code, 0);
  expect_refused(merge(), "lacks 6 of 12 batches, in shards 2,4 of 4; `twostage run ");
  EXPECT_FALSE(fs::exists(folder / "m.parts"));
  const Outcome told = status();
  EXPECT_EQ(told.code, 1);
  EXPECT_THAT(told.out, AllOf(HasSubstr("done     6 of 12 batches, 10 replicates\n"),
                              HasSubstr("missing  6 batches, in shards 2,4 of 4\n"), HasSubstr("--into '")));
  EXPECT_EQ(do_what_is_next().code, 0);
  const Outcome whole = status();
  EXPECT_EQ(whole.code, 0);
  EXPECT_THAT(whole.out, AllOf(Not(HasSubstr("missing")), HasSubstr("--out 'all runs.h5'\n")));
  EXPECT_EQ(do_what_is_next().code, 0);
  EXPECT_TRUE(read_text(folder / "all runs.h5") == read_text(folder / "r.h5"));
  EXPECT_THAT(status().out, AllOf(Not(HasSubstr("next ")), HasSubstr("result   all runs.h5\n")));
}

TEST_F(RunFolders, WithTheScriptBesideItItIsTheScript) {
  ASSERT_EQ(into({"--shard", "1/4"}).code, 0);
  write_text(folder / "all runs.sh", "# what slurm printed\n");
  EXPECT_THAT(status().out, HasSubstr("next     bash 'all runs.sh' 2-4\n"));
  expect_refused(merge(), "`bash 'all runs.sh' 2-4` makes them");
}

TEST_F(RunFolders, APrecisionIsToldByEachShardForItsPoints) {
  write_text(
      folder / "small.toml",
      edited("batch = 2", "batch = 2\nprecision = { of = [\"regret['dpo']\"], relative = 0.2, cap = 20 }"));
  ASSERT_EQ(run_small().code, 0);
  ASSERT_EQ(into({"--shard", "1/2"}).code, 0);
  EXPECT_THAT(status().out, HasSubstr("of at least "));
  expect_refused(merge(), "of at least ");
  ASSERT_EQ(into({"--shard", "2/2"}).code, 0);
  EXPECT_EQ(merge().code, 0);
  expect_equal_bytes();
}

// A billion pairs do not fit into 2 GB of address space.
TEST_F(RunFolders, AFailedFitIsInTheFileAndInTheExitCode) {
  if (test::kSanitized) GTEST_SKIP() << "sanitizers need the address space";
  const std::vector<std::string> large = {
      "pairs=[20, 1000000000]", "degree=1", "--threads", "1", "--memory", "9000G"};
  ASSERT_EQ(run_small(large, "ulimit -v 2000000;").code, 1);
  const Outcome ran = into(large, "ulimit -v 2000000;");
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, AllOf(HasSubstr("pairs = 1000000000"), HasSubstr("10 fits failed")));
  EXPECT_EQ(into(large, "ulimit -v 2000000;").code, 1) << "also when all is done already";
  const Outcome told = status();
  EXPECT_EQ(told.code, 1);
  EXPECT_THAT(told.out, AllOf(HasSubstr("failed   10 fits, the first at "), HasSubstr("pairs = 1000000000"),
                              HasSubstr("next     twostage merge")));
  EXPECT_EQ(merge().code, 1);
  expect_equal_bytes();
}

TEST_F(RunFolders, AnotherConfigurationIsRefusedWithBothShown) {
  ASSERT_EQ(into({"--shard", "1/2"}).code, 0);
  const auto before = test::tree(folder / "all runs");
  for (const char* change : {"beta=2", "replicates=6"}) {
    const Outcome other = into({"--shard", "2/2", change});
    expect_refused(other, "holds work of another configuration, ");
    EXPECT_THAT(other.err, AllOf(HasSubstr(" there and "), HasSubstr(" here")));
  }
  EXPECT_EQ(test::tree(folder / "all runs"), before);
}

// A byte behind its end makes another file of the program, which works as before.
TEST_F(RunFolders, AnotherBuildIsRefusedWithBothShown) {
  fs::copy_file(TWOSTAGE_PROGRAM, folder / "other");
  std::ofstream(folder / "other", std::ios::app) << '\n';
  ASSERT_EQ(into({"--shard", "1/2"}).code, 0);
  const auto with_other = [&](const std::vector<std::string>& arguments) {
    return test::run(folder.path(), (folder / "other").string(), arguments);
  };
  const Outcome other =
      with_other({"run", "small.toml", "--preset", "smoke", "--into", "all runs", "--shard", "2/2"});
  expect_refused(other, "holds work of another build: twostage ");
  EXPECT_THAT(other.err,
              testing::ContainsRegex("program [0-9a-f]+ there, twostage .*, program [0-9a-f]+ here"));
  ASSERT_EQ(into().code, 0);
  expect_refused(with_other({"merge", "all runs", "--out", "m.h5"}), "holds work of another build");
  EXPECT_THAT(with_other({"status", "all runs"}).out, HasSubstr("this program is another one"));
}

TEST_F(RunFolders, WhatIsNoRunFolderIsLeftAlone) {
  write_text(folder / "all runs/notes.txt", "precious");
  expect_refused(into(), "is no run folder (it holds 'notes.txt'");
  expect_refused(status(), "is no run folder");
  expect_refused(merge(), "is no run folder");
  EXPECT_EQ(read_text(folder / "all runs/notes.txt"), "precious");
  // A scheduler's logs may be there before the first batch.
  fs::remove(folder / "all runs/notes.txt");
  write_text(folder / "all runs/logs/1_1.log", "");
  EXPECT_EQ(into({"--shard", "1/4"}).code, 0);
  std::string text = read_text(folder / "all runs/twostage-run.txt");
  write_text(folder / "all runs/twostage-run.txt", text.replace(text.find("batch = 2"), 9, "batch = 3"));
  expect_refused(into({"--shard", "2/4"}), "is damaged");
}

TEST_F(RunFolders, OptionsThatMakeNoSenseTogether) {
  for (const std::vector<std::string>& more :
       {std::vector<std::string>{"--out", "r.h5"}, {"--force"}, {"--dry-run"}})
    expect_refused(into(more), "--into");
  for (const char* part :
       {"3/2", "0/2", "-1/2", "1/0", "1", "1/", "/2", "1/2/3", "a/b", "1.0/2", "9999999999/9999999999"})
    expect_refused(into({"--shard", part}), "is no part");
  expect_refused(into({"--shard", ""}), "the part is empty");
  EXPECT_FALSE(fs::exists(folder / "all runs"));
}

// 20 000 replicates would take minutes; the signal comes once some are on the disk.
TEST_F(RunFolders, TerminatedItKeepsWhatIsFinished) {
  const Outcome stopped = test::run(
      folder.path(), "/bin/sh",
      {"-c", "'" TWOSTAGE_PROGRAM "' run small.toml --preset smoke --into runs replicates=20000 & run=$!\n"
             "until ls runs 2>/dev/null | grep -q batch; do sleep 0.02; done\n"
             "kill -TERM $run; wait $run"});
  EXPECT_EQ(stopped.code, kTryAgain) << stopped.err;
  EXPECT_THAT(stopped.err, HasSubstr("runs: stopped; "));
  EXPECT_THAT(twostage({"status", "runs"}).out, HasSubstr("next     twostage run"));
}

// One batch of 20 000 replicates would never be done in the time that there was, and a loop that starts it
// again would never end.
TEST_F(RunFolders, TerminatedBeforeTheFirstBatchIsAnotherExitCode) {
  const Outcome stopped = test::run(
      folder.path(), "/bin/sh",
      {"-c", "'" TWOSTAGE_PROGRAM
             "' run small.toml --preset smoke --into runs replicates=20000 batch=20000 2>said & run=$!\n"
             "until grep -q shard said; do sleep 0.02; done; sleep 0.1\n"
             "kill -TERM $run; wait $run"});
  EXPECT_EQ(stopped.code, kNoProgress);
  EXPECT_THAT(read_text(folder / "said"),
              AllOf(HasSubstr("runs: stopped; 0 new replicates, 0 kept\n"), HasSubstr("(batch=2000, ")));
}

// What is in the place of a batch is made anew or named; what is none is nobody's.
TEST_F(RunFolders, DamagedAndForeignFiles) {
  ASSERT_EQ(run_small().code, 0);
  ASSERT_EQ(into().code, 0);
  const fs::path runs = folder / "all runs";
  write_text(runs / "batch-0.h5", "");
  write_text(runs / "batch-1.h5", read_text(runs / "batch-1.h5").substr(0, 3000));
  write_text(runs / "batch-2.h5", "title = \"a study\"\n");
  fs::copy_file(runs / "batch-8.h5", runs / "batch-3.h5", fs::copy_options::overwrite_existing);
  write_text(runs / "batch-9.h5.0123456789abcdef.tmp", "of one that was killed");
  write_text(runs / "batch-999.h5", "of nobody");
  write_text(runs / "notes.txt", "precious");
  EXPECT_THAT(status().out, HasSubstr("done     8 of 12 batches, "));
  expect_lacks(merge(), "lacks 4 of 12 batches");
  fs::remove(runs / "batch-3.h5");
  fs::create_directory(runs / "batch-3.h5");
  EXPECT_THAT(into().err, HasSubstr("batch-3.h5': cannot write: there is a folder"));
  fs::remove(runs / "batch-3.h5");
  EXPECT_EQ(into().code, 0);
  EXPECT_EQ(merge().code, 0);
  expect_equal_bytes();
  EXPECT_EQ(read_text(runs / "notes.txt"), "precious");
  EXPECT_EQ(read_text(runs / "batch-999.h5"), "of nobody");
}

// Before a replicate is computed. Root may write anywhere but in /proc.
TEST_F(RunFolders, AFolderThatCannotBeWrittenIsRefusedAtOnce) {
  if (geteuid() == 0) {
    expect_refused(twostage({"run", "small.toml", "--preset", "smoke", "--into", "/proc/twostage"}),
                   "/proc/twostage");
    return;
  }
  ASSERT_EQ(into({"--shard", "1/2"}).code, 0);
  fs::permissions(folder / "all runs", fs::perms::owner_read | fs::perms::owner_exec);
  const Outcome refused = into({"replicates=20000", "--shard", "2/2"});
  fs::permissions(folder / "all runs", fs::perms::owner_all);
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err, HasSubstr("cannot write"));
}

// Its batches do not know where they lie; the command that goes on does.
TEST_F(RunFolders, MovedItGoesOnWhereItIs) {
  ASSERT_EQ(run_small().code, 0);
  ASSERT_EQ(into({"--shard", "1/2"}).code, 0);
  const std::string moved = "it's\n$HOME \\ 100% \xff";
  fs::rename(folder / "all runs", folder / moved);
  for (int step = 0; step < 2; ++step) {
    const std::string said = twostage({"status", moved}).out;
    const std::string next =
        "twostage() { '" TWOSTAGE_PROGRAM "' \"$@\"; }; " + said.substr(said.rfind("next     ") + 9);
    EXPECT_EQ(test::run(folder.path(), "/bin/bash", {"-c", next}).code, 0) << said;
  }
  EXPECT_TRUE(read_text(folder / (moved + ".h5")) == read_text(folder / "r.h5"));
}

// Two copies of every shard at once, as when a node was taken for dead; one is killed on the way.
TEST_F(RunFolders, SeveralWritersOfOneBatchMakeTheSameBytes) {
  ASSERT_EQ(run_small().code, 0);
  const std::string shard = "'" TWOSTAGE_PROGRAM "' run small.toml --preset smoke --into 'all runs' --shard ";
  const Outcome all = test::run(
      folder.path(), "/bin/sh",
      {"-c", "for k in 1 2; do for copy in 1 2; do " + shard + "$k/2 & jobs=\"$jobs $!\"; done; done; " +
                 shard + "1/2 --die-after 1 --threads 1; for job in $jobs; do wait $job || exit 9; done"});
  EXPECT_EQ(all.code, 0) << all.err;
  EXPECT_EQ(merge().code, 0);
  expect_equal_bytes();
}

}  // namespace
}  // namespace twostage
