// The registry of metrics, in the order in which result files hold them.
#include <iterator>

#include "sim/measure/groups.hpp"

namespace twostage {

const Registry<Metric>& metrics() {
  static const Registry<Metric> registry("metric", [] {
    MetricEntries all;
    for (auto group :
         {return_metrics, divergence_metrics, unseen_mass_metrics, likelihood_metrics, certificate_metrics,
          cost_metrics, policy_gap_metrics, win_rate_metrics, population_metrics}) {
      MetricEntries entries = group();
      all.insert(all.end(), std::make_move_iterator(entries.begin()), std::make_move_iterator(entries.end()));
    }
    return all;
  }());
  return registry;
}

}  // namespace twostage
