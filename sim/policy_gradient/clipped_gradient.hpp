// The clipped surrogate of PPO (Schulman et al. 1707.06347): several steps for one asking of the policy,
//   L(pi) = E_old[ min(rho A, clip(rho, 1 - eps, 1 + eps) A) ],   rho = pi / pi_old,
// at each token with its advantage A = r + V(s') - V(s), or for the whole completion with A = R - V(s0). V is
// the exact value of pi_old, the KL counted in its reward: a critic without error, so that nothing but the
// completions is sampled. At pi = pi_old the gradient is the plain one; once rho has passed the clip, in the
// direction that A asks for, it is 0.
//
// A fitted critic knows the completions alone: of each state the mean of what was paid from there on, which
// has the least squares of all functions of the state. Its tokens have the advantages of Schulman et al.
// 1506.02438,
//   A_h = sum_{k >= h} lambda^(k - h) (r_k + V(s_{k+1}) - V(s_k)):
// at lambda = 1 what was paid from there on, less V; at 0 as above. A mean holds a share of what is compared
// with it: where n completions come to a state, advantages at lambda = 1 are smaller by 1 - 1/n on average,
// and a state that was visited once has none.
#pragma once

#include <memory>
#include <optional>

#include "sim/policy_gradient/policy_gradient.hpp"

namespace twostage {

enum class Ratio { token, sequence };

struct Clipping {
  double epsilon = 0.2;
  Ratio ratio = Ratio::token;
  std::uint64_t epochs = 4;       // steps for one asking
  KlTerm kl = KlTerm::in_reward;  // or none
  // Of a critic fitted to the completions that are drawn; none: an exact one.
  std::optional<double> lambda = {};
};

// From so many completions an asking; none: in expectation, over all of them where the ratio is one of
// sequences, and every critic is exact. InputError where there are too many of those.
struct CompletionSource {
  std::size_t completions;
  RolloutSource from;
};
std::unique_ptr<PolicyGradient> clipped_gradient(LearningTask task, const Clipping& clipping,
                                                 const std::optional<CompletionSource>& sampled);

}  // namespace twostage
