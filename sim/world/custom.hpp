// A world from its parts, checked: for programs that bring their own graph, rewards and reference policy
// instead of drawing them from a family.
#pragma once

#include "sim/world/world.hpp"

namespace twostage {

struct WorldParts {
  TokenGraph graph;                    // no state belongs to two prompts (see forest and join)
  std::vector<double> reward;          // [edges] true reward, in the units of beta
  std::vector<double> reference = {};  // [edges] pi_ref(a|s), positive, sum 1 in each state; empty: uniform
  std::vector<double> length = {};     // [edges] tokens of an edge, 0 and more; empty: one each
  std::vector<double> rho = {};        // [prompts] positive, sum 1; empty: equal
  double beta = 1;                     // > 0
  bool shared_classes = true;          // then the prompts have copies of one graph
  std::shared_ptr<const EdgeBasis> basis = nullptr;  // what the classes `degree` and `first` are made of
};

// Sums of probabilities may be off by this much; they are divided by what they are.
inline constexpr double kProbabilitySlack = 1e-6;

// The world of these parts, of family "custom". InputError that names the part, its place and what is wrong:
// a length, a number that is not finite, a probability that is not positive, a sum that is not one, prompts
// that share states.
World custom_world(WorldParts parts);

}  // namespace twostage
