// The script of a job array, printed and not submitted. tests/slurm runs it on a real Slurm.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "experiments/runner/cluster/slurm_script.hpp"
#include "tests/support/small_study.hpp"
#include "tests/support/tree.hpp"

namespace twostage {
namespace {

namespace fs = std::filesystem;
using test::Outcome;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

SlurmJob small_job() {
  return {.name = "small",
          .run = {"/opt/two stage/twostage", "run", "small", "beta=2", "--into", "/data/my run"},
          .merge = {"/opt/two stage/twostage", "merge", "/data/my run", "--out", "/data/my run.h5"},
          .logs = "/data/my run/logs",
          .script = "/data/my run.sh",
          .shards = 12,
          .at_most = 4,
          .cpus = 2,
          .minutes = 30,
          .sbatch = {},
          .until_done = false};
}

TEST(SlurmScript, IsThisText) {
  EXPECT_EQ(slurm_script(small_job()), R"(#!/bin/bash
# small in 12 shards, at most 4 at a time, then merged.
# all:            bash '/data/my run.sh'
# some of them:   bash '/data/my run.sh' 3,17     (twostage status says which)
set -euo pipefail
[ $# -le 1 ] || { echo "numbers of shards are one word: 3,17" >&2; exit 2; }
mkdir -p '/data/my run/logs'
array=$(sbatch --parsable --job-name=small --array="${1:-1-12}%4" \
  --cpus-per-task=2 --time=30 --requeue --signal=B:TERM@60 \
  --output='/data/my run/logs/%A_%a.log' --open-mode=append <<'TASK'
#!/bin/bash
exec '/opt/two stage/twostage' run small beta=2 --into '/data/my run' --shard "$SLURM_ARRAY_TASK_ID/12"
TASK
)
array=${array%%;*}
merge=$(sbatch --parsable --job-name=small-merge --dependency="afterok:$array" --kill-on-invalid-dep=yes \
  --time=30 --output='/data/my run/logs/%j-merge.log' <<'MERGE'
#!/bin/bash
exec '/opt/two stage/twostage' merge '/data/my run' --out '/data/my run.h5'
MERGE
) || { echo "array $array is submitted, and the merge after it is not" >&2; exit 1; }
echo "array $array, then merge ${merge%%;*}"
)");
}

// What a shell or Slurm would take for something else.
TEST(SlurmScript, NamesAreTakenAsTheyAre) {
  SlurmJob job = small_job();
  job.logs = "/data/100% it's $HOME/logs";
  job.sbatch = {"--comment=two words", "--partition=long"};
  const std::string text = slurm_script(job);
  EXPECT_THAT(text, AllOf(HasSubstr(R"(mkdir -p '/data/100% it'\''s $HOME/logs')"),
                          HasSubstr(R"(--output='/data/100%% it'\''s $HOME/logs/%A_%a.log')"),
                          HasSubstr("--open-mode=append '--comment=two words' --partition=long <<'TASK'")));
  for (const char* logs : {"/data/a\\b", "/data/a\nb"}) {
    job.logs = logs;
    EXPECT_THROW(slurm_script(job), InputError);
  }
}

TEST(SlurmScript, PassesShellcheck) {
  if (std::system("command -v shellcheck >/dev/null") != 0) GTEST_SKIP() << "there is no shellcheck here";
  const test::ScratchFolder folder;
  for (const bool until_done : {false, true}) {
    SlurmJob job = small_job();
    job.until_done = until_done;
    job.sbatch = {"--comment=two words"};
    const std::string text = slurm_script(job);
    test::write_text(folder / "submit.sh", text);
    const auto begin = text.find("#!/bin/bash", 1);  // the script in the script
    test::write_text(folder / "task.sh", text.substr(begin, text.find("TASK\n)") - begin));
    const Outcome checked = test::run(folder.path(), "shellcheck", {"submit.sh", "task.sh"});
    EXPECT_EQ(checked.code, 0) << checked.out << checked.err;
  }
}

// A `sbatch` that answers with a job id and keeps the script that it is given, which is then run as Slurm
// would run it.
TEST(SlurmScript, NoWordEndsTheTask) {
  const test::ScratchFolder folder;
  const std::vector<std::string> words = {
      "a\nTASK\nb",        "TASK",      "\nMERGE\n", "tab\there", "it's \\ $HOME `id` \"",
      "\xc3\xa9t\xc3\xa9", "\xff\r\n1", "",          "-n",        "#SBATCH --array=1-99"};
  SlurmJob job = small_job();
  job.logs = (folder / "logs").string();
  job.run = job.merge = {"/usr/bin/printf", "%s|"};
  for (auto* command : {&job.run, &job.merge}) command->insert(command->end(), words.begin(), words.end());
  job.sbatch = {"--comment=a\nTASK\nb"};
  test::write_text(folder / "submit.sh", slurm_script(job));
  test::write_text(folder / "sbatch",
                   "#!/bin/sh\ncase $* in *dependency*) name=merge;; *) name=task;; esac\n"
                   "for word; do printf '%s|' \"$word\"; done > $name.words\ncat > $name.sh\necho 7\n");
  fs::permissions(folder / "sbatch", fs::perms::owner_all);
  const Outcome submitted = test::run(folder.path(), "/bin/bash", {"submit.sh"}, "PATH=.:/usr/bin:/bin");
  EXPECT_EQ(submitted.code, 0) << submitted.err;
  EXPECT_EQ(submitted.out, "array 7, then merge 7\n");
  std::string all;
  for (const std::string& word : words) all += word + "|";
  for (const char* name : {"task", "merge"}) {
    EXPECT_THAT(test::read_text(folder / (std::string(name) + ".words")),
                HasSubstr("|--comment=a\nTASK\nb|"));
    const Outcome ran =
        test::run(folder.path(), "/bin/bash", {std::string(name) + ".sh"}, "SLURM_ARRAY_TASK_ID=1");
    EXPECT_THAT(ran.out, testing::StartsWith(all)) << name;
  }
}

// The array is there by then, and somebody has to know of it.
TEST(SlurmScript, SaysSoWhenTheMergeIsNotTaken) {
  const test::ScratchFolder folder;
  SlurmJob job = small_job();
  job.logs = (folder / "logs").string();
  test::write_text(folder / "submit.sh", slurm_script(job));
  test::write_text(folder / "sbatch", "#!/bin/sh\ncase $* in *dependency*) exit 1;; esac\necho 7\n");
  fs::permissions(folder / "sbatch", fs::perms::owner_all);
  const Outcome submitted = test::run(folder.path(), "/bin/bash", {"submit.sh"}, "PATH=.:/usr/bin:/bin");
  EXPECT_EQ(submitted.code, 1);
  EXPECT_EQ(submitted.out, "");
  EXPECT_EQ(submitted.err, "array 7 is submitted, and the merge after it is not\n");
}

// sbatch takes the last of two that say the same, the beginning of a name for the name, and a bare word for
// its script.
TEST(SlurmScript, WhatTheScriptSettlesIsNotUnsettled) {
  SlurmJob job = small_job();
  for (const std::vector<std::string>& words : {std::vector<std::string>{"--array=3"},
                                                {"--arr", "3"},
                                                {"-a3"},
                                                {"-Ha", "3"},
                                                {"--dependency=singleton"},
                                                {"-d", "afterany:1"},
                                                {"--kill-on-invalid-dep=no"},
                                                {"--signal=B:KILL@1"},
                                                {"--wrap=true"},
                                                {"--parsable"},
                                                {"--wait"},
                                                {"-W"},
                                                {"--test-only"},
                                                {"--cpus-per-task=4"},
                                                {"-c4"},
                                                {"--time=5"},
                                                {"-t", "5"},
                                                {"--output=x"},
                                                {"--help"},
                                                {"-V"},
                                                {"job.sh"},
                                                {"--mem=4G", "job.sh"},
                                                {"--"},
                                                {"--", "job.sh"},
                                                {"-"},
                                                {""}}) {
    job.sbatch = words;
    EXPECT_THROW(slurm_script(job), InputError) << fmt::format("{}", fmt::join(words, " "));
  }
  job.sbatch = {"--partition",     "long",         "-p",   "long",        "--mem=4G",
                "--time-min=5",    "-H",           "-Qn4", "--exclusive", "--wait-all-nodes=1",
                "--mail-type=END", "--no-requeue", "-C",   "avx|sse"};
  EXPECT_THAT(slurm_script(job), HasSubstr(" -C 'avx|sse' <<'TASK'"));
  job.until_done = true;
  EXPECT_THROW(slurm_script(job), InputError) << "what is queued again by the script";
}

// 15 minutes a shard, of a study of 4 points and 10 blocks of replicates: shards are dealt along the
// diagonals of which there are 13.
TEST(SlurmScript, AsManyShardsAsHaveWork) {
  const Study study = test::small_study({{"replicates", "20"}});
  EXPECT_EQ(shards_for(1, 1, study), 1);
  EXPECT_EQ(shards_for(901, 1, study), 2);
  EXPECT_EQ(shards_for(1800, 1, study), 2);
  EXPECT_EQ(shards_for(7200, 4, study), 2);
  EXPECT_EQ(shards_for(1e9, 1, study), 13);
  EXPECT_EQ(shards_for(1e9, 1, test::small_study({{"replicates", "20000"}})), kMostShards);
}

class SlurmCommand : public test::SmallStudy {};

TEST_F(SlurmCommand, PrintsAndTouchesNothing) {
  const auto before = test::tree(folder.path());
  const Outcome told = twostage({"slurm", "small.toml", "beta=2", "--preset", "smoke", "--out", "runs/",
                                 "--shards", "3", "--at-most", "2", "--", "--partition=long", "--mem=2G"});
  EXPECT_EQ(told.code, 0) << told.err;
  EXPECT_EQ(test::tree(folder.path()), before);
  EXPECT_THAT(told.err, HasSubstr("small: 3 shards of about "));
  EXPECT_THAT(told.out,
              AllOf(HasSubstr("--array=\"${1:-1-3}%2\""), HasSubstr(" --partition=long --mem=2G <<'TASK'"),
                    HasSubstr("/small.toml beta=2 --preset smoke --into "), HasSubstr("/runs/logs/%A_%a.log"),
                    HasSubstr("/runs --out "), HasSubstr("/runs.h5\n"),
                    HasSubstr("bash " + fs::path(folder / "runs.sh").string())));
  const Outcome counted = twostage({"slurm", "small.toml", "--preset", "smoke", "--out", "runs"});
  EXPECT_THAT(counted.err, HasSubstr("small: 1 shard of about ")) << "seconds of work";
}

TEST_F(SlurmCommand, RefusesWhatSlurmWould) {
  for (const char* shards : {"0", "1001", "x", "2x"})
    expect_refused(
        twostage({"slurm", "small.toml", "--preset", "smoke", "--out", "runs", "--shards", shards}),
        "is neither auto nor a number from 1 to 1000");
  expect_refused(twostage({"slurm", "small.toml", "--preset", "smoke"}), "--out is required");
  expect_refused(twostage({"slurm", "small.toml", "--out", "runs", "--partition=long"}), "--partition");
}

// Found when the script is printed, and not by every task of the array.
TEST_F(SlurmCommand, RefusesWhatIsInTheWay) {
  const auto slurm = [&](std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"slurm", "small.toml", "--preset", "smoke", "--out", "runs", "--shards", "2"});
    return twostage(more);
  };
  test::write_text(folder / "runs/notes.txt", "precious");
  expect_refused(slurm(), "is no run folder");
  fs::remove(folder / "runs/notes.txt");
  EXPECT_EQ(slurm().code, 0) << "empty";
  fs::remove(folder / "runs");
  test::write_text(folder / "runs", "a file");
  expect_refused(slurm(), "is no folder");
  fs::remove(folder / "runs");
  test::write_text(folder / "runs.h5", "precious");
  expect_refused(slurm(), "runs.h5': exists, and is not of this run");
  fs::remove(folder / "runs.h5");
  ASSERT_EQ(twostage({"run", "small.toml", "--preset", "smoke", "--into", "runs", "--shard", "1/2"}).code, 0);
  EXPECT_EQ(slurm().code, 0) << "the same work";
  expect_refused(slurm({"replicates=6"}), "holds work of another configuration");
  expect_refused(slurm({"--", "--array=1-9"}), "--shards says how many");
}

}  // namespace
}  // namespace twostage
