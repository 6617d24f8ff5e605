// orpo: odds-ratio preference optimization, offline, without a reference in its loss:
//   minimise sum_i [-l+_i + lambda softplus(-(o+_i - o-_i))] + penalty(pi),
//   l = log pi(xi) / |xi|, the mean over tokens, and o = l - log(1 - e^l) its log-odds.
// The mean is what makes log-odds of a long completion those of a token: the length is part of the algorithm,
// not a scale. (Sums are an option.) The loss is no less than -sum l+, so that without penalty it is attained
// where the likelihood of the chosen completions has one maximum. It is not known to be convex in anything.
#include "sim/algorithm/direct/loss_fit.hpp"
#include "sim/algorithm/direct/tokens.hpp"
#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/unpenalised.hpp"
#include "sim/numerics/elementary.hpp"

namespace twostage {
namespace {

class OrpoLoss final : public PairLoss {
 public:
  OrpoLoss(const World& world, const PairTable& table, double lambda, Tokens tokens)
      : PairLoss(world, table),
        lambda_(lambda),
        tokens_(tokens),
        shortest_(completion_lengths(world).shortest) {}

  PairCost cost(const LogProbabilities& chosen, const LogProbabilities& rejected) const override {
    const double won = share(chosen.tokens), lost = share(rejected.tokens);
    const double win = won * chosen.policy, lose = lost * rejected.policy;
    // A completion against itself has equal odds even where it is certain, which has none.
    if (win == lose)
      return {lambda_ * num::softplus(0) - win, -won * (1 + half_pull(win)), lost * half_pull(win)};
    const double behind = log_odds(lose) - log_odds(win);
    const double pull = lambda_ * num::sigmoid(behind);
    return {lambda_ * num::softplus(behind) - win, -won - won * pull / -num::expm1(win),
            lost * pull / -num::expm1(lose)};
  }
  double slope_scale() const override { return share(shortest_) * (1 + lambda_); }

 private:
  static double log_odds(double l) { return l - num::log(-num::expm1(l)); }
  double half_pull(double l) const { return l < 0 ? lambda_ / 2 / -num::expm1(l) : 0; }
  double share(double tokens) const { return tokens_ == Tokens::mean ? 1 / tokens : 1; }

  double lambda_;
  Tokens tokens_;
  double shortest_;
};

std::unique_ptr<PolicyLoss> loss(const ArmSpec& spec, const World& world, const PairTable& table) {
  return std::make_unique<OrpoLoss>(world, table, arm_options(spec).real("lambda"), tokens_of(spec));
}

ArmResult run(const ArmSpec& spec, const ArmInput& input) {
  return fit_by_descent(spec, input, Shape::unknown);
}

void check(const ArmSpec& spec, const World& world) {
  require_tokens(spec, world);
  require_known_choices(spec, world);
}

}  // namespace

Entry<Algorithm> orpo_entry() {
  return {"orpo",
          "odds-ratio preference optimization, offline: the chosen likelihood and the odds of a mean token",
          "2403.07691",
          Status::checked,
          {{"lambda", 0.1, 0, 1e3, {}, "weight of the odds ratio"},
           tokens_knob(Tokens::mean, "log pi"),
           starts_knob()},
          {.target = "near the law of the winners, with wider odds",
           .any_preferences = true,
           .run = run,
           .uses_policy = true,
           .learner = course_of_loss,
           .loss = loss,
           .theory = no_route,
           .judge = judge_by_choices,
           .check = check,
           .held_out_loss = loss_of_held_out}};
}

}  // namespace twostage
