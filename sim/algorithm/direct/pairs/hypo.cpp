// hypo: hybrid preference optimization (2406.01462; not the Hybrid-DPO of 2602.11902), dpo with a pull back
// to the reference along what the policy itself would say:
//   minimise sum_i softplus(-Delta_i) + n lambda E_s0 KL(P_pi || P_ref) + penalty(pi),
//   Delta_i = beta (log pi/pi_ref (xi+_i) - log pi/pi_ref (xi-_i)), n the pairs as often as they count.
// The divergence is exact, and so is its gradient (the mean of log pi/pi_ref over samples, differentiated
// with the samples held fixed, would have none). It is bounded, so that without penalty the sum is attained
// where the loss of dpo is; it is not convex in the rewards that policies are optimal for.
#include "sim/algorithm/direct/loss_fit.hpp"
#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/unpenalised.hpp"
#include "sim/numerics/elementary.hpp"
#include "sim/numerics/reduce.hpp"
#include "sim/plan/sweeps.hpp"

namespace twostage {
namespace {

class HypoLoss final : public PolicyLoss {
 public:
  HypoLoss(const World& world, const PairTable& table, double lambda)
      : world_(world),
        pairs_(world, table, world.beta),
        strength_(lambda * (num::sum(table.wins) + num::sum(table.losses))),
        mass_(world.graph.edges()),
        log_ratio_(world.graph.edges()),
        ahead_(world.graph.states()) {}

  double evaluate(std::span<const double> log_policy, std::span<double> d_log_policy) override {
    const TokenGraph& graph = world_.graph;
    occupancy(graph, world_.rho, log_policy, mass_);
    for (std::size_t e = 0; e < log_ratio_.size(); ++e)
      log_ratio_[e] = log_policy[e] - world_.log_reference[e];
    expected_return(graph, log_policy, log_ratio_, ahead_);
    double divergence = 0;
    // What was summed before a state is alike for all its actions, and so no force on their softmax.
    for (EdgeId e = 0; static_cast<std::size_t>(e) < graph.edges(); ++e) {
      const auto k = static_cast<std::size_t>(e);
      divergence += mass_[k] * num::exp_residual(-log_ratio_[k]);
      d_log_policy[k] +=
          strength_ * mass_[k] * (log_ratio_[k] + ahead_[static_cast<std::size_t>(graph.successor(e))]);
    }
    return pairs_.evaluate(log_policy, d_log_policy) + strength_ * divergence;
  }
  double slope_scale() const override { return pairs_.slope_scale(); }

 private:
  const World& world_;
  DpoLoss pairs_;
  double strength_;
  std::vector<double> mass_, log_ratio_, ahead_;
};

std::unique_ptr<PolicyLoss> loss(const ArmSpec& spec, const World& world, const PairTable& table) {
  return std::make_unique<HypoLoss>(world, table, arm_options(spec).real("lambda"));
}

ArmResult run(const ArmSpec& spec, const ArmInput& input) {
  return fit_by_descent(spec, input, Shape::unknown);
}

}  // namespace

Entry<Algorithm> hypo_entry() {
  return {"hypo",
          "hybrid preference optimization: dpo and the policy's own KL to the reference",
          "2406.01462",
          Status::checked,
          {{"lambda", 0.1, 0, 1e3, {}, "weight of KL(pi || pi_ref), for each pair"}, starts_knob()},
          {.target = "between pi* and ref",
           .run = run,
           .uses_policy = true,
           .learner = course_of_loss,
           .loss = loss,
           .theory = no_route,
           .judge = disown_unless_margins_are_unique,
           .check = require_known_margins,
           .held_out_loss = loss_of_held_out}};
}

}  // namespace twostage
