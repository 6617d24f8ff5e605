// The clipped surrogate of PPO (Schulman et al. 1707.06347): several steps for one asking of the policy,
//   L(pi) = E_old[ min(rho A, clip(rho, 1 - eps, 1 + eps) A) ],   rho = pi / pi_old,
// at each token with its advantage A = r + V(s') - V(s), or for the whole completion with A = R - V(s0). V is
// the exact value of pi_old, the KL counted in its reward: a critic without error, so that nothing but the
// completions is sampled. At pi = pi_old the gradient is the plain one; once rho has passed the clip, in the
// direction that A asks for, it is 0.
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
};

// From so many completions an asking; none: in expectation, over all of them where the ratio is one of
// sequences. InputError where there are too many of those.
struct CompletionSource {
  std::size_t completions;
  RolloutSource from;
};
std::unique_ptr<PolicyGradient> clipped_gradient(LearningTask task, const Clipping& clipping,
                                                 const std::optional<CompletionSource>& sampled);

}  // namespace twostage
