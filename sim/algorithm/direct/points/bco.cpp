// bco: binary classifier optimisation on pairs, offline: a classifier of chosen against rejected completions
// whose logit is the implicit reward less its own mean over the data,
//   sum_i [softplus(-(beta u+_i - delta)) + softplus(beta u-_i - delta)] + penalty(pi),
//   u = log pi/pi_ref, delta = mean over pairs of beta (u+ + u-) / 2,
// without a derivative through delta: a fixed point, not a minimum (point_fit.hpp). delta is exact here,
// where the paper and TRL keep a moving average over batches; their reweighting of prompts, for data in which
// the two kinds of completions have different ones, has no use for pairs. softplus(-(beta u - delta)) is at
// least delta - beta u: where the likelihood of the chosen completions has one maximum, no descent at a fixed
// delta goes on for ever. Under a weak penalty there may be no fixed point all the same: where mass can go to
// completions that no pair shows, the log-ratios of the data and with them delta may go down together,
// without end.
#include "sim/algorithm/direct/loss_fit.hpp"
#include "sim/algorithm/direct/points/point_fit.hpp"
#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/unpenalised.hpp"
#include "sim/existence/choices.hpp"
#include "sim/numerics/elementary.hpp"
#include "sim/plan/sweeps.hpp"

namespace twostage {
namespace {

class BcoLoss final : public PointLoss {
 public:
  BcoLoss(const World& world, const PairTable& table)
      : PointLoss(world, table), world_(world), beta_(world.beta) {}

  double point_of(std::span<const double> log_policy) const override {
    const auto ratio = [&](std::span<const EdgeId> path) {
      return path_sum(log_policy, path) - path_sum(world_.log_reference, path);
    };
    double sum = 0, pairs = 0;
    for (std::size_t k = 0; k < table().rows(); ++k) {
      const double count = table().wins[k] + table().losses[k];
      sum += count * (ratio(table().first_path(k)) + ratio(table().second_path(k))) / 2;
      pairs += count;
    }
    return pairs > 0 ? beta_ * sum / pairs : 0;
  }
  PairCost cost(const LogProbabilities& chosen, const LogProbabilities& rejected) const override {
    const double win = beta_ * (chosen.policy - chosen.reference) - point();
    const double lose = beta_ * (rejected.policy - rejected.reference) - point();
    return {num::softplus(-win) + num::softplus(lose), -beta_ * num::sigmoid(-win),
            beta_ * num::sigmoid(lose)};
  }
  double slope_scale() const override { return 2 * beta_; }

 private:
  const World& world_;
  double beta_;
};

std::unique_ptr<PolicyLoss> loss(const ArmSpec&, const World& world, const PairTable& table) {
  return std::make_unique<BcoLoss>(world, table);
}

bool every_way_is_chosen(const ArmSpec& spec, const ArmInput& input) {
  const auto model = arm_model(spec, input.world, Role::policy);
  return model->linear() &&
         existence_of_choices(*model->linear(), input.world, input.data).outcome == Existence::unique;
}

ArmResult run(const ArmSpec& spec, const ArmInput& input) {
  BcoLoss loss(input.world, *input.table);
  const bool alone = penalty_kind(spec.penalty) == PenaltyKind::none;
  return fit_to_its_point(spec, input, loss, !alone || every_way_is_chosen(spec, input));
}

}  // namespace

Entry<Algorithm> bco_entry() {
  return {"bco",
          "binary classifier optimisation, offline: chosen against rejected by the centred implicit reward",
          "2404.04656",
          Status::checked,
          {},
          {.target = "near ref (p / (1 - p))^(1 / beta), p(y) = P(y beats ref)",
           .any_preferences = true,
           .run = run,
           .uses_policy = true,
           .learner = course_of_loss,
           .loss = loss,
           .theory = no_route,
           .judge = judge_by_choices,
           .check = require_known_choices,
           .held_out_loss = loss_of_held_out}};
}

}  // namespace twostage
