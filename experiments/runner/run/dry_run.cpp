// The estimate before a run: what there is to do and how long it takes, from two timed replicates of each
// strand.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <ctime>

#include "experiments/runner/replicate/shared_work.hpp"
#include "experiments/runner/replicate/strand.hpp"
#include "experiments/runner/result/batches.hpp"
#include "experiments/runner/result/result_table.hpp"
#include "experiments/runner/run/existing_result.hpp"
#include "experiments/runner/run/pilot.hpp"
#include "experiments/runner/run/run.hpp"
#include "experiments/runner/study/same_points.hpp"
#include "experiments/runner/terminal/printing.hpp"
#include "experiments/runner/terminal/progress.hpp"
#include "results/store/batches.hpp"
#include "sim/catalog/plain_text.hpp"

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

void print_item(const char* name, const std::string& text) {
  print_text(text, fmt::format("{:<9}", name), 9);
}

}  // namespace

void dry_run(const Study& study, const RunOptions& options) {
  const Footprint largest = check_study(study, options);
  say_same_points(study);
  const double budget = replicate_budget(study, options);
  const Columns columns = columns_of(study);
  const std::int64_t kept = replicates_to_keep(study, options);
  const auto batches = shard_of(batches_of(study, kept), study, options.shard, options.shards);
  std::size_t replicates = 0;
  for (const Batch& batch : batches) replicates += static_cast<std::size_t>(batch.count);
  print_item("study", plain_text(study.name));
  print_item("work", fmt::format("{} replicates = {} points x {}, {} arms each", replicates, study.points(),
                                 study.replicates - kept, study.recipe.arms.size()));
  if (kept > 0) print_item("", fmt::format("beside the {} replicates of each point that are kept", kept));
  std::size_t points = 0;
  for (const Batch& batch : batches) points += batch.first == 0;
  const std::size_t most =
      study.precision ? points * static_cast<std::size_t>(study.precision->cap) : replicates;
  if (study.precision)
    print_item("", fmt::format("then as many as the precision needs, at most {} = {} points x {}", most,
                               points, study.precision->cap));
  print_item("batches", fmt::format("{} of at most {} replicates; {} finished on disk", batches.size(),
                                    study.batch, list_batches(sidecar(options.out, ".parts")).size()));
  print_item(
      "memory",
      fmt::format("{:.2g} MB a thread for the largest replicate, {:.2g} MB of it for its world; {:.2g} MB "
                  "for the results",
                  largest.total() / 1e6, largest.world / 1e6,
                  2 * table_bytes(study, columns, study.replicates) / 1e6));
  print_item("result", plain_text(options.out.string()));
  std::fflush(stdout);  // timing a large replicate can take long
  const Pilot pilot = time_strands(study, columns, budget);
  const int threads = thread_count(options);
  const SharedWork work(study, batches, 0);
  const std::size_t fits = work.due();
  const auto time = [&](double as_often) {
    const WorkDue due = {.predictions = work.predictions_due(), .fits = as_often * static_cast<double>(fits)};
    return duration_text(estimated_seconds(pilot, due) / threads);
  };
  // Points get more replicates each by itself, so at most every fit is made that many times as often.
  const double more = static_cast<double>(most) / static_cast<double>(replicates);
  print_item("time", fmt::format("{} {}{} on {} threads ({} fits, {:.2g} s each in {} of {} points)",
                                 pilot.broken_off ? "more than" : "about", time(1),
                                 study.precision ? fmt::format(", at most {},", time(more)) : "", threads,
                                 fits, pilot.fits == 0 ? 0.0 : pilot.again / static_cast<double>(pilot.fits),
                                 pilot.points, study.points()));
}

}  // namespace twostage
