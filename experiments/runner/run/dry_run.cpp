// The estimate before a run: what there is to do and how long it takes, from two timed replicates of each
// strand.
#include <fmt/format.h>

#include <cstdio>

#include "experiments/runner/replicate/notes.hpp"
#include "experiments/runner/result/batches.hpp"
#include "experiments/runner/result/result_table.hpp"
#include "experiments/runner/run/estimate.hpp"
#include "experiments/runner/run/existing_result.hpp"
#include "experiments/runner/run/run.hpp"
#include "experiments/runner/study/same_points.hpp"
#include "experiments/runner/terminal/printing.hpp"
#include "experiments/runner/terminal/progress.hpp"
#include "results/store/batches.hpp"
#include "sim/catalog/plain_text.hpp"

namespace twostage {
namespace {

void print_item(const char* name, const std::string& text) {
  print_text(text, fmt::format("{:<9}", name), 9);
}

}  // namespace

void dry_run(const Study& study, const RunOptions& options) {
  const Footprint largest = check_study(study, options);
  say_same_points(study);
  say_notes(study);
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
  const WorkEstimate estimate = estimate_work(study, options, batches);
  const int threads = thread_count(options);
  const auto time = [&](double as_often) { return duration_text(estimate.seconds(as_often) / threads); };
  // Points get more replicates each by itself, so at most every fit is made that many times as often.
  const double more = static_cast<double>(most) / static_cast<double>(replicates);
  print_item("time",
             fmt::format("{} {}{} on {} threads ({} fits, {:.2g} s each in {} of {} points)",
                         estimate.pilot.broken_off ? "more than" : "about", time(1),
                         study.precision ? fmt::format(", at most {},", time(more)) : "", threads,
                         estimate.fits, estimate.seconds_each(), estimate.pilot.points, study.points()));
}

}  // namespace twostage
