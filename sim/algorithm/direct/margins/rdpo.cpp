// rdpo: robust dpo, offline, for labels of which a share eps was flipped (not the length-regularised R-DPO of
// 2403.19159):
//   minimise sum_i [(1 - eps) softplus(-Delta_i) - eps softplus(Delta_i)] / (1 - 2 eps) + penalty(pi),
//   Delta_i = beta (log pi/pi_ref (xi+_i) - log pi/pi_ref (xi-_i)).
// In expectation over the flips it is the loss of dpo on the true labels. Since softplus(Delta) =
// softplus(-Delta) + Delta it is dpo on other counts: of two completions, one preferred w times and the other
// l times, the wins become w + c (w - l) and the losses l - c (w - l), c = eps / (1 - 2 eps). Their sum is w
// + l, so that the loss stays strictly convex in the margins. A count below zero (l < eps (w + l)) makes it
// fall for ever as that margin grows, unless other comparisons or the penalty hold it: then the loss is
// unbounded below.
#include <algorithm>
#include <cmath>

#include "sim/algorithm/direct/loss_fit.hpp"
#include "sim/algorithm/direct/margins/log_ratio_fit.hpp"
#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/unpenalised.hpp"
#include "sim/fit/limits.hpp"

namespace twostage {
namespace {

// The slope of a row lies strictly between its ends. So far out it has reached one of them to rounding, as at
// the end of a descent that has no minimum to come to.
constexpr double kFarMargin = 30;
constexpr int kLook = 100;  // iterations

PairTable unflipped(const ArmSpec& spec, PairTable table) {
  const double eps = arm_options(spec).real("eps");
  for (std::size_t k = 0; k < table.rows(); ++k) {
    // A completion that meets itself costs log 2 by any count.
    if (table.first[k] == table.second[k]) continue;
    const double all = table.wins[k] + table.losses[k];
    const auto corrected = [&](double count, double other) {
      const double out = count + eps / (1 - 2 * eps) * (count - other);
      return std::fabs(out) <= 1e-12 * all ? 0 : out;  // a share of exactly eps, but for rounding
    };
    const double wins = table.wins[k];
    table.wins[k] = corrected(wins, table.losses[k]);
    table.losses[k] = corrected(table.losses[k], wins);
  }
  return table;
}

std::unique_ptr<LogRatioLoss> margins(const ArmSpec& spec, const World& world, const PairTable& table) {
  return std::make_unique<DpoLoss>(world, unflipped(spec, table), world.beta);
}

std::unique_ptr<PolicyLoss> loss(const ArmSpec& spec, const World& world, const PairTable& table) {
  return margins(spec, world, table);
}

bool has_negative_counts(const PairTable& table) {
  const auto below = [](double count) { return count < 0; };
  return std::ranges::any_of(table.wins, below) || std::ranges::any_of(table.losses, below);
}

// A descent that has nothing to come to would spend all it is given: first a short one looks for a fall
// without end.
ArmResult run(const ArmSpec& spec, const ArmInput& input) {
  const auto loss = margins(spec, input.world, *input.table);
  if (has_negative_counts(loss->table())) {
    ArmResult looked = short_descent(spec, input, *loss, kLook);
    if (falls_for_ever(spec, input, *loss, looked.theta)) {
      disown(looked.certificate);
      looked.unbounded = true;
      return looked;
    }
  }
  ArmResult result = fit_log_ratios(spec, input, *loss, input.world.beta);
  if (!result.certificate.converged) result.unbounded = falls_for_ever(spec, input, *loss, result.theta);
  return result;
}

// Counts that are no less than zero make it a likelihood; more pairs can turn them negative.
KnownExistence existence(const ArmSpec& spec, const ArmInput& input) {
  auto table = std::make_shared<const PairTable>(unflipped(spec, *input.table));
  if (has_negative_counts(*table)) return {};
  return existence_of_policy(spec, {input.world, input.data, input.source, input.replicate, true, table});
}

void judge(const ArmSpec& spec, const ArmInput& input, ArmResult& result) {
  judge_by_margins(spec, input, *margins(spec, input.world, *input.table), kFarMargin, result);
}

}  // namespace

Entry<Algorithm> rdpo_entry() {
  return {"rdpo",
          "robust dpo, offline: the loss of dpo freed of labels flipped at a known rate",
          "2403.00409",
          Status::exact,
          {{"eps", 0.1, 0, 0.49, {}, "share of the labels that were flipped"}, starts_knob()},
          {.target = "pi* of the labels before their flips",
           .run = run,
           .uses_policy = true,
           .log_ratio_margins = true,
           .learner = course_of_loss,
           .loss = loss,
           .theory = no_route,
           .existence = existence,
           .existence_lasts = false,
           .judge = judge,
           .check = require_known_margins,
           .held_out_loss = loss_of_held_out}};
}

}  // namespace twostage
