// kto: Kahneman-Tversky optimisation, offline, each pair as one desirable and one undesirable completion:
//   sum_i [a (1 - sigmoid(beta (u+_i - z0))) + b (1 - sigmoid(beta (z0 - u-_i)))] + penalty(pi),
//   u = log pi/pi_ref, z0 = E_s0 KL(P_pi || P_ref),
// without a derivative through z0: a fixed point, not a minimum (point_fit.hpp). The paper writes the
// divergence at a prompt and estimates one number for a whole batch of prompts; here it is the exact mean
// over prompts. (TRL has that estimate from mismatched completions of the data, clipped at 0, and takes the
// mean over both kinds of completions, half of this.) Over all policies nothing holds it: a completion that
// is rejected more often than chosen loses all its mass, and there is no fixed point (saturation.hpp). Under
// a penalty there is one.
#include "sim/algorithm/direct/loss_fit.hpp"
#include "sim/algorithm/direct/points/point_fit.hpp"
#include "sim/algorithm/direct/saturation.hpp"
#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/unpenalised.hpp"
#include "sim/numerics/elementary.hpp"
#include "sim/plan/divergence.hpp"

namespace twostage {
namespace {

struct Strengths {
  double beta, desirable, undesirable;
};

Strengths strengths_of(const ArmSpec& spec) {
  const Settings options = arm_options(spec);
  return {options.real("beta"), options.real("desirable"), options.real("undesirable")};
}

class KtoLoss final : public PointLoss {
 public:
  KtoLoss(const World& world, const PairTable& table, const Strengths& strengths)
      : PointLoss(world, table), world_(world), of_(strengths) {}

  double point_of(std::span<const double> log_policy) const override {
    return kl_divergence(world_.graph, world_.rho, log_policy, world_.log_reference);
  }
  PairCost cost(const LogProbabilities& chosen, const LogProbabilities& rejected) const override {
    const double win = of_.beta * (chosen.policy - chosen.reference - point());
    const double lose = of_.beta * (rejected.policy - rejected.reference - point());
    const double missed = num::sigmoid(-win), kept = num::sigmoid(lose);
    return {of_.desirable * missed + of_.undesirable * kept,
            -of_.desirable * of_.beta * missed * num::sigmoid(win),
            of_.undesirable * of_.beta * kept * num::sigmoid(-lose)};
  }
  double slope_scale() const override { return of_.beta * (of_.desirable + of_.undesirable) / 4; }

 private:
  const World& world_;
  Strengths of_;
};

std::unique_ptr<PolicyLoss> loss(const ArmSpec& spec, const World& world, const PairTable& table) {
  return std::make_unique<KtoLoss>(world, table, strengths_of(spec));
}

KnownExistence existence(const ArmSpec& spec, const ArmInput& input) {
  const Strengths of = strengths_of(spec);
  return existence_where_saturating(spec, input, of.desirable, of.undesirable);
}

ArmResult run(const ArmSpec& spec, const ArmInput& input) {
  KtoLoss loss(input.world, *input.table, strengths_of(spec));
  const bool alone = penalty_kind(spec.penalty) == PenaltyKind::none;
  const bool attained = !alone || existence(spec, input).outcome != Existence::not_attained;
  return fit_to_its_point(spec, input, loss, attained);
}

void check(const ArmSpec& spec, const World& world) {
  const Strengths of = strengths_of(spec);
  require_saturating_tree(spec, world, of.desirable, of.undesirable);
}

}  // namespace

Entry<Algorithm> kto_entry() {
  return {"kto",
          "Kahneman-Tversky optimisation, offline: log-ratios against their mean under the policy itself",
          "2402.01306",
          Status::checked,
          {{"beta", 0.1, 1e-3, 1e3, {}, "how fast a gain saturates"},
           {"desirable", 1.0, 1e-3, 1e3, {}, "weight of chosen completions"},
           {"undesirable", 1.0, 1e-3, 1e3, {}, "weight of rejected completions"}},
          {.target = "none: all mass leaves what is rejected more often than chosen",
           .any_preferences = true,
           .run = run,
           .uses_policy = true,
           .learner = course_of_loss,
           .loss = loss,
           .theory = no_route,
           .existence = existence,
           .existence_lasts = false,
           .judge = disown_unjudged,
           .check = check,
           .held_out_loss = loss_of_held_out}};
}

}  // namespace twostage
