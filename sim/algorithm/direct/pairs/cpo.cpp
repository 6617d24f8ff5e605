// cpo: contrastive preference optimization, offline, without a reference in its loss:
//   minimise sum_i [softplus(-beta (log pi(xi+_i) - log pi(xi-_i))) - alpha log pi(xi+_i)] + penalty(pi).
// The likelihood of a chosen completion is a sum over its tokens, as in the paper, or their mean, as in TRL;
// the margins are sums in both. Weights of the chosen completions change nothing of the following.
// Margins and -log pi of the chosen completions are both convex in the rewards that policies are optimal for,
// so that their sum is, too. Where the likelihood of the chosen completions rises for ever, by a completion
// that was never chosen, the margins do not fall: without penalty the sum is attained, and at one point,
// where that likelihood is (existence_with_choices).
#include "sim/algorithm/direct/loss_fit.hpp"
#include "sim/algorithm/direct/tokens.hpp"
#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/unpenalised.hpp"
#include "sim/numerics/elementary.hpp"

namespace twostage {
namespace {

class CpoLoss final : public PairLoss {
 public:
  CpoLoss(const World& world, const PairTable& table, double beta, double alpha, Tokens tokens)
      : PairLoss(world, table),
        beta_(beta),
        alpha_(alpha),
        tokens_(tokens),
        shortest_(completion_lengths(world).shortest) {}

  PairCost cost(const LogProbabilities& chosen, const LogProbabilities& rejected) const override {
    const double behind = beta_ * (rejected.policy - chosen.policy);
    const double pull = beta_ * num::sigmoid(behind);
    const double alpha = weight(chosen.tokens);
    return {num::softplus(behind) - alpha * chosen.policy, -pull - alpha, pull};
  }
  double slope_scale() const override { return beta_ + weight(shortest_); }

 private:
  double weight(double tokens) const { return tokens_ == Tokens::mean ? alpha_ / tokens : alpha_; }

  double beta_, alpha_;
  Tokens tokens_;
  double shortest_;
};

std::unique_ptr<PolicyLoss> loss(const ArmSpec& spec, const World& world, const PairTable& table) {
  const Settings options = arm_options(spec);
  return std::make_unique<CpoLoss>(world, table, options.real("beta"), options.real("alpha"),
                                   tokens_of(spec));
}

ArmResult run(const ArmSpec& spec, const ArmInput& input) {
  return fit_by_descent(spec, input, Shape::convex);
}

void check(const ArmSpec& spec, const World& world) {
  require_tokens(spec, world);
  require_known_choices(spec, world);
}

}  // namespace

Entry<Algorithm> cpo_entry() {
  return {
      "cpo",
      "contrastive preference optimization, offline: margins of log-probabilities and the chosen likelihood",
      "2401.08417",
      Status::exact,
      {{"beta", 0.1, 1e-3, 1e3, {}, "scale of the margins of log pi"},
       {"alpha", 1.0, 1e-3, 1e3, {}, "weight of the chosen likelihood"},
       tokens_knob(Tokens::sum, "the chosen likelihood, log pi"),
       starts_knob()},
      {.target = "between exp(r / beta), whatever ref is, and the law of the winners",
       .run = run,
       .uses_policy = true,
       .learner = course_of_loss,
       .loss = loss,
       .theory = no_route,
       .existence = existence_with_choices,
       .judge = judge_by_choices,
       .check = check,
       .held_out_loss = loss_of_held_out}};
}

}  // namespace twostage
