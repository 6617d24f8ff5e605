// The registry of metrics, in the order in which result files hold them.
#include <algorithm>
#include <iterator>

#include "sim/measure/groups.hpp"

namespace twostage {

const Registry<Metric>& metrics() {
  static const Registry<Metric> registry("metric", [] {
    MetricEntries all;
    for (auto group : {return_metrics, divergence_metrics, unseen_mass_metrics, likelihood_metrics,
                       certificate_metrics, cost_metrics, policy_gap_metrics, win_rate_metrics,
                       population_metrics, matched_kl_metrics, rival_metrics, preference_metrics}) {
      MetricEntries entries = group();
      all.insert(all.end(), std::make_move_iterator(entries.begin()), std::make_move_iterator(entries.end()));
    }
    return all;
  }());
  return registry;
}

bool ask_for(const std::vector<std::string>& measures, Yardstick yardstick) {
  return std::ranges::any_of(metrics().entries(), [&](const Entry<Metric>& metric) {
    return metric.extra.yardstick == yardstick && std::ranges::find(measures, metric.name) != measures.end();
  });
}

Measured measure(const Metric& metric, const Context& context, const ArmResult& arm) {
  if (metric.asks == PolicyForm::on_edges && !on_edges(arm.policy))
    return {std::numeric_limits<double>::quiet_NaN(),
            "no exact form: the policy is a law on completions and none on edges, as this measure asks for"};
  return {metric.value(context, arm), metric.inexact ? metric.inexact(context, arm) : ""};
}

Measured measure(const Metric& metric, const Context& context, const Target& target) {
  if (!target.missing.empty()) return {std::numeric_limits<double>::quiet_NaN(), target.missing};
  return measure(metric, context, target.fit);
}

}  // namespace twostage
