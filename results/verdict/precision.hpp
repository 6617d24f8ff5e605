// When to stop adding replicates: on the width of the intervals, never on the outcome. Stopping when a claim
// is decided would spend the error rate at every look; stopping at a fixed width keeps it as the width goes
// to zero (Chow and Robbins 1965, Ann. Math. Stat. 36, 457-462).
#pragma once

#include <cstddef>
#include <vector>

#include "results/verdict/verdict.hpp"

namespace twostage {

struct Precision {
  double half_width = 0.1;  // wanted of every interval; of its logarithm for ratio and agreement
  std::size_t batch = 100;  // replicates come in whole batches, addressed by index
  std::size_t cap = 4000;

  // Throws InputError stating the constraint.
  void validate() const;
};

// Half of the interval's width on its natural scale; infinite when unbounded or missing.
double half_width(const VerdictPart& part, bool log_scale);

// The replicates a study needs in all: `current` when every interval is narrow enough, otherwise the width's
// 1/sqrt(R) law applied to the widest one, in whole batches, at most `cap`. A part without an interval asks
// for one more batch.
std::size_t replicates_needed(const std::vector<Verdict>& verdicts, std::size_t current,
                              const Precision& precision);

}  // namespace twostage
