// The exact law of a completion's return under two policies, as a list of atoms: the forward sweep carries
// every distinct partial sum of each state, and equal ones merge. On a prefix tree that is enumeration of the
// A^H completions; where the return depends on the last state alone (a walk with a terminal reward) it is one
// atom a state, at any horizon.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/graph/token_graph.hpp"

namespace twostage {

struct ReturnAtom {
  std::int32_t prompt;
  double first;   // sum of the first edge values
  double second;  // sum of the second edge values
  double p;       // P_p(atom | prompt)
  double q;       // P_q(atom | prompt)
  double error;   // of the first: the largest in size among the paths that make up the atom
};

// Atoms ordered by (prompt, first, second). `second_values` may be empty (then second = 0), and so may
// `first_errors`, which are added up along paths like the values.
std::vector<ReturnAtom> return_distribution(const TokenGraph& graph, std::span<const double> first_values,
                                            std::span<const double> second_values,
                                            std::span<const double> log_p, std::span<const double> log_q,
                                            std::span<const double> first_errors = {});

// No layer of that sweep holds more atoms than this, found without making them: when all paths to a state
// have the same partial sums, one for each edge of the widest layer (and each prompt, where prompts share
// states); else one for each completion.
double most_return_atoms(const TokenGraph& graph, std::span<const double> first_values,
                         std::span<const double> second_values);

// Whether every state is reached from one prompt alone and by paths of one partial sum. A law on completions
// that weighs the reference by a function of the prompt and this sum is then a policy on edges.
bool sum_belongs_to_states(const TokenGraph& graph, std::span<const double> edge_values);

}  // namespace twostage
