// The loss of EXO with rewards (Ji et al. 2402.00856): the policy as it distributes K completions of a
// prompt, against the rewards of these, by reverse KL,
//   E KL( softmax_K(scale u) || softmax_K(r / temperature) ),   u = log pi/pi_ref of a completion,
// over K independent draws from a policy that is fixed. It has one stationary point over all policies: along
// a = scale u - r / temperature its derivative is the variance of a among the K, under the first of the two,
// so that it vanishes only where a is one number for each prompt.
#pragma once

#include "sim/completions/completions.hpp"
#include "sim/loss/policy_loss.hpp"

namespace twostage {

// Completions in all groups that are gone through, at most; and of a prompt with so many completions, those
// in its groups of `draws`, each group as often as its order does not matter.
inline constexpr double kMostGrouped = 1 << 21;
double grouped(double completions, std::size_t draws);

struct GroupKl {
  double scale, temperature;
  std::size_t draws;  // K; 0: the limit of many
};

// World and spans are referred to. With the limit: KL of the laws pi_from (pi/pi_ref)^scale and pi_from
// exp(r / temperature), both normalised.
std::unique_ptr<PolicyLoss> group_kl(const World& world, std::span<const double> log_from,
                                     std::span<const double> edge_reward, const GroupKl& knobs);

}  // namespace twostage
