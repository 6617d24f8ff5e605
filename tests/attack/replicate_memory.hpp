// The law of footprint.hpp against what a cell takes: it runs in a process of its own, whose peak of resident
// memory beyond where it began is counted in bytes.
#pragma once

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>

#include "experiments/runner/replicate/check_points.hpp"
#include "experiments/runner/replicate/strand.hpp"
#include "tests/support/process.hpp"

namespace twostage::test {

struct MemoryCase {
  std::string name;
  std::string world;
  std::string arm;  // algorithm and classes
  std::int64_t pairs;
  std::string more;  // further lines of the study
  int arms = 1;      // so many alike
  // The law may exceed the peak by this factor: more where a shortcut that the data decide (an estimate known
  // to exist from a part of them, a descent that needs no Hessian) spares most of what it reckons with.
  double most = 4;
};
inline constexpr double kShortcut = 32;

inline void PrintTo(const MemoryCase& c, std::ostream* out) {
  *out << c.name;
}

inline std::string arms_of(const MemoryCase& c) {
  std::string out;
  for (int k = 0; k < c.arms; ++k)
    out += "\n[[arms]]\nname = 'arm" + std::to_string(k) + "'\n" + c.arm + "\n";
  return out;
}

inline Study study_of(const MemoryCase& c) {
  const bool penalised = c.more.find("penalty") != std::string::npos;
  return parse_study("memory",
                     "title = 't'\nreplicates = 1\npairs = " + std::to_string(c.pairs) + "\nworld = { " +
                         c.world + " }\n" +
                         (penalised ? "" : "penalty = { kind = 'reference-kl', lambda = 1.0 }\n") + c.more +
                         arms_of(c) + "\n",
                     "memory.toml", "", {});
}

// Resident memory in bytes, and how much of it is pages of the program and its libraries.
struct Resident {
  double all = 0;
  double program = 0;
};
inline Resident resident() {
  std::ifstream file("/proc/self/statm");
  double size = 0;
  Resident pages;
  file >> size >> pages.all >> pages.program;
  const auto bytes = static_cast<double>(sysconf(_SC_PAGE_SIZE));
  return {pages.all * bytes, pages.program * bytes};
}

// Peak of a cell beyond what the process had before, in bytes.
struct Peak {
  bool failed = true;
  double cell = 0;
  double program = 0;  // pages of the program that it was the first to use; how many, the system decides
};

inline Peak measured(const Study& study) {
  int ends[2];
  if (pipe(ends) != 0) return {};
  const pid_t child = fork();
  if (child == 0) {
    const Resident before = resident();
    const auto result = run_batch(study, columns_of(study), {0, 0, 1}, 1e18);
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    Peak peak{.failed = false, .program = std::max(0.0, resident().program - before.program)};
    peak.cell = static_cast<double>(usage.ru_maxrss) * 1024 - before.all - peak.program;
    for (const ReplicateError& error : result->errors) {
      std::fprintf(stderr, "%s\n", error.message.c_str());
      peak = {};
    }
    const bool written = write(ends[1], &peak, sizeof peak) == sizeof peak;
    _exit(written ? 0 : 1);
  }
  close(ends[1]);
  Peak peak;
  if (read(ends[0], &peak, sizeof peak) != sizeof peak) peak = {};
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  return peak;
}

// The law must not lie below the peak; above, by the case's factor, and 16 MB for what does not grow.
inline void expect_bounded(const MemoryCase& c) {
  if (kSanitized) GTEST_SKIP() << "sanitizers take memory of their own";
  const Study study = study_of(c);
  const Footprint law = check_points(study, columns_of(study), 1e18);
  const Peak peak = measured(study);
  std::printf(
      "[ MB       ] %-24s measured %8.1f + %.1f  law %8.1f = world %.1f + max(predictions %.1f, data %.1f + "
      "arms "
      "%.1f)\n",
      c.name.c_str(), peak.cell / 1e6, peak.program / 1e6, law.total() / 1e6, law.world / 1e6,
      law.predictions / 1e6, law.data / 1e6, law.arms / 1e6);
  ASSERT_FALSE(peak.failed);
  ASSERT_GT(peak.cell + peak.program, 0);
  EXPECT_LE(peak.cell, law.total());
  EXPECT_LE(law.total(), c.most * (peak.cell + peak.program) + 16e6);
}

}  // namespace twostage::test
