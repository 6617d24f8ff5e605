// The algorithms, one per file, and what their entries share. Internal to sim/algorithm.
#pragma once

#include "sim/algorithm/arm.hpp"
#include "sim/fit/reward_fit.hpp"
#include "sim/model/score_model.hpp"
#include "sim/penalty/penalty.hpp"

namespace twostage {

Entry<Algorithm> alphapo_entry();
Entry<Algorithm> apo_entry();
Entry<Algorithm> bco_entry();
Entry<Algorithm> best_of_n_entry();
Entry<Algorithm> chipo_entry();
Entry<Algorithm> cpo_entry();
Entry<Algorithm> dpo_best_of_n_entry();
Entry<Algorithm> dpo_entry();
Entry<Algorithm> ensemble_best_entry();
Entry<Algorithm> ensemble_plan_entry();
Entry<Algorithm> exo_entry();
Entry<Algorithm> fdpo_entry();
Entry<Algorithm> grpo_entry();
Entry<Algorithm> hypo_entry();
Entry<Algorithm> ipo_entry();
Entry<Algorithm> iterative_dpo_entry();
Entry<Algorithm> iterative_ipo_entry();
Entry<Algorithm> kto_entry();
Entry<Algorithm> nca_entry();
Entry<Algorithm> online_dpo_entry();
Entry<Algorithm> orpo_entry();
Entry<Algorithm> planned_dpo_entry();
Entry<Algorithm> ppo_entry();
Entry<Algorithm> raft_entry();
Entry<Algorithm> rdpo_entry();
Entry<Algorithm> rebel_entry();
Entry<Algorithm> reinforce_entry();
Entry<Algorithm> rloo_entry();
Entry<Algorithm> rm_distil_entry();
Entry<Algorithm> rm_draw_entry();
Entry<Algorithm> rm_exo_entry();
Entry<Algorithm> rm_plan_entry();
Entry<Algorithm> rm_project_entry();
Entry<Algorithm> rwr_entry();
Entry<Algorithm> sft_entry();
Entry<Algorithm> simpo_entry();
Entry<Algorithm> slic_entry();
Entry<Algorithm> spin_entry();
Entry<Algorithm> sppo_entry();
Entry<Algorithm> xpo_entry();

// Number of starting points of a fit without a proof that one suffices.
Knob starts_knob();
// The same of algorithms that have it for rewards alone, which were linear before there were others.
Knob unstated_starts_knob();
// What such a fit of a reward is given: as many as the arm says, or the default where its algorithm has no
// such knob.
Starts starts_of(const ArmSpec& spec, const ArmInput& input);

// The class an arm asks for in a role; refuses one too large to fit. The second is for whoever needs rewards
// that are linear in their parameters.
std::unique_ptr<ScoreModel> arm_model(const ArmSpec& spec, const World& world, Role role);
std::unique_ptr<const LinearModel> arm_rewards(const ArmSpec& spec, const World& world);

// Parameters at which no two sums of scores coincide but where all members of the class have them equal.
std::vector<double> generic_parameters(const ScoreModel& model);
// Scores on edges by which completions are told apart whatever the arm's class of rewards can tell apart, for
// Algorithm::check: what would be too large is refused before there are data.
std::vector<double> generic_scores(const ArmSpec& spec, const World& world);

// The arm's options, checked against its algorithm's knobs.
Settings arm_options(const ArmSpec& spec);

// The pairs of the data, each as often as it counts, which need not be a whole number where they are given;
// and the labels that they hold.
double count_pairs(const ArmInput& input);
std::uint64_t labels_of(const ArmInput& input);

// theory's route of an arm, whatever its options.
TheoryRoute plan_route(const ArmSpec& spec);
TheoryRoute no_route(const ArmSpec& spec);

}  // namespace twostage
