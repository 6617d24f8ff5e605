// sppo: self-play preference optimization with hard labels, one round of it on given pairs, offline:
//   minimise sum_i [(u+_i - eta / 2)^2 + (u-_i + eta / 2)^2] + penalty(pi),   u = log pi/pi_ref.
// The paper regresses u on eta (P - 1/2), P an estimate of the probability that a completion beats the
// policy; here, as in TRL (whose beta is 1 / eta), P is 1 for the winner and 0 for the loser. Where u could
// be anything its optimum would be eta (p - 1/2), the policy of ipo at tau = 1 / eta without its normaliser;
// with it, pi lies near that. Squares grow with -u: without penalty the loss is attained where every way to
// go is on some completion of the pairs. It is not known to be convex in anything.
#include "sim/algorithm/direct/loss_fit.hpp"
#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/unpenalised.hpp"
#include "sim/existence/choices.hpp"
#include "sim/fit/limits.hpp"

namespace twostage {
namespace {

class SppoLoss final : public PairLoss {
 public:
  SppoLoss(const World& world, const PairTable& table, double eta) : PairLoss(world, table), aim_(eta / 2) {}

  PairCost cost(const LogProbabilities& chosen, const LogProbabilities& rejected) const override {
    const double win = chosen.policy - chosen.reference - aim_;
    const double lose = rejected.policy - rejected.reference + aim_;
    return {win * win + lose * lose, 2 * win, 2 * lose};
  }
  double slope_scale() const override { return 4 * aim_; }

 private:
  double aim_;
};

std::unique_ptr<PolicyLoss> loss(const ArmSpec& spec, const World& world, const PairTable& table) {
  return std::make_unique<SppoLoss>(world, table, arm_options(spec).real("eta"));
}

ArmResult run(const ArmSpec& spec, const ArmInput& input) {
  return fit_by_descent(spec, input, Shape::unknown);
}

// By the test of sft, as if both completions of each pair had been chosen.
void judge(const ArmSpec& spec, const ArmInput& input, ArmResult& result) {
  const PairTable& table = *input.table;
  PreferenceData both;
  both.horizon = table.horizon;
  for (const auto* side : {&table.first, &table.second})
    for (const std::uint32_t number : *side) {
      const auto path = table.completion(number);
      both.chosen.insert(both.chosen.end(), path.begin(), path.end());
    }
  both.rejected = both.chosen;  // not looked at
  const auto model = arm_model(spec, input.world, Role::policy);
  if (!model->linear() ||
      existence_of_choices(*model->linear(), input.world, both).outcome != Existence::unique)
    disown(result.certificate);
}

}  // namespace

Entry<Algorithm> sppo_entry() {
  return {"sppo",
          "self-play preference optimization, one offline round with hard labels: log-ratios regressed on "
          "won and lost",
          "2405.00675",
          Status::checked,
          {{"eta", 1.0, 1e-3, 1e3, {}, "twice the log-ratio that is wanted of a winner"}, starts_knob()},
          {.target = "near ref exp(eta (p - 1/2)), p(y) = P(y beats ref)",
           .any_preferences = true,
           .run = run,
           .uses_policy = true,
           .learner = course_of_loss,
           .loss = loss,
           .theory = no_route,
           .judge = judge,
           .check = require_known_choices,
           .held_out_loss = loss_of_held_out}};
}

}  // namespace twostage
