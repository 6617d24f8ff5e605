// Best-of-n: draw n completions from pi_ref, keep the one with the highest score. Its exact law on a finite
// alphabet.
//
// Statement. With F(s) = P_ref(score <= s) and F(s-) = P_ref(score < s), the value s is kept with probability
// F(s)^n - F(s-)^n, and completions of one value share it in proportion to pi_ref. Hence
//   KL(best-of-n || ref) = sum over values of q log(q / p) <= log n - (n - 1)/n,
// with equality exactly when no value has mass (atomless scores), where the win rate against the reference,
// ties counted one half, is n / (n + 1).
//
// Regime. Exact, for any real n >= 1 (the law is defined by its powers, sim/policy/best_of_n.hpp).
//
// Sources: Stiennon et al. 2009.01325 (the formula), Beirami et al. 2401.01879 (that it is a bound).
#pragma once

#include <span>
#include <vector>

#include "sim/world/world.hpp"

namespace twostage {

struct BestOfN {
  std::vector<double> probability;  // [completions]
  double kl = 0;                    // to the reference
  double win_rate = 0;              // P(score above one of the reference) + P(equal)/2
  double score_gain = 0;            // E score - E_ref score
  double reward_gain = 0;           // the same of `reward`
};

// `reference` sums to one; `score` decides, `reward` is what is gained (pass the score again when it is
// exact). Throws std::invalid_argument for lengths that differ and n < 1.
BestOfN best_of_n(std::span<const double> reference, std::span<const double> score,
                  std::span<const double> reward, double n);

// Best-of-n in a world of at most 4096 completions, by edge scores, averaged over prompts; `probability`
// holds one prompt after the other. Sums of edge scores that are equal in exact arithmetic differ by
// rounding: those of a prompt that lie within 1e-12 of each other, relative to the largest sum of magnitudes
// along a path, are one value (neighbours in the order of scores chain), the lowest of them.
BestOfN best_of_n(const World& world, std::span<const double> edge_scores, double n);

double best_of_n_kl_bound(double n);           // log n - (n - 1)/n
double best_of_n_atomless_win_rate(double n);  // n / (n + 1)

}  // namespace twostage
