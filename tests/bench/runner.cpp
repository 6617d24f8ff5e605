// The runner: what it costs a cell beside the work itself, and how two threads compare with one, judged
// against two independent processes in the same run (so that the machine's own limits cancel).
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <utility>

#include "experiments/runner/result/batch_file.hpp"
#include "experiments/runner/result/batches.hpp"
#include "experiments/runner/result/result_table.hpp"
#include "experiments/runner/run/run.hpp"
#include "experiments/runner/run/scheduler.hpp"
#include "results/store/store.hpp"
#include "tests/bench/study_runs.hpp"
#include "tests/bench/target.hpp"
#include "tests/support/process.hpp"

namespace twostage::bench {
namespace {

int rounds() {  // the median of so many, taken in turns
  return quick() ? 1 : 5;
}

// Cells as in the horizon study.
constexpr const char* kStudy = R"(
title = "bench"
world = { family = "walk", truth = "terminal", headroom = 0.5 }
penalty = { kind = "reference-kl", lambda = 4.0 }
[[arms]]
name = "rm+plan"
algorithm = "rm+plan"
reward = { class = "terminal" }
[[arms]]
name = "dense-rm+plan"
algorithm = "rm+plan"
reward = { class = "dense" }
[[arms]]
name = "dpo"
algorithm = "dpo"
policy = { class = "tabular" }
[axes]
horizon = [4, 6]
pairs = [100, 400]
[replicates]
bench = 400
)";

Study study(const std::vector<Argument>& changes) {
  return parse_study("bench", kStudy, "bench", "bench", changes);
}

// What the runner costs beside the work, in microseconds of processor time a cell. (Waiting for the disk is
// no processor time: the workers go on meanwhile.) The numbers are those of real cells.
struct Overhead {
  double queue;        // threads, queue, table
  double batches;      // batch files
  double result;       // result file
  double compression;  // as part of `result`
};

Overhead overhead(const Study& s, const Columns& columns, const std::vector<BatchResult>& done) {
  const test::ScratchFolder scratch;
  const double per_cell = 1e6 / static_cast<double>(s.points() * static_cast<std::size_t>(s.replicates));
  double at = processor_seconds();
  const auto lap = [&] {
    const double now = processor_seconds();
    return (now - std::exchange(at, now)) * per_cell;
  };
  Overhead cost{};
  ResultTable table(s, columns, 1e9);
  std::size_t next = 0;
  std::vector<Strand> strands;
  for (const Batch& batch : batches_of(s)) strands.push_back({batch});
  run_strands(
      strands, {1, {}, {}}, [&](const Strand&) { return std::vector{done[next++]}; },
      [&](const BatchResult& result) { table.add(result); });
  cost.queue = lap();
  for (const BatchResult& result : done) save_batch(scratch.path(), s, "bench", result);
  cost.batches = lap();
  const Dataset data = table.take();
  lap();
  write_result(scratch.path() / "bench.h5", s, data);
  cost.result = lap();
  write_dataset(scratch.path() / "plain.h5", data, Packing::plain);
  cost.compression = cost.result - lap();
  return cost;
}

Measured own_cost() {
  // As many cells as a paper study has, but quick ones: what a number costs to store does not depend on how
  // long it took. All differ: repeated ones would compress better.
  const Study s = study({{"horizon", "[2, 3]"},
                         {"pairs", "[20, 30, 40, 50, 60, 70, 80, 90]"},
                         {"replicates", quick() ? "4" : "400"}});
  const Columns columns = columns_of(s);
  std::vector<BatchResult> done;
  for (const Batch& batch : batches_of(s)) done.push_back(*run_batch(s, columns, batch, 1e9));
  std::vector<double> total, queue, batches, result, compression;
  for (int round = 0; round < rounds(); ++round) {
    const Overhead cost = overhead(s, columns, done);
    queue.push_back(cost.queue);
    batches.push_back(cost.batches);
    result.push_back(cost.result);
    compression.push_back(cost.compression);
    total.push_back(cost.queue + cost.batches + cost.result);
  }
  return {median(total), fmt::format("threads and table {:.1f}, batch files {:.1f} (a quarter of it the file "
                                     "system), result file {:.1f} (of which "
                                     "deflate {:.1f})",
                                     median(queue), median(batches), median(result), median(compression))};
}

// Seconds until `processes` independent runs of the study, `threads` each, are all done.
double seconds(int processes, int threads) {
  const test::ScratchFolder scratch;
  const auto start = std::chrono::steady_clock::now();
  std::vector<pid_t> children;
  for (int k = 0; k < processes; ++k) {
    const pid_t child = fork();
    if (child == 0) {
      dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
      RunOptions options;
      options.out = scratch.path() / (std::to_string(k) + ".h5");
      options.threads = threads;
      _exit(run_study(study({{"replicates", quick() ? "4" : "200"}, {"batch", "25"}}), options) ==
                    RunOutcome::complete
                ? 0
                : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    if (status != 0) throw std::runtime_error("the study of the benchmark failed");
  }
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Two processes do the study twice in the time t2, two threads do it once in t1: t2 / t1 is 2 when threads
// cost nothing. In turns and the other way round, so that a busy machine meets both.
Measured scaling() {
  std::vector<double> ratios, times;
  for (int round = 0; round < rounds(); ++round) {
    double by_processes = 0, by_threads = 0;
    if (round % 2 == 0) by_processes = seconds(2, 1);
    by_threads = seconds(1, 2);
    if (round % 2 != 0) by_processes = seconds(2, 1);
    ratios.push_back(by_processes / by_threads);
    times.push_back(by_threads);
  }
  return {median(ratios), fmt::format("median of {} ({:.2f} to {:.2f}), {:.1f} s each", rounds(),
                                      std::ranges::min(ratios), std::ranges::max(ratios), median(times))};
}

const RegisterTarget cost_target({"runner: own processor time a cell", Target::Bound::at_most, 20, "us",
                                  own_cost});
const RegisterTarget threads_target({"runner: two threads against one (two processes = 2)",
                                     Target::Bound::at_least, 1.9, "x", scaling});

}  // namespace
}  // namespace twostage::bench
