#include "tests/bench/study_runs.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <stdexcept>

#include "experiments/runner/run/run.hpp"
#include "tests/support/process.hpp"

namespace twostage::bench {

double processor_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

namespace {

// What is said meanwhile on the error stream is not heard.
class Silence {
 public:
  Silence() : before_(dup(STDERR_FILENO)) {
    const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(nowhere, STDERR_FILENO);
    close(nowhere);
  }
  ~Silence() {
    dup2(before_, STDERR_FILENO);
    close(before_);
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

 private:
  int before_;
};

}  // namespace

Taken run_taken(const Study& study, int threads, Told told) {
  std::optional<Silence> silence;
  if (told == Told::nothing) silence.emplace();
  const test::ScratchFolder scratch;
  RunOptions options;
  options.out = scratch / "result.h5";
  options.threads = threads;
  const auto start = std::chrono::steady_clock::now();
  const double before = processor_seconds();
  if (run_study(study, options) != RunOutcome::complete)
    throw std::runtime_error("study " + study.name + " did not complete");
  return {processor_seconds() - before,
          std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count()};
}

}  // namespace twostage::bench
