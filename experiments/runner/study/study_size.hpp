// How large a study may be, told from its numbers alone: products are taken with care for overflow, and what
// is too much is refused before anything of that size is made. Every command reads studies through
// `parse_study`, which asks here, the study inside a result file included.
#pragma once

#include "experiments/runner/study/study.hpp"

namespace twostage {

inline constexpr std::int64_t kMostPoints = 100'000;  // of the axes together: each is checked before a run
inline constexpr std::int64_t kMostReplicates = 10'000'000;
inline constexpr std::int64_t kMostBatches = 1'000'000;  // each is a file until the run ends

// InputError at the longest axis, or at the replicates: what there is, the limit, and what to lower.
void check_size(const Study& study);

}  // namespace twostage
