// simpo: simple preference optimization, offline, without a reference in its loss (log_ratio_fit.hpp):
//   minimise sum_i softplus(gamma - Delta_i) + penalty(pi),   Delta_i = beta (log pi(xi+_i) - log pi(xi-_i)).
// Log-probabilities are sums over tokens or, as in the paper, means; where completions have one length that
// is one loss at two scales. TRL has simpo within its CPO trainer, where cpo_alpha adds a likelihood of the
// chosen completions unless it is set to 0. With sums the margins are those of dpo and a constant for each
// pair, so that the loss is as convex, and without penalty it is attained, and at one point, where that of
// dpo is. For two arms of which one wins with probability p, x = e^Delta solves (1 - p) x^2 - (2p - 1) g x -
// p = 0 with g = e^gamma.
#include "sim/algorithm/direct/loss_fit.hpp"
#include "sim/algorithm/direct/margins/log_ratio_fit.hpp"
#include "sim/algorithm/direct/tokens.hpp"
#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/unpenalised.hpp"
#include "sim/numerics/elementary.hpp"

namespace twostage {
namespace {

// wins softplus(gamma - Delta) + losses softplus(gamma + Delta)
class ShiftedLogisticLoss final : public MarginLoss {
 public:
  explicit ShiftedLogisticLoss(double shift) : shift_(shift) {}

  double evaluate(std::span<const double> margin, std::span<const double> wins,
                  std::span<const double> losses, std::span<double> slope,
                  std::span<double> curvature) override {
    double loss = 0;
    for (std::size_t k = 0; k < margin.size(); ++k) {
      const double if_won = shift_ - margin[k];
      const double if_lost = shift_ + margin[k];
      const double p = num::sigmoid(if_won), q = num::sigmoid(if_lost);
      loss += wins[k] * num::softplus(if_won) + losses[k] * num::softplus(if_lost);
      slope[k] = losses[k] * q - wins[k] * p;
      curvature[k] = wins[k] * p * num::sigmoid(-if_won) + losses[k] * q * num::sigmoid(-if_lost);
    }
    return loss;
  }
  bool convex() const override { return true; }
  double slope_scale() const override { return 1; }

 private:
  double shift_;
};

std::unique_ptr<LogRatioLoss> margins(const ArmSpec& spec, const World& world, const PairTable& table) {
  const Settings options = arm_options(spec);
  return std::make_unique<LogRatioLoss>(world, table, options.real("beta"),
                                        std::make_unique<ShiftedLogisticLoss>(options.real("gamma")),
                                        Origin::none, tokens_of(spec));
}

std::unique_ptr<PolicyLoss> loss(const ArmSpec& spec, const World& world, const PairTable& table) {
  return margins(spec, world, table);
}

ArmResult run(const ArmSpec& spec, const ArmInput& input) {
  return fit_log_ratios(spec, input, *margins(spec, input.world, *input.table), input.world.beta);
}

KnownExistence existence(const ArmSpec& spec, const ArmInput& input) {
  return means_differ(spec, input.world) ? KnownExistence{} : existence_of_policy(spec, input);
}

void check(const ArmSpec& spec, const World& world) {
  require_tokens_alike(spec, world);
  require_known_margins(spec, world);
}

}  // namespace

Entry<Algorithm> simpo_entry() {
  return {"simpo",
          "simple preference optimization, offline: a target margin between log-probabilities, no reference",
          "2405.14734",
          Status::exact,
          {{"beta",
            2.0,
            1e-3,
            1e3,
            {},
            "scale of log pi; the paper takes means, so that its beta is H times that of sums"},
           {"gamma", 1.0, 0, 1e3, {}, "target margin, in the units of beta log pi"},
           tokens_knob(Tokens::sum, "log pi"),
           starts_knob()},
          {.target = "exp(r / beta) without gamma, whatever ref is; gamma widens every margin",
           .run = run,
           .uses_policy = true,
           .log_ratio_margins = true,
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
