// slic: the hinge of RSO, which is that of SLiC with a reference, offline:
//   minimise sum_i max(0, 1 - Delta_i) + penalty(pi),
//   Delta_i = beta (log pi/pi_ref (xi+_i) - log pi/pi_ref (xi-_i)).
// Every pair that is won more often than lost wants the margin 1, whatever the odds. The loss is convex in
// the margins but has corners, and minima mostly lie on them. The method of multipliers (Hestenes, Powell
// 1969; Rockafellar 1976) minimises it exactly through smooth convex fits: each replaces a count c of hinges
// by
//   min_z c max(0, 1 - z) + y (Delta - z) + rho/2 (Delta - z)^2,
// whose slope clip(y + rho (Delta - 1), -c, 0) is the next multiplier y. Where multipliers and margins have
// come to rest, these are slopes of the hinges themselves, which add up to zero with that of the penalty: a
// minimum where fit_log_ratios proves one, else a stationary point in the same sense.
// Without penalty minima may be whole sets, between corners, which nobody tests for: it is refused.
#include <algorithm>
#include <cmath>

#include "sim/algorithm/direct/margins/log_ratio_fit.hpp"
#include "sim/algorithm/entries.hpp"
#include "sim/fit/limits.hpp"
#include "sim/plan/sweeps.hpp"

namespace twostage {
namespace {

constexpr int kMostRounds = 60;
constexpr double kAtRest = 1e-9;  // of a margin
constexpr double kSteepest = 1e3;

double hinge(double margin) {
  return std::fmax(0, 1 - margin);
}

// The hinges as multipliers smooth them.
class SmoothedHinge final : public MarginLoss {
 public:
  explicit SmoothedHinge(std::size_t rows) : won_(rows, 0.0), lost_(rows, 0.0) {}

  double evaluate(std::span<const double> margin, std::span<const double> wins,
                  std::span<const double> losses, std::span<double> slope,
                  std::span<double> curvature) override {
    double loss = 0;
    for (std::size_t k = 0; k < margin.size(); ++k) {
      slope[k] = curvature[k] = 0;
      const auto add = [&](double count, double multiplier, double sign) {
        if (!(count > 0)) return;
        const double strength = steepness_ * count;
        const double pulled = multiplier + strength * (sign * margin[k] - 1);
        const double next = std::clamp(pulled, -count, 0.0);
        // The least over z: at z = Delta + (y - next) / rho.
        const double gap = (multiplier - next) / strength;
        loss += count * hinge(sign * margin[k] + gap) - multiplier * gap + 0.5 * strength * gap * gap;
        slope[k] += sign * next;
        if (next == pulled) curvature[k] += strength;
      };
      add(wins[k], multiplier(won_, margin, k), 1);
      add(losses[k], multiplier(lost_, margin, k), -1);
    }
    return loss;
  }
  bool convex() const override { return true; }
  double slope_scale() const override { return 1; }

  // The next multipliers; by how much the margins are from where the hinges have them as slopes.
  double renew(std::span<const double> margin, std::span<const double> wins, std::span<const double> losses) {
    double off = 0;
    for (std::size_t k = 0; k < margin.size(); ++k) {
      off = std::fmax(off, renew(won_[k], wins[k], margin[k]));
      off = std::fmax(off, renew(lost_[k], losses[k], -margin[k]));
    }
    steepness_ = std::fmin(4 * steepness_, kSteepest);
    return off;
  }

 private:
  // Other rows than those of the fit are asked for where a metric is set up: none has been pulled yet.
  static double multiplier(const std::vector<double>& known, std::span<const double> margin, std::size_t k) {
    return margin.size() == known.size() ? known[k] : 0;
  }
  double renew(double& multiplier, double count, double margin) const {
    if (!(count > 0)) return 0;
    const double strength = steepness_ * count;
    const double next = std::clamp(multiplier + strength * (margin - 1), -count, 0.0);
    const double off = std::fabs(next - multiplier) / strength;
    multiplier = next;
    return off;
  }

  std::vector<double> won_, lost_;
  double steepness_ = 1;  // rho of one comparison
};

double hinges(std::span<const double> margin, std::span<const double> wins, std::span<const double> losses) {
  double sum = 0;
  for (std::size_t k = 0; k < margin.size(); ++k)
    sum += wins[k] * hinge(margin[k]) + losses[k] * hinge(-margin[k]);
  return sum;
}

ArmResult run(const ArmSpec& spec, const ArmInput& input) {
  const double beta = input.world.beta;
  const PairTable& table = *input.table;
  auto shape = std::make_unique<SmoothedHinge>(table.rows());
  SmoothedHinge& smoothed = *shape;
  LogRatioLoss loss(input.world, table, beta, std::move(shape));
  ArmResult result;
  int iterations = 0;
  for (int round = 0; round < kMostRounds; ++round) {
    result = fit_log_ratios(spec, input, loss, beta);
    result.certificate.iterations = iterations += result.certificate.iterations;
    if (!std::isfinite(result.certificate.objective)) return result;
    std::vector<double> unused(result.log_policy().size());
    const double smooth = loss.evaluate(result.log_policy(), unused);
    result.certificate.objective += hinges(loss.margins(), table.wins, table.losses) - smooth;
    if (smoothed.renew(loss.margins(), table.wins, table.losses) <= kAtRest) return result;
  }
  disown(result.certificate);
  return result;
}

void check(const ArmSpec& spec, const World&) {
  if (read_penalty(spec.penalty).penalty.kind == PenaltyKind::none)
    throw InputError("kind",
                     "arm '" + spec.name +
                         "': without penalty the minima of 'slic' may be whole sets, which nobody tests "
                         "for; valid: a penalty, such as reference-kl");
}

double held_out_loss(const ArmSpec&, const World& world, const ArmResult& fit,
                     const PreferenceData& held_out) {
  double loss = 0;
  for (std::size_t i = 0; i < held_out.size(); ++i) {
    const auto ratio = [&](std::span<const EdgeId> path) {
      return path_sum(fit.log_policy(), path) - path_sum(world.log_reference, path);
    };
    const double margin = world.beta * (ratio(held_out.chosen_path(i)) - ratio(held_out.rejected_path(i)));
    loss += held_out.weight_of(i) * hinge(margin);
  }
  return loss;
}

}  // namespace

Entry<Algorithm> slic_entry() {
  return {"slic",
          "the hinge of log-ratio margins, offline, with a reference",
          "2309.06657",
          Status::exact,
          {starts_knob()},
          {.run = run,
           .uses_policy = true,
           .log_ratio_margins = true,
           .theory = no_route,
           .check = check,
           .held_out_loss = held_out_loss}};
}

}  // namespace twostage
