#include "experiments/runner/replicate/arm_record.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "sim/algorithm/learner.hpp"

namespace twostage {
namespace {

bool finite(std::span<const double> xs) {
  return std::ranges::all_of(xs, [](double x) { return std::isfinite(x); });
}

}  // namespace

ArmOutcome run_outcome(const ArmSpec& arm, const ArmInput& input, std::unique_ptr<Learner>* kept) {
  ArmOutcome out;
  try {
    out.result = run_arm(arm, input, kept);
    const bool sound = finite(out.result.theta) && all_finite(out.result.policy);
    const Certificate& certificate = out.result.certificate;
    out.status = !sound                                       ? ArmStatus::non_finite
                 : out.result.ended == Ended::budget          ? ArmStatus::ok
                 : !certificate.converged                     ? ArmStatus::not_converged
                 : certificate.optimum == Optimum::not_unique ? ArmStatus::not_unique
                                                              : ArmStatus::ok;
  } catch (const std::exception& error) {
    out.status = ArmStatus::failed;
    out.error = error.what();
  }
  return out;
}

std::size_t ArmRecord::bytes() const {
  const ArmResult& fit = outcome.result;
  const std::size_t numbers =
      fit.theta.size() + fit.edge_reward.size() + fit.edge_error.size() + size_of(fit.policy) + values.size();
  return sizeof(ArmRecord) + numbers * sizeof(double);
}

ArmRecord record_arm(ArmOutcome of_arm, const ArmSpec& arm, const ArmInput& input, const Columns& columns,
                     const Context& context, const std::function<Measured()>& control,
                     std::optional<Target>* target) {
  ArmRecord record{std::move(of_arm),
                   std::vector<double>(columns.arm.size(), std::numeric_limits<double>::quiet_NaN()),
                   {}};
  ArmOutcome& outcome = record.outcome;
  if (outcome.status == ArmStatus::failed) return record;
  try {
    std::optional<Target> mine;
    if (!target) target = &mine;
    double regret = std::numeric_limits<double>::quiet_NaN();  // stored always, and before what is on request
    for (std::size_t k = 0; k < columns.arm.size(); ++k) {
      const Metric& metric = columns.arm[k]->extra;
      if (metric.kind == MetricKind::predicted) continue;
      if (metric.of_target && !*target) *target = target_of(arm, input);
      Measured measured = metric.kind == MetricKind::control ? control()
                          : metric.of_target                 ? measure(metric, context, **target)
                                                             : measure(metric, context, outcome.result);
      if (metric.kind == MetricKind::control) measured.value = regret - measured.value;
      record.values[k] = measured.value;
      if (!measured.missing.empty()) record.inexact.emplace_back(k, std::move(measured.missing));
      if (columns.arm[k]->name != "regret") continue;
      regret = measured.value;
      if (!std::isfinite(regret)) outcome.status = ArmStatus::non_finite;
    }
  } catch (const std::exception& error) {
    outcome.status = ArmStatus::failed;
    outcome.error = error.what();
  }
  return record;
}

}  // namespace twostage
