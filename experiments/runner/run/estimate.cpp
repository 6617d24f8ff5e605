#include "experiments/runner/run/estimate.hpp"

#include <algorithm>
#include <ctime>

#include "experiments/runner/replicate/shared_work.hpp"
#include "experiments/runner/replicate/strand.hpp"

namespace twostage {
namespace {

constexpr double kPilotSeconds = 5;          // no other point is begun after so many
constexpr double kLongestPilotSeconds = 10;  // and a course is broken off

double processor_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

Pilot time_strands(const Study& study, const Columns& columns, double budget) {
  std::vector<Batch> batches;
  for (const std::int64_t replicate : {0, 1})
    for (std::size_t point = 0; point < study.points(); ++point) batches.push_back({point, replicate, 1});
  SharedWork shared(study, batches, budget);
  batches.resize(study.points());
  const std::vector<Strand> strands = strands_of(study, batches, 1);
  Pilot pilot;
  const double begin = processor_seconds();
  const auto too_long = [&] { return processor_seconds() - begin >= kLongestPilotSeconds; };
  for (std::size_t i = 0; i < strands.size() && pilot.first + pilot.again < kPilotSeconds; ++i) {
    Strand strand = strands[spread_order(i, strands.size())];
    const auto timed = [&] {
      const double start = processor_seconds();
      pilot.broken_off = !run_strand(study, columns, strand, budget, &shared, too_long);
      return processor_seconds() - start;
    };
    const std::size_t before = shared.made();
    const double first = timed();
    const std::size_t made = shared.made();
    pilot.first += first;
    pilot.points += strand.size();
    if (pilot.broken_off) {  // what was done cost so much at least
      pilot.again += first;
      pilot.fits += std::max<std::size_t>(made - before, 1);
      break;
    }
    for (Batch& batch : strand) batch.first = 1;
    pilot.again += timed();
    pilot.fits += std::max<std::size_t>(shared.made() - made, 1);
    if (pilot.broken_off) break;
  }
  pilot.predictions = shared.predictions_made();
  return pilot;
}

}  // namespace

double WorkEstimate::seconds(double as_often) const {
  return estimated_seconds(pilot, {.predictions = predictions, .fits = as_often * static_cast<double>(fits)});
}

double WorkEstimate::seconds_each() const {
  return pilot.fits == 0 ? 0.0 : pilot.again / static_cast<double>(pilot.fits);
}

WorkEstimate estimate_work(const Study& study, const RunOptions& options, const std::vector<Batch>& batches) {
  const Pilot pilot = time_strands(study, columns_of(study), replicate_budget(study, options));
  const SharedWork work(study, batches, 0);
  return {.pilot = pilot, .predictions = work.predictions_due(), .fits = work.due()};
}

}  // namespace twostage
