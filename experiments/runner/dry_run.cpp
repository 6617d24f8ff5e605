// The estimate before a run: what there is to do and how long it takes, from one timed replicate of each
// point.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>

#include "experiments/runner/batches.hpp"
#include "experiments/runner/progress.hpp"
#include "experiments/runner/run.hpp"
#include "results/store/batches.hpp"

namespace twostage {
namespace {

constexpr double kPilotSeconds = 5;

struct Pilot {
  double seconds = 0;  // of one replicate at each of the points timed
  std::size_t points = 0;
};

Pilot time_points(const Study& study, const Columns& columns, double budget) {
  Pilot pilot;
  for (std::size_t point = 0; point < study.points() && pilot.seconds < kPilotSeconds; ++point) {
    const auto start = std::chrono::steady_clock::now();
    run_batch(study, columns, {point, 0, 1}, budget);
    pilot.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    ++pilot.points;
  }
  return pilot;
}

}  // namespace

void dry_run(const Study& study, const RunOptions& options) {
  const double budget = world_budget(options);
  check_study(study, budget);
  const Columns columns = columns_of(study);
  const auto batches = shard_of(batches_of(study), study, options.shard, options.shards);
  std::size_t cells = 0;
  for (const Batch& batch : batches) cells += static_cast<std::size_t>(batch.count);
  double largest = 0;
  for (std::size_t point = 0; point < study.points(); ++point)
    largest = std::max(largest, world_bytes(recipe_at(study, point).world));
  fmt::print("study    {}\ncells    {} = {} points x {} replicates, {} arms each\n", study.name, cells,
             study.points(), study.replicates, study.recipe.arms.size());
  std::size_t points = 0;
  for (const Batch& batch : batches) points += batch.first == 0;
  const std::size_t most = study.precision ? points * static_cast<std::size_t>(study.precision->cap) : cells;
  if (study.precision)
    fmt::print("         then as many as the precision needs, at most {} = {} points x {}\n", most, points,
               study.precision->cap);
  fmt::print("batches  {} of at most {} replicates; {} finished on disk\n", batches.size(), study.batch,
             list_batches(sidecar(options.out, ".parts")).size());
  fmt::print("memory   {:.2g} MB a thread for the largest world\n", largest / 1e6);
  fmt::print("result   {}\n", options.out.string());
  std::fflush(stdout);  // timing a large cell can take long
  const Pilot pilot = time_points(study, columns, budget);
  const int threads = thread_count(options);
  const double per_cell = pilot.seconds / static_cast<double>(pilot.points);
  const auto time = [&](std::size_t count) {
    return duration_text(per_cell * static_cast<double>(count) / threads);
  };
  fmt::print("time     about {}{} on {} threads ({:.2g} s a cell, from {} of {} points)\n", time(cells),
             study.precision ? fmt::format(", at most {},", time(most)) : "", threads, per_cell, pilot.points,
             study.points());
}

}  // namespace twostage
