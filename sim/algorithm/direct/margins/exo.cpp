// exo: efficient exact optimization on preference pairs (EXO-pref, K = 2), offline:
//   minimise sum_i KL(q_i || 1 - eps) + penalty(pi),   KL of coins, q_i = sigmoid(Delta_i),
//   Delta_i = beta (log pi/pi_ref (xi+_i) - log pi/pi_ref (xi-_i)).
// With L = log((1 - eps) / eps) its slope in Delta is q (1 - q) (Delta - L): it falls up to Delta = L, rises
// beyond, and is level far out on both sides, so that it is not convex. Of two completions, one preferred
// with probability p, the margin is (2p - 1) L, linear in p as that of ipo. A small gradient on a plateau is
// no minimum: without penalty a descent is judged by where it ends.
#include "sim/algorithm/direct/loss_fit.hpp"
#include "sim/algorithm/direct/margins/log_ratio_fit.hpp"
#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/unpenalised.hpp"
#include "sim/numerics/elementary.hpp"

namespace twostage {
namespace {

double best_margin(const ArmSpec& spec) {
  const double eps = arm_options(spec).real("eps");
  return num::log((1 - eps) / eps);
}

class ReverseCoinLoss final : public MarginLoss {
 public:
  explicit ReverseCoinLoss(double eps)
      : log_win_(num::log(1 - eps)), log_loss_(num::log(eps)), best_(num::log((1 - eps) / eps)) {}

  double evaluate(std::span<const double> margin, std::span<const double> wins,
                  std::span<const double> losses, std::span<double> slope,
                  std::span<double> curvature) override {
    double loss = 0;
    for (std::size_t k = 0; k < margin.size(); ++k) {
      slope[k] = curvature[k] = 0;
      const auto add = [&](double count, double sign) {
        const double m = sign * margin[k];
        const double q = num::sigmoid(m), rest = num::sigmoid(-m);
        loss += count * (q * (-num::softplus(-m) - log_win_) + rest * (-num::softplus(m) - log_loss_));
        slope[k] += sign * count * (q * rest * (m - best_));
        curvature[k] += count * (q * rest * (1 + (rest - q) * (m - best_)));
      };
      add(wins[k], 1);
      add(losses[k], -1);
    }
    return loss;
  }
  bool convex() const override { return false; }
  double slope_scale() const override { return best_ / 4; }

 private:
  double log_win_, log_loss_, best_;
};

std::unique_ptr<LogRatioLoss> margins(const ArmSpec& spec, const World& world, const PairTable& table) {
  return std::make_unique<LogRatioLoss>(world, table, world.beta,
                                        std::make_unique<ReverseCoinLoss>(arm_options(spec).real("eps")));
}

std::unique_ptr<PolicyLoss> loss(const ArmSpec& spec, const World& world, const PairTable& table) {
  return margins(spec, world, table);
}

ArmResult run(const ArmSpec& spec, const ArmInput& input) {
  return fit_log_ratios(spec, input, *margins(spec, input.world, *input.table), input.world.beta);
}

// 30 beyond the margin that a pair wants its slope is below what a descent can see.
void judge(const ArmSpec& spec, const ArmInput& input, ArmResult& result) {
  judge_by_margins(spec, input, *margins(spec, input.world, *input.table), best_margin(spec) + 30, result);
}

}  // namespace

Entry<Algorithm> exo_entry() {
  return {"exo",
          "efficient exact optimization, offline: reverse KL to softened labels",
          "2402.00856",
          Status::checked,
          {{"eps",
            1e-3,
            1e-9,
            0.49,
            {},
            "how soft a label is: the winner is held to win with probability 1 - eps"},
           starts_knob()},
          {.target = "of two completions, log-odds over ref linear in the probability to win",
           .run = run,
           .uses_policy = true,
           .log_ratio_margins = true,
           .learner = course_of_loss,
           .loss = loss,
           .theory = no_route,
           .judge = judge,
           .check = require_known_margins,
           .held_out_loss = loss_of_held_out}};
}

}  // namespace twostage
