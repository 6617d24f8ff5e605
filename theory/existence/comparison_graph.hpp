// Who beats whom, and how likely: the distinct feature vectors of completions as nodes, joined by the
// comparisons of a sampler. What it says of estimates: theory/existence/existence_probability.hpp.
#pragma once

#include <cstddef>
#include <vector>

#include "sim/model/score_model.hpp"
#include "sim/preference/pair_sampler.hpp"
#include "sim/world/world.hpp"

namespace twostage {

struct ComparisonGraph {
  std::size_t nodes = 0;
  std::vector<std::size_t> component;  // [nodes]
  std::size_t components = 0;
  bool separates_nodes = false;   // the class gives every node its own value
  std::vector<double> wins;       // [nodes x nodes] w_ij; empty beyond 1024 nodes
  std::vector<double> mass;       // [nodes] P(a completion of a pair is there)
  std::vector<double> one_sided;  // P(a pair's winner has less of feature j), then: has more of it
};

// InputError beyond 4096 completions.
ComparisonGraph comparison_graph(const World& world, const LinearModel& model, const PairPolicies& sampler);

}  // namespace twostage
