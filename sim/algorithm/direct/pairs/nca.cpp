// nca: noise contrastive alignment on pairs, offline:
//   minimise sum_i [softplus(-m+_i) + softplus(m+_i) / 2 + softplus(m-_i) / 2] + penalty(pi),
//   m = beta log pi/pi_ref.
// It is the paper's loss of K = 2 completions in the limit of rewards that leave no doubt, as in TRL: the
// winner has all the weight of the first term, and both are its noise. Where m could be anything it would be
// the log-odds of a completion to be a winner rather than a loser or a winner, log 2p, so that at beta = 1
// the optimum over all policies is the law of the chosen completions, where sft aims, and else near pi_ref
// (2p)^(1 / beta).
// softplus(-m) is at least -m: without penalty the loss is attained where the likelihood of the chosen
// completions has one maximum. It is not known to be convex in anything.
#include "sim/algorithm/direct/loss_fit.hpp"
#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/unpenalised.hpp"
#include "sim/numerics/elementary.hpp"

namespace twostage {
namespace {

class NcaLoss final : public PairLoss {
 public:
  NcaLoss(const World& world, const PairTable& table) : PairLoss(world, table), beta_(world.beta) {}

  PairCost cost(const LogProbabilities& chosen, const LogProbabilities& rejected) const override {
    const double win = beta_ * (chosen.policy - chosen.reference);
    const double lose = beta_ * (rejected.policy - rejected.reference);
    return {num::softplus(-win) + 0.5 * (num::softplus(win) + num::softplus(lose)),
            beta_ * (0.5 * num::sigmoid(win) - num::sigmoid(-win)), 0.5 * beta_ * num::sigmoid(lose)};
  }
  double slope_scale() const override { return 1.5 * beta_; }

 private:
  double beta_;
};

std::unique_ptr<PolicyLoss> loss(const ArmSpec&, const World& world, const PairTable& table) {
  return std::make_unique<NcaLoss>(world, table);
}

ArmResult run(const ArmSpec& spec, const ArmInput& input) {
  return fit_by_descent(spec, input, Shape::unknown);
}

}  // namespace

Entry<Algorithm> nca_entry() {
  return {"nca",
          "noise contrastive alignment, offline: winners against noise made of both",
          "2402.05369",
          Status::checked,
          {starts_knob()},
          {.target = "near ref (2p)^(1 / beta), p(y) = P(y beats ref); at beta = 1 the law of the winners",
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
