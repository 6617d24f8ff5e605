// Best-of-n as a policy: n completions are drawn from the reference, and the one with the highest score is
// kept, ties broken uniformly. Its exact law (theory/bounds/best_of_n.hpp has what follows from it): with
// F(s) = P_ref(score <= s | s0) and F(s-) = P_ref(score < s | s0), a completion of score s has
//   P_pi(xi | s0) = P_ref(xi | s0) (F(s)^n - F(s-)^n) / (F(s) - F(s-)).
// Source: Stiennon et al. 2009.01325.
#pragma once

#include <span>
#include <vector>

#include "sim/policy/policy_law.hpp"

namespace twostage {

// log(F(s)^n - F(s-)^n) for each value of a score, from the lowest up, given the reference masses of the
// values, which are positive. Differences of powers are taken as F^n (1 - (1 - p/F)^n), with 1 - F summed
// from the top, so that large n lose no digits. Any real n >= 1.
std::vector<double> best_of_n_log_masses(std::span<const double> mass, double n);

// All distinct scores are listed: so many at most in passing, for a policy on edges, and so many pairs of a
// score and a true reward to keep as the policy.
inline constexpr double kMostScores = 1 << 20;
inline constexpr double kMostReweightedScores = 1 << 18;

// By a score on edges. Scores are equal when they differ by no more than their error (sim/plan/ties.hpp):
// rounding, and `edge_error` [edges], if any, of what an optimiser left undone. It is a policy on edges where
// the score so far is a function of the state (on trees; where the end alone is scored), else a reweighting
// of the reference. Scores that are not finite make a policy that is not. InputError, with their number,
// where there may be too many scores.
PolicyLaw best_of_n(const World& world, std::vector<double> edge_score, std::span<const double> edge_error,
                    double n);
// The same refusal, before any score is fitted, for scores like these.
void check_best_of_n(const World& world, std::span<const double> edge_score);

}  // namespace twostage
