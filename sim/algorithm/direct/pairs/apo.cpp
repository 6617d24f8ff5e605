// apo: anchored preference optimization, offline, m = beta log pi/pi_ref:
//   zero   minimise sum_i [1 - sigmoid(m+_i) + sigmoid(m-_i)] + penalty(pi): the winner up, the loser down;
//   down   minimise sum_i [sigmoid(m+_i) + 1 - sigmoid(m+_i - m-_i)] + penalty(pi): both down, for winners
//          that are worse than what the policy says anyway.
// TRL has the same (its value of zero is the paper's and 1). Zero is kto with its reference point at 0. Both
// are bounded and not convex. Over all policies zero is not attained without a penalty, as kto is not
// (saturation.hpp); of down nobody knows, so that a penalty is asked for.
#include "sim/algorithm/direct/loss_fit.hpp"
#include "sim/algorithm/direct/saturation.hpp"
#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/unpenalised.hpp"
#include "sim/numerics/elementary.hpp"

namespace twostage {
namespace {

bool down(const ArmSpec& spec) {
  return arm_options(spec).text("anchor") == "down";
}

class ApoLoss final : public PairLoss {
 public:
  ApoLoss(const World& world, const PairTable& table, double beta, bool down)
      : PairLoss(world, table), beta_(beta), down_(down) {}

  PairCost cost(const LogProbabilities& chosen, const LogProbabilities& rejected) const override {
    const double win = beta_ * (chosen.policy - chosen.reference);
    const double lose = beta_ * (rejected.policy - rejected.reference);
    if (!down_) return {num::sigmoid(-win) + num::sigmoid(lose), -slope(win), slope(lose)};
    const double ahead = slope(win - lose);
    return {num::sigmoid(win) + num::sigmoid(lose - win), slope(win) - ahead, ahead};
  }
  double slope_scale() const override { return beta_ / 2; }

 private:
  double slope(double m) const { return beta_ * num::sigmoid(m) * num::sigmoid(-m); }

  double beta_;
  bool down_;
};

std::unique_ptr<PolicyLoss> loss(const ArmSpec& spec, const World& world, const PairTable& table) {
  return std::make_unique<ApoLoss>(world, table, arm_options(spec).real("beta"), down(spec));
}

ArmResult run(const ArmSpec& spec, const ArmInput& input) {
  return fit_by_descent(spec, input, Shape::unknown);
}

KnownExistence existence(const ArmSpec& spec, const ArmInput& input) {
  return down(spec) ? KnownExistence{} : existence_where_saturating(spec, input, 1, 1);
}

void check(const ArmSpec& spec, const World& world) {
  if (!down(spec)) return require_saturating_tree(spec, world, 1, 1);
  if (stands_alone(spec))
    throw InputError("kind", "arm '" + spec.name +
                                 "': nobody tests whether 'apo' without penalty has an estimate with the "
                                 "anchor 'down'; valid: a penalty, such as reference-kl, or a course");
}

}  // namespace

Entry<Algorithm> apo_entry() {
  return {"apo",
          "anchored preference optimization, offline: bounded gains of log-ratios, each on its own",
          "2408.06266",
          Status::checked,
          {{"beta", 0.1, 1e-3, 1e3, {}, "how fast a gain saturates"},
           {"anchor", "zero", 0, 0, {"zero", "down"}, "zero: winners up, losers down; down: both down"},
           starts_knob()},
          {.target = "none: all mass leaves what is rejected more often than chosen (zero)",
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
