// The algorithms, one per file, and what their entries share. Internal to sim/algorithm.
#pragma once

#include "sim/algorithm/arm.hpp"
#include "sim/model/score_model.hpp"
#include "sim/penalty/penalty.hpp"

namespace twostage {

Entry<Algorithm> dpo_entry();
Entry<Algorithm> planned_dpo_entry();
Entry<Algorithm> rm_plan_entry();
Entry<Algorithm> rm_project_entry();
Entry<Algorithm> sft_entry();

// Number of starting points of a fit without a proof that one suffices.
Knob starts_knob();

// The class an arm asks for in a role; refuses one too large to fit.
std::unique_ptr<LinearModel> arm_model(const ArmSpec& spec, const World& world, Role role);

// The arm's options, checked against its algorithm's knobs.
Settings arm_options(const ArmSpec& spec);

// One parameter for each edge of a policy means one for each policy only if all prompts that share it also
// share the reference policy: log pi/pi_ref is then a function of the shared logits alone.
bool tabular_is_every_policy(const World& world);

// Whether the penalty is a convex functional of r when evaluated at the soft plan of r.
bool convex_in_reward(PenaltyKind kind);
// Whether it is convex in theta for policies with logits linear in theta.
bool convex_in_logits(PenaltyKind kind);

}  // namespace twostage
