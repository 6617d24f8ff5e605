// The runner: what it costs a cell beside the work itself, and how two threads compare with one, judged
// against two independent processes in the same run (so that the machine's own limits cancel).
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "experiments/runner/batch_file.hpp"
#include "experiments/runner/result_table.hpp"
#include "experiments/runner/run.hpp"
#include "experiments/runner/scheduler.hpp"
#include "tests/bench/target.hpp"

namespace twostage::bench {
namespace {

namespace fs = std::filesystem;

// The cells of the horizon study at H = 4 and 6.
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

Study study() {
  return parse_study("bench", kStudy, "bench", "bench", {});
}

class Scratch {
 public:
  Scratch() {
    std::string pattern = (fs::temp_directory_path() / "twostage-bench-XXXXXX").string();
    if (!mkdtemp(pattern.data())) throw std::runtime_error("no temporary folder");
    path_ = pattern;
  }
  ~Scratch() { fs::remove_all(path_); }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

double processor_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Processor time a cell when the work is already done, in microseconds: threads, queue, table, batch files
// and the result file. (Waiting for the disk is no processor time: the workers go on meanwhile.) Random
// numbers compress worst.
double overhead() {
  const Study s = study();
  const Columns columns = columns_of(s);
  const Scratch scratch;
  const BatchResult done = run_batch(s, columns, batches_of(s).front(), 1e9);
  const double start = processor_seconds();
  ResultTable table(s, columns, 1e9);
  run_batches(
      batches_of(s), {2, {}, {}},
      [&](const Batch& batch) {
        BatchResult result = done;
        result.batch = batch;
        return result;
      },
      [&](const BatchResult& result) {
        table.add(result);
        save_batch(scratch.path(), s, "bench", result);
      });
  write_result(scratch.path() / "bench.h5", s, table.take());
  return 1e6 * (processor_seconds() - start) /
         static_cast<double>(s.points() * static_cast<std::size_t>(s.replicates));
}

// Seconds until `processes` independent runs of the study, `threads` each, are all done.
double seconds(int processes, int threads) {
  const Scratch scratch;
  const auto start = std::chrono::steady_clock::now();
  std::vector<pid_t> children;
  for (int k = 0; k < processes; ++k) {
    const pid_t child = fork();
    if (child == 0) {
      dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
      RunOptions options;
      options.out = scratch.path() / (std::to_string(k) + ".h5");
      options.threads = threads;
      _exit(run_study(study(), options) == RunOutcome::complete ? 0 : 1);
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
// cost nothing.
double scaling() {
  return seconds(2, 1) / seconds(1, 2);
}

const RegisterTarget own_cost({"runner: own processor time a cell", Target::Bound::at_most, 20, "us",
                               overhead});
const RegisterTarget threads({"runner: two threads against one (two processes = 2)", Target::Bound::at_least,
                              1.9, "x", scaling});

}  // namespace
}  // namespace twostage::bench
