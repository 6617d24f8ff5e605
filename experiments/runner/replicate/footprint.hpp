// What one replicate takes in memory, as a function of its sizes: `run` refuses by it what would not fit, and
// `--dry-run` shows it. It bounds the peak from above, by little where memory matters; tests/attack measures
// that. A run takes this once for each thread, and the table of its results twice, since the file is built
// beside it.
//
//   E edges, S states, H horizon, n pairs, p parameters, F features of a completion (not zero), R rows
//   (distinct comparisons, at most n), N completions. All in bytes:
//
//   world        124 E and the basis (sim/world)
//   data         n (8 H + 24), and R (28 H + 150) for their table while it grows and what of it was seen
//   each arm     16 E + 8 p, kept until the replicate ends, as is a course, R (8 H + 80) + 64 E + 32 p; while
//                it is fitted also
//                  96 E + 48 S        objective, penalty and sweeps
//                  8 p (E + S)        path covariances where Newton's method applies, and ranks of
//                                     classes that are not orthonormal; 8 p S for tabular classes
//                  40 p^2             Hessian and its factors (l1: 64 p^2); else 16 p (m + 5), m steps
//                  remembered R (70 F + 150)     rows of differences; R (150 F + 300) and 80 p^2 where
//                  existence is decided (sft: of choices, E at most, and the features of all edges of visited
//                  states)
//                  an ensemble of m rewards: m (24 E + 8 S + 16 p) and R (16 H + 80); of those, 8 m p are
//                  kept best-of-n: 200 N up to 2^20 scores while they are listed, and 32 N up to 2^18 kept
//                  a network of q parameters that reads d inputs: 8 E (d + 2 q + 8) + 8 q S
//   predictions  8 p (4 E + S) + 150 E for information (two policies: 8 p (3 E + 4 S)); where completions can
//                be listed, N (100 F + 16 p + 250) and up to 17 N^2 numbers; pairs of them for the second
//                order
//   on request   300 W for characteristic functions, W the widest layer; 160 N up to 2^20 returns
#pragma once

#include <vector>

#include "experiments/runner/replicate/columns.hpp"
#include "sim/model/score_model.hpp"

namespace twostage {

struct Footprint {
  double world = 0;
  double data = 0;
  double predictions = 0;  // while theory speaks, before there are data
  double arms = 0;         // the largest fit beside the results of the others, and what is measured of it

  double total() const { return world + std::max(predictions, data + arms); }
};

// Of the data alone, from numbers, before a world exists.
double data_bytes(const Recipe& recipe);

// `models`: of each arm, the reward's and the policy's, null where it has none.
struct ArmModels {
  const ScoreModel* reward = nullptr;
  const ScoreModel* policy = nullptr;
};
Footprint footprint(const Recipe& recipe, const World& world, const std::vector<ArmModels>& models,
                    const Columns& columns);

}  // namespace twostage
