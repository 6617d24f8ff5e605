// Pairs of completions that are listed instead of drawn, each as often as it is to be expected.
#pragma once

#include <vector>

#include "sim/algorithm/arm.hpp"
#include "sim/completions/completions.hpp"

namespace twostage {

struct ListedPairs {
  Completions all;
  // Of each prompt a square matrix [its completions x its completions], row by row: how often the one is
  // preferred to the other.
  std::vector<std::vector<double>> wins;

  explicit ListedPairs(const World& world);  // none yet
};

// Each two completions that meet at all as one row.
PairTable table_of(const ListedPairs& pairs);

// For Algorithm::check: InputError where `expectation` is "exact" and they are too many to be listed.
void check_listed_pairs(const ArmSpec& spec, const World& world);
double listed_pairs_bytes(const World& world);

Knob exact_or_sampled_knob();  // `expectation`

}  // namespace twostage
