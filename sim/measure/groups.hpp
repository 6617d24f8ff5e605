// The metrics of each file of this folder; `metrics()` is their concatenation. Adding a metric is one entry
// in the group it belongs to, or one new file and one line here and in metrics.cpp.
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
MetricEntries population_metrics();

// Metrics have no knobs, and all are exact.
inline Entry<Metric> exact_metric(std::string name, std::string summary, std::string source, Metric metric) {
  return {std::move(name), std::move(summary), std::move(source), Status::exact, {}, std::move(metric)};
}

}  // namespace twostage
