// slic: the hinge of RSO (2309.06657) and TRL, offline, which has a reference, or that of SLiC-HF
// (2305.10425), which has none and adds a likelihood of what should be said, here of the chosen completions:
//   minimise sum_i [max(0, 1 - Delta_i) - sft log pi(xi+_i)] + penalty(pi),
//   Delta_i = beta (log pi/pi_ref (xi+_i) - log pi/pi_ref (xi-_i)), or of log pi alone.
// Every pair that is won more often than lost wants the margin 1, whatever the odds. The loss is convex in
// the margins but has corners, and minima mostly lie on them. The method of multipliers (Hestenes, Powell
// 1969; Rockafellar 1976) minimises it exactly through smooth convex fits: each replaces a count c of hinges
// by
//   min_z c max(0, 1 - z) + y (Delta - z) + rho/2 (Delta - z)^2,
// whose slope clip(y + rho (Delta - 1), -c, 0) is the next multiplier y. Where multipliers and margins have
// come to rest, these are slopes of the hinges themselves, which add up to zero with that of the penalty: a
// minimum where fit_log_ratios proves one, else a stationary point in the same sense.
// The likelihood is linear in log pi and as convex as the hinges in whatever they are convex in.
// Without penalty minima may be whole sets, between corners, which nobody tests for: it is refused, but where
// a likelihood of the chosen completions that has one maximum holds the loss.
#include <algorithm>
#include <cmath>

#include "sim/algorithm/direct/margins/log_ratio_fit.hpp"
#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/unpenalised.hpp"
#include "sim/fit/limits.hpp"
#include "sim/numerics/reduce.hpp"
#include "sim/plan/sweeps.hpp"

namespace twostage {
namespace {

constexpr int kMostRounds = 60;
constexpr int kMostStuck = 5;     // of them in a row whose fit did not come to an end
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

Origin origin_of(const ArmSpec& spec) {
  return arm_options(spec).text("reference") == "none" ? Origin::none : Origin::reference;
}

double sft_of(const ArmSpec& spec) {
  return arm_options(spec).real("sft");
}

// And sft times minus the likelihood of the chosen completions.
class HingeAndLikelihood final : public LogRatioLoss {
 public:
  HingeAndLikelihood(const ArmSpec& spec, const ArmInput& input, std::unique_ptr<MarginLoss> shape)
      : LogRatioLoss(input.world, *input.table, input.world.beta, std::move(shape), origin_of(spec)),
        chosen_(input.world, input.data),
        sft_(sft_of(spec)),
        d_chosen_(input.world.graph.edges()) {}

  double evaluate(std::span<const double> log_policy, std::span<double> d_log_policy) override {
    const double hinges = LogRatioLoss::evaluate(log_policy, d_log_policy);
    if (!(sft_ > 0)) return hinges;
    std::ranges::fill(d_chosen_, 0.0);
    const double likelihood = chosen_.evaluate(log_policy, d_chosen_);
    num::axpy(sft_, d_chosen_, d_log_policy);
    return hinges + sft_ * likelihood;
  }
  double slope_scale() const override { return LogRatioLoss::slope_scale() + sft_; }

 private:
  SftLoss chosen_;
  double sft_;
  std::vector<double> d_chosen_;
};

ArmResult run(const ArmSpec& spec, const ArmInput& input) {
  const double beta = input.world.beta;
  const PairTable& table = *input.table;
  auto shape = std::make_unique<SmoothedHinge>(table.rows());
  SmoothedHinge& smoothed = *shape;
  HingeAndLikelihood loss(spec, input, std::move(shape));
  ArmResult result;
  int iterations = 0, stuck = 0;
  for (int round = 0; round < kMostRounds; ++round) {
    result = fit_log_ratios(spec, input, loss, beta);
    result.certificate.iterations = iterations += result.certificate.iterations;
    if (!std::isfinite(result.certificate.objective)) return result;
    std::vector<double> unused(result.log_policy().size());
    const double smooth = loss.LogRatioLoss::evaluate(result.log_policy(), unused);
    result.certificate.objective += hinges(loss.margins(), table.wins, table.losses) - smooth;
    if (smoothed.renew(loss.margins(), table.wins, table.losses) <= kAtRest) return result;
    stuck = result.certificate.converged ? 0 : stuck + 1;
    if (stuck == kMostStuck) break;
  }
  disown(result.certificate);
  return result;
}

// It has a unique maximum, or nothing is known.
KnownExistence existence(const ArmSpec& spec, const ArmInput& input) {
  if (!(sft_of(spec) > 0)) return {};
  const KnownExistence of_choices = existence_with_choices(spec, input);
  return of_choices.outcome == Existence::unique ? of_choices : KnownExistence{};
}

void check(const ArmSpec& spec, const World& world) {
  if (!stands_alone(spec)) return;
  if (sft_of(spec) > 0) return require_known_choices(spec, world);
  throw InputError("kind", "arm '" + spec.name +
                               "': without penalty the minima of 'slic' may be whole sets, which nobody "
                               "tests for; valid: a penalty, such as reference-kl, or sft > 0");
}

double held_out_loss(const ArmSpec& spec, const World& world, const ArmResult& fit,
                     const PreferenceData& held_out) {
  const bool from_reference = origin_of(spec) == Origin::reference;
  double loss = 0;
  for (std::size_t i = 0; i < held_out.size(); ++i) {
    const auto log_ratio = [&](std::span<const EdgeId> path) {
      return path_sum(fit.log_policy(), path) - (from_reference ? path_sum(world.log_reference, path) : 0);
    };
    const double margin =
        world.beta * (log_ratio(held_out.chosen_path(i)) - log_ratio(held_out.rejected_path(i)));
    const double likelihood = path_sum(fit.log_policy(), held_out.chosen_path(i));
    loss += held_out.weight_of(i) * (hinge(margin) - sft_of(spec) * likelihood);
  }
  return loss;
}

}  // namespace

Entry<Algorithm> slic_entry() {
  return {"slic",
          "the hinge of log-ratio margins, offline, with a reference or with a likelihood of the chosen",
          "2309.06657",
          Status::exact,
          {{"reference",
            "policy",
            0,
            0,
            {"policy", "none"},
            "what margins are measured from; none: log pi alone"},
           {"sft", 0.0, 0, 1e3, {}, "weight of the likelihood of the chosen completions, for each pair"},
           starts_knob()},
          {.target = "margins of 1 between neighbours in r, whatever r is (with a reference, sft = 0)",
           .run = run,
           .uses_policy = true,
           .log_ratio_margins = true,
           .theory = no_route,
           .existence = existence,
           .existence_lasts = false,
           .judge = judge_by_choices,
           .check = check,
           .held_out_loss = held_out_loss}};
}

}  // namespace twostage
