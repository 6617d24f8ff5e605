// chipo: chi-squared preference optimization, offline:
//   minimise sum_i softplus(-clip(m_i)) + penalty(pi),   m_i = beta (phi(xi+_i) - phi(xi-_i)),
//   phi = z + log z at z = pi/pi_ref, clip to [-2 r_max, 2 r_max].
// Over all policies and pairs drawn from the reference its population optimum has beta phi(pi/pi_ref) = r +
// c, the optimum of E r - beta (KL(pi || pi_ref) + E_pi[pi/pi_ref] / 2). Its aim is not that of J_beta.
// Beyond the clip there is no slope. Where no pair is clipped and none can be moved at no cost (the exact
// test of dpo), margins that grow without end cost without end, since phi is no slower than log z: the loss
// is attained.
#include <cmath>

#include "sim/algorithm/direct/loss_fit.hpp"
#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/unpenalised.hpp"
#include "sim/fit/limits.hpp"
#include "sim/numerics/elementary.hpp"
#include "sim/plan/sweeps.hpp"

namespace twostage {
namespace {

class ChipoLoss final : public PairLoss {
 public:
  ChipoLoss(const World& world, const PairTable& table, double most)
      : PairLoss(world, table), beta_(world.beta), most_(most) {}

  PairCost cost(const LogProbabilities& chosen, const LogProbabilities& rejected) const override {
    const double win = chosen.policy - chosen.reference, lose = rejected.policy - rejected.reference;
    const double z_win = num::exp(win), z_lose = num::exp(lose);
    const double margin = beta_ * ((win - lose) + (z_win - z_lose));
    if (std::fabs(margin) > most_) return {num::softplus(margin > 0 ? -most_ : most_), 0, 0};
    const double pull = beta_ * num::sigmoid(-margin);
    return {num::softplus(-margin), -pull * (1 + z_win), pull * (1 + z_lose)};
  }
  double slope_scale() const override { return 2 * beta_; }

  // Whether the difference of a pair lies beyond the clip.
  bool clips(const LogProbabilities& chosen, const LogProbabilities& rejected) const {
    return chosen.policy != rejected.policy && cost(chosen, rejected).d_rejected == 0;
  }

 private:
  double beta_, most_;
};

std::unique_ptr<ChipoLoss> chipo_loss(const ArmSpec& spec, const World& world, const PairTable& table) {
  return std::make_unique<ChipoLoss>(world, table, 2 * arm_options(spec).real("r_max"));
}

std::unique_ptr<PolicyLoss> loss(const ArmSpec& spec, const World& world, const PairTable& table) {
  return chipo_loss(spec, world, table);
}

ArmResult run(const ArmSpec& spec, const ArmInput& input) {
  return fit_by_descent(spec, input, Shape::unknown);
}

bool clips_any(const ArmSpec& spec, const ArmInput& input, const ArmResult& result) {
  const auto loss = chipo_loss(spec, input.world, *input.table);
  const auto of = [&](std::span<const EdgeId> path) {
    return LogProbabilities{path_sum(result.log_policy(), path), path_sum(input.world.log_reference, path),
                            completion_length(input.world, path)};
  };
  for (std::size_t i = 0; i < input.data.size(); ++i)
    if (loss->clips(of(input.data.chosen_path(i)), of(input.data.rejected_path(i)))) return true;
  return false;
}

void judge(const ArmSpec& spec, const ArmInput& input, ArmResult& result) {
  const Existence of_margins = existence_of_policy(spec, input).outcome;
  if (clips_any(spec, input, result) || of_margins == Existence::flat)
    result.certificate.optimum = Optimum::not_unique;
  else if (of_margins != Existence::unique)
    disown(result.certificate);
}

}  // namespace

Entry<Algorithm> chipo_entry() {
  return {"chipo",
          "chi-squared preference optimization, offline: the link z + log z in place of dpo's log z",
          "2407.13399",
          Status::checked,
          {{"r_max", 10.0, 1e-3, 1e6, {}, "largest reward: differences are clipped at twice this"},
           starts_knob()},
          {.target = "the maximum of E r - beta (KL(pi || ref) + E_pi[pi / ref] / 2)",
           .run = run,
           .uses_policy = true,
           .learner = course_of_loss,
           .loss = loss,
           .theory = no_route,
           .judge = judge,
           .check = require_known_margins,
           .held_out_loss = loss_of_held_out}};
}

}  // namespace twostage
