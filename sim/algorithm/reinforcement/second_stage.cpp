#include "sim/algorithm/reinforcement/second_stage.hpp"

#include <algorithm>
#include <cmath>

#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/learned_prompts.hpp"
#include "sim/algorithm/tuning.hpp"
#include "sim/algorithm/unpenalised.hpp"
#include "sim/fit/multi_start.hpp"
#include "sim/loss/policy_objective.hpp"
#include "sim/plan/divergence.hpp"

namespace twostage {

SecondStage::SecondStage(const ArmSpec& spec, const ArmInput& input)
    : world_(learning_world(spec, input.world)),
      reward_(arm_model(spec, input.world, Role::reward)),
      model_(arm_model(spec, *world_, Role::policy)),
      plan_(fit_and_plan(*reward_, input.world, *input.table, read_penalty(spec.penalty).penalty,
                         starts_of(spec, input), input.flat_rank)),
      labels_(labels_of(input)) {
  move_to(starting_point(*model_, input.source, input.replicate));
}

void SecondStage::move_to(std::vector<double> theta) {
  theta_ = std::move(theta);
  log_policy_ = policy_at(*model_, *world_, theta_);
}

bool SecondStage::finite() const {
  return std::ranges::all_of(log_policy_, [](double x) { return std::isfinite(x); });
}

bool SecondStage::at_the_plan() const {
  constexpr double lost = 1e-10;
  return kl_divergence(world_->graph, world_->rho, log_policy_, plan_.log_policy) <= lost;
}

ArmResult SecondStage::result() const {
  ArmResult out;
  out.theta = plan_.fit.theta;
  out.edge_reward = plan_.edge_reward;
  out.edge_error = plan_.fit.edge_error;
  out.policy = EdgePolicy(log_policy_);
  out.certificate.objective =
      world_->beta * kl_divergence(world_->graph, world_->rho, log_policy_, world_->log_reference) -
      expected_value(world_->graph, world_->rho, log_policy_, plan_.edge_reward);
  out.raw_parameters = reward_->parameters();
  out.rank = reward_->rank();
  out.cost.labels = labels_;
  return out;
}

ArmResult first_stage(const ArmSpec& spec, const ArmInput& input) {
  const auto model = arm_model(spec, input.world, Role::reward);
  RewardFit fit = fit_reward(*model, input.world, *input.table, read_penalty(spec.penalty).penalty,
                             starts_of(spec, input), input.flat_rank);
  ArmResult out;
  out.edge_reward.resize(input.world.graph.edges());
  model->scores(fit.theta, out.edge_reward);
  out.theta = std::move(fit.theta);
  out.certificate = fit.certificate;
  return out;
}

Algorithm after_a_reward(std::string target) {
  return {.target = std::move(target),
          .uses_reward = true,
          .uses_policy = true,
          .any_rewards = true,
          .takes_l1 = true,
          .course_bytes = second_stage_bytes,
          .first_stage = first_stage,
          .theory = no_route,
          .existence = existence_of_reward,
          .held_out_loss = bradley_terry_loss};
}

double second_stage_bytes(const ArmSpec& spec, const World& world) {
  constexpr double on_edges = 16, on_states = 4, of_parameters = 8;
  const std::shared_ptr<const World> learning = learning_world(spec, world);
  return learning_world_bytes(spec, world) +
         sizeof(double) *
             (on_edges * static_cast<double>(world.graph.edges()) +
              on_states * static_cast<double>(world.graph.states()) +
              of_parameters * static_cast<double>(arm_model(spec, *learning, Role::policy)->parameters()));
}

}  // namespace twostage
