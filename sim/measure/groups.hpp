// The metrics of each file of the folders below; `metrics()` is their concatenation. Adding a metric is one
// entry in the group it belongs to, or one new file and one line here and in metrics.cpp.
#pragma once

#include <string>
#include <vector>

#include "sim/measure/metric.hpp"

namespace twostage {

using MetricEntries = std::vector<Entry<Metric>>;

MetricEntries return_metrics();
MetricEntries divergence_metrics();
MetricEntries unseen_mass_metrics();
MetricEntries likelihood_metrics();
MetricEntries certificate_metrics();
MetricEntries cost_metrics();
MetricEntries policy_gap_metrics();
MetricEntries win_rate_metrics();
MetricEntries rival_metrics();
MetricEntries matched_kl_metrics();
MetricEntries population_metrics();
MetricEntries preference_metrics();

// Metrics have no knobs, and all are exact.
inline Entry<Metric> exact_metric(std::string name, std::string summary, std::string source, Metric metric) {
  return {std::move(name), std::move(summary), std::move(source), Status::exact, {}, std::move(metric)};
}

// Metrics of the fit itself: counts, norms, strengths and codes of named values, none of which is negative.
struct FitMetric {
  MetricKind kind;
  std::string source;

  Entry<Metric> operator()(std::string name, std::string summary, std::string long_name,
                           std::string definition, double (*value)(const Context&, const ArmResult&),
                           std::vector<std::string> flag_meanings = {}) const {
    return exact_metric(std::move(name), std::move(summary), source,
                        {.kind = kind,
                         .long_name = std::move(long_name),
                         .units = "1",
                         .definition = std::move(definition),
                         .value = value,
                         .flag_meanings = std::move(flag_meanings),
                         .range = kNotNegative});
  }
};

}  // namespace twostage
