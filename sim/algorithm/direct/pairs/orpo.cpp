// orpo: odds-ratio preference optimization, offline, without a reference in its loss:
//   minimise sum_i [-l+_i + lambda softplus(-(o+_i - o-_i))] + penalty(pi),
//   l = log pi(xi) / H, the mean over tokens, and o = l - log(1 - e^l) its log-odds.
// The mean is what makes log-odds of a long completion those of a token: H is part of the algorithm, not a
// scale. The loss is no less than -sum l+, so that without penalty it is attained where the likelihood of the
// chosen completions has one maximum. It is not known to be convex in anything.
#include "sim/algorithm/direct/loss_fit.hpp"
#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/unpenalised.hpp"
#include "sim/numerics/elementary.hpp"

namespace twostage {
namespace {

class OrpoLoss final : public PairLoss {
 public:
  OrpoLoss(const World& world, const PairTable& table, double lambda)
      : PairLoss(world, table), lambda_(lambda), share_(1.0 / world.graph.horizon()) {}

  PairCost cost(const LogProbabilities& chosen, const LogProbabilities& rejected) const override {
    const double win = share_ * chosen.policy, lose = share_ * rejected.policy;
    // A completion against itself has equal odds even where it is certain, which has none.
    if (win == lose) return {lambda_ * num::softplus(0) - win, -share_ - half_pull(win), half_pull(win)};
    const double behind = log_odds(lose) - log_odds(win);
    const double pull = share_ * lambda_ * num::sigmoid(behind);
    return {lambda_ * num::softplus(behind) - win, -share_ - pull / -num::expm1(win),
            pull / -num::expm1(lose)};
  }
  double slope_scale() const override { return share_ * (1 + lambda_); }

 private:
  static double log_odds(double l) { return l - num::log(-num::expm1(l)); }
  double half_pull(double l) const { return l < 0 ? share_ * lambda_ / 2 / -num::expm1(l) : 0; }

  double lambda_, share_;
};

std::unique_ptr<PolicyLoss> loss(const ArmSpec& spec, const World& world, const PairTable& table) {
  return std::make_unique<OrpoLoss>(world, table, arm_options(spec).real("lambda"));
}

ArmResult run(const ArmSpec& spec, const ArmInput& input) {
  return fit_by_descent(spec, input, Shape::unknown);
}

}  // namespace

Entry<Algorithm> orpo_entry() {
  return {"orpo",
          "odds-ratio preference optimization, offline: the chosen likelihood and the odds of a mean token",
          "2403.07691",
          Status::checked,
          {{"lambda", 0.1, 0, 1e3, {}, "weight of the odds ratio"}, starts_knob()},
          {.run = run,
           .uses_policy = true,
           .learner = course_of_loss,
           .loss = loss,
           .theory = no_route,
           .judge = judge_by_choices,
           .check = require_known_choices,
           .held_out_loss = loss_of_held_out}};
}

}  // namespace twostage
