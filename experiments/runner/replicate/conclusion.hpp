// What one replicate comes to: which arms return one policy, who has the least regret, and why the others
// have more. Every sentence rests on a number that is computed exactly for this replicate.
#pragma once

#include <string>
#include <vector>

#include "experiments/runner/replicate/whole_replicate.hpp"

namespace twostage {

// Arms that return the same policy (edge occupancies equal to 1e-6), in the order of the study.
struct SamePolicy {
  std::vector<std::size_t> arms;
  double regret;  // of the first
};

struct Conclusion {
  std::vector<SamePolicy> ranks;       // the least regret first
  std::vector<std::size_t> no_fit;     // arms whose status is not ok: they take no part
  std::vector<std::string> sentences;  // who won, by how much, and why
};

Conclusion conclude(const WholeReplicate& replicate);

// One of the replicate's measures by name; NaN where the study does not compute it.
double measure_of(const WholeReplicate& replicate, std::string_view name, std::size_t arm);

// Whether the arm's prediction lies within the regime in which it may be trusted.
bool is_within(const WholeReplicate& replicate, std::size_t arm);

}  // namespace twostage
