// An ensemble of rewards, and the pessimistic one that is acted on (Coste et al. 2310.02743): each of m
// members is fitted to a bootstrap resample of the pairs, and a completion is worth
//   worst      min_k r_k(xi)
//   deviation  mean_k r_k(xi) - c sd_k r_k(xi)
//   variance   mean_k r_k(xi) - c var_k r_k(xi)
// sd and var over the m members, divided by m. The first and the last are that paper's worst-case and
// uncertainty-weighted optimisation. One member is fitted to the pairs themselves.
//
// Preferences leave open what is added to all rewards of a prompt, and members compare only once that is
// fixed: here each has mean 0 under the reference, prompt by prompt.
//
// Of the mean alone, sums of edges remain sums of edges. Else what is acted on is a function of the whole
// completion: on edges, the whole of it at the last one, where all paths to a state have one reward (on
// trees, and where the class scores the end alone), and refused elsewhere.
#pragma once

#include "sim/algorithm/arm.hpp"

namespace twostage {

// The arm but for its policy: `edge_reward` is the pessimistic reward, theta those of all members, one after
// the other, `certificate.objective` the mean of what they minimised. Member k is drawn from the stream
// (bootstrap, replicate, k), and the pairs of a population are not drawn from: all members are one.
ArmResult fit_ensemble(const ArmSpec& spec, const ArmInput& input);

// What algorithms with an ensemble answer alike.
Algorithm after_an_ensemble(std::string target, decltype(Algorithm::run) run);
// For Algorithm::check: InputError where what is acted on would be no reward on edges.
void check_ensemble(const ArmSpec& spec, const World& world);

Knob members_knob();
Knob pessimism_knob();
Knob spread_weight_knob();

}  // namespace twostage
