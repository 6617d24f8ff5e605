#include "experiments/runner/cluster/slurm_script.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "experiments/runner/cluster/sbatch_words.hpp"
#include "experiments/runner/result/batches.hpp"
#include "experiments/runner/terminal/shell_word.hpp"
#include "sim/catalog/settings.hpp"

namespace twostage {
namespace {

constexpr double kSecondsOfAShard = 900;
constexpr int kSecondsToStop = 60;  // Slurm looks at its limits twice a minute

// A path in which Slurm puts in numbers for %A and the like; a backslash would keep it from doing so.
std::string slurm_path(const std::string& path) {
  std::string out;
  for (const char c : path) {
    if (c == '\\' || static_cast<unsigned char>(c) < ' ')
      throw InputError(
          "", "--out " + path + ": Slurm takes no backslash and no control character in the path of a log");
    out += c;
    if (c == '%') out += c;
  }
  return out;
}

// Between the quoted marks of a here-document nothing is replaced when the script is submitted. No word ends
// the document: each is one line (terminal/shell_word.hpp).
std::string task_text(const SlurmJob& job) {
  const std::string run =
      fmt::format("{} --shard \"$SLURM_ARRAY_TASK_ID/{}\"", shell_words(job.run), job.shards);
  if (!job.until_done) return fmt::format("#!/bin/bash\nexec {}\n", run);
  // USR1 says that the time is nearly up, and comes to this script alone: the task is queued again. TERM says
  // that somebody cancelled the task, and comes to the program too: it stays away then. Either ends `wait`,
  // which is asked again.
  return fmt::format(R"(#!/bin/bash
{} & work=$!
again=
trap 'again=yes; kill -TERM $work' USR1
trap : TERM
for _ in 1 2 3; do wait $work; code=$?; [ "$code" -le 128 ] && break; done
if [ -n "$again" ] && [ "$code" = 75 ]; then scontrol requeue "${{SLURM_ARRAY_JOB_ID}}_$SLURM_ARRAY_TASK_ID"; fi
exit "$code"
)",
                     run);
}

}  // namespace

std::string slurm_script(const SlurmJob& job) {
  check_sbatch_words(job.sbatch, job.until_done);
  const std::string logs = slurm_path(job.logs);
  std::string further;
  for (const std::string& word : job.sbatch) further.append(1, ' ').append(shell_word(word));
  return fmt::format(
      R"(#!/bin/bash
# {name} in {shards} shards, at most {at_most} at a time, then merged.
# all:            bash {script}
# some of them:   bash {script} 3,17     (twostage status says which)
set -euo pipefail
[ $# -le 1 ] || {{ echo "numbers of shards are one word: 3,17" >&2; exit 2; }}
mkdir -p {folder}
array=$(sbatch --parsable --job-name={job} --array="${{1:-1-{shards}}}%{at_most}" \
  --cpus-per-task={cpus} --time={minutes} --requeue --signal=B:{signal}@{stop} \
  --output={task_log} --open-mode=append{further} <<'TASK'
{task}TASK
)
array=${{array%%;*}}
merge=$(sbatch --parsable --job-name={merge_job} --dependency="afterok:$array" --kill-on-invalid-dep=yes \
  --time={minutes} --output={merge_log}{further} <<'MERGE'
#!/bin/bash
exec {merge}
MERGE
) || {{ echo "array $array is submitted, and the merge after it is not" >&2; exit 1; }}
echo "array $array, then merge ${{merge%%;*}}"
)",
      fmt::arg("name", job.name), fmt::arg("script", shell_word(job.script)), fmt::arg("shards", job.shards),
      fmt::arg("at_most", job.at_most), fmt::arg("folder", shell_word(job.logs)),
      fmt::arg("job", shell_word(job.name)), fmt::arg("cpus", job.cpus), fmt::arg("minutes", job.minutes),
      fmt::arg("signal", job.until_done ? "USR1" : "TERM"), fmt::arg("stop", kSecondsToStop),
      fmt::arg("task_log", shell_word(logs + "/%A_%a.log")), fmt::arg("further", further),
      fmt::arg("task", task_text(job)), fmt::arg("merge_job", shell_word(job.name + "-merge")),
      fmt::arg("merge_log", shell_word(logs + "/%j-merge.log")), fmt::arg("merge", shell_words(job.merge)));
}

int shards_for(double seconds, int cpus, const Study& study) {
  const double wanted = std::ceil(seconds / (kSecondsOfAShard * cpus));
  const int most = std::min(kMostShards, most_shards(study));
  return wanted >= most ? most : std::max(1, static_cast<int>(wanted));
}

}  // namespace twostage
