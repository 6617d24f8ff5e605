// The estimate before a run: what there is to do and how long it takes, from one timed replicate of each
// point.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "experiments/runner/replicate/shared_work.hpp"
#include "experiments/runner/replicate/strand.hpp"
#include "experiments/runner/result/batches.hpp"
#include "experiments/runner/result/result_table.hpp"
#include "experiments/runner/run/existing_result.hpp"
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

struct Pilot {
  double seconds = 0;      // of one replicate at each of the points timed
  std::size_t points = 0;  // those
  std::size_t fits = 0;    // made for them
  bool broken_off = false;
};

Pilot time_points(const Study& study, const Columns& columns, double budget) {
  std::vector<Batch> batches;
  for (std::size_t point = 0; point < study.points(); ++point) batches.push_back({point, 0, 1});
  SharedWork shared(study, batches, budget);
  Pilot pilot;
  const auto start = std::chrono::steady_clock::now();
  const auto seconds = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  const auto too_long = [&] { return seconds() >= kLongestPilotSeconds; };
  for (const Batch& batch : batches) {
    if (seconds() >= kPilotSeconds) break;
    pilot.broken_off = !run_batch(study, columns, batch, budget, &shared, too_long);
    ++pilot.points;
  }
  pilot.seconds = seconds();
  pilot.fits = std::max<std::size_t>(shared.made(), 1);
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
  const Pilot pilot = time_points(study, columns, budget);
  const int threads = thread_count(options);
  const double per_fit = pilot.seconds / static_cast<double>(pilot.fits);
  const std::size_t fits = SharedWork(study, batches, 0).due();
  const auto time = [&](double count) { return duration_text(per_fit * count / threads); };
  // Points get more replicates each by itself, so at most every fit is made that many times as often.
  const double more = static_cast<double>(most) / static_cast<double>(replicates);
  print_item(
      "time",
      fmt::format("{} {}{} on {} threads ({} fits, {:.2g} s each in {} of {} points)",
                  pilot.broken_off ? "more than" : "about", time(static_cast<double>(fits)),
                  study.precision ? fmt::format(", at most {},", time(static_cast<double>(fits) * more)) : "",
                  threads, fits, per_fit, pilot.points, study.points()));
}

}  // namespace twostage
