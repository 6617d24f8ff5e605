// What is known of an estimate without penalty: whether there is one, and whether it is one point.
#pragma once

#include "sim/algorithm/arm.hpp"
#include "sim/model/score_model.hpp"

namespace twostage {

struct KnownExistence {
  Existence outcome = Existence::no_exact_test;
  std::size_t rank = 0;  // of flat and unique: dimensions that the data see
};

// The exact test (existence.hpp), which applies
//   to every route through a reward, since rewards are linear;
//   to DPO over all policies, through the dense reward it is isomorphic to;
//   to DPO where margins are affine in theta (below);
//   to sft: -log pi is convex in logits, and its recession function along d is the sum over chosen actions of
//   max_b d(s, b) - d(s, a) >= 0, so that the rows phi(s, a) - phi(s, b) of chosen a and all b take the place
//   of the pair differences.
KnownExistence exact_existence(const ArmSpec& spec, const ArmInput& input);

// Whether the margins of all pairs are affine in theta: log Z of a state depends on theta only at the prompt,
// which both completions share, or alike at all states of a layer. So it is at horizon 1, for `first-token`,
// and for functions of the single token where the reference is one for all states.
bool margins_are_affine(const LinearModel& model, const World& world);

// The rows of sft, [rows x parameters].
std::vector<double> choice_matrix(const LinearModel& model, const World& world, const PreferenceData& data);

// Completes a fit of the likelihood alone: a point that is no minimum, or one of many, is not passed off as
// the estimate.
void judge_unpenalised(const ArmSpec& spec, const ArmInput& input, ArmResult& result);

}  // namespace twostage
