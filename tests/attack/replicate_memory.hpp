// The law of footprint.hpp against what a cell takes: it runs in a process of its own, whose peak of resident
// memory beyond where it began is counted in bytes.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <optional>
#include <stdexcept>
#include <string>

#include "experiments/runner/replicate/check_points.hpp"
#include "experiments/runner/replicate/strand.hpp"
#include "tests/support/child.hpp"
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

// Nothing where the cell failed.
inline std::optional<Peak> measured(const Study& study) {
  return in_child<Peak>([&] {
    std::optional<BatchResult> result;
    const Peak peak = peak_of([&] { result = run_batch(study, columns_of(study), {0, 0, 1}, 1e18); });
    for (const ReplicateError& error : result->errors) throw std::runtime_error(error.message);
    return peak;
  });
}

// The law must not lie below the peak; above, by the case's factor, and 16 MB for what does not grow.
inline void expect_bounded(const MemoryCase& c) {
  if (kSanitized) GTEST_SKIP() << "sanitizers take memory of their own";
  const Study study = study_of(c);
  const Footprint law = check_points(study, columns_of(study), 1e18);
  const std::optional<Peak> peak = measured(study);
  ASSERT_TRUE(peak);
  std::printf(
      "[ MB       ] %-24s measured %8.1f + %.1f  law %8.1f = world %.1f + max(predictions %.1f, data %.1f + "
      "arms "
      "%.1f)\n",
      c.name.c_str(), peak->work / 1e6, peak->program / 1e6, law.total() / 1e6, law.world / 1e6,
      law.predictions / 1e6, law.data / 1e6, law.arms / 1e6);
  ASSERT_GT(peak->work + peak->program, 0);
  EXPECT_LE(peak->work, law.total());
  EXPECT_LE(law.total(), c.most * (peak->work + peak->program) + 16e6);
}

}  // namespace twostage::test
