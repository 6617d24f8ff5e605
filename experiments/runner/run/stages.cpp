#include "experiments/runner/run/stages.hpp"

#include <algorithm>
#include <csignal>
#include <numeric>
#include <set>
#include <stdexcept>

#include "experiments/runner/replicate/shared_work.hpp"
#include "experiments/runner/result/batch_file.hpp"
#include "experiments/runner/result/batches.hpp"
#include "experiments/runner/run/scheduler.hpp"
#include "experiments/runner/terminal/interrupt.hpp"
#include "experiments/runner/terminal/progress.hpp"
#include "experiments/runner/terminal/say.hpp"
#include "results/file/atomic_write.hpp"
#include "results/store/batches.hpp"

namespace twostage {
namespace {

// A permutation of the batches that depends on `key` alone.
void shuffle(std::vector<Batch>& batches, std::uint64_t key) {
  Philox4x64 engine = RandomSource(key, "batch order").stream(Purpose::optimiser, 0, 0, 0);
  for (std::size_t i = batches.size(); i > 1; --i) std::swap(batches[i - 1], batches[engine() % i]);
}

// The last points of a study are mostly its dearest, since axes grow. In the last block of replicates they
// come first: a thread that began one at the very end would work on alone.
void put_dearest_first(std::vector<Strand>& strands) {
  if (strands.empty()) return;
  const std::int64_t last = strands.back().front().first;
  const auto block =
      std::ranges::find_if(strands, [&](const Strand& strand) { return strand.front().first == last; });
  std::reverse(block, strands.end());
}

void report_second_stage(const Study& study, const std::vector<std::int64_t>& due) {
  const std::int64_t replicates = std::accumulate(due.begin(), due.end(), std::int64_t{0});
  const auto of_points = static_cast<std::int64_t>(due.size()) * study.replicates;
  if (replicates == of_points) return;
  const auto more = std::ranges::count_if(due, [&](std::int64_t r) { return r > study.replicates; });
  const auto capped = std::ranges::count(due, study.precision->cap);
  say("{}: the precision asks for {} more replicates, at {} of {} points{}\n", study.name,
      replicates - of_points, more, due.size(),
      capped == 0 ? "" : fmt::format("; {} of them at the cap of {}", capped, study.precision->cap));
}

class Stages {
 public:
  Stages(const Work& work, ResultTable* table)
      : work_(work), table_(table), hash_(batch_hash(work.study, work.columns)) {
    if (work.options.shards > 1) return;
    const auto finished = list_batches(work.folder);
    on_disk_.insert(finished.begin(), finished.end());
  }

  // Loads what is finished of these and runs the rest; false when it was stopped.
  bool run(const std::vector<Batch>& all) {
    const Study& study = work_.study;
    const Columns& columns = work_.columns;
    const RunOptions& options = work_.options;
    std::vector<Batch> todo;
    const std::size_t resumed_before = done_.resumed, before = done_.replicates;
    for (const Batch& batch : shard_of(all, study, options.shard, options.shards)) {
      std::optional<BatchResult> found;
      if (is_there(batch)) found = load_batch(work_.folder, study, columns, hash_, batch);
      (found ? done_.resumed : done_.replicates) += static_cast<std::size_t>(batch.count);
      if (found)
        take(*found);
      else
        todo.push_back(batch);
    }
    const std::size_t resumed = done_.resumed - resumed_before, replicates = done_.replicates - before;
    if (resumed > 0)
      say("{}: resuming, {} of {} replicates are done\n", study.name, resumed, resumed + replicates);
    if (!todo.empty()) require_writable(batch_path(work_.folder, batch_id(study, todo.front())));
    if (options.shuffle != 0) shuffle(todo, options.shuffle);
    const double budget = replicate_budget(study, options);
    const int threads = thread_count(options);
    // Fits are kept for other points in what the replicates leave.
    const double spare = (budget - work_.largest.total()) * threads;
    SharedWork shared(study, todo, std::min(0.25 * memory_budget(options), spare));
    Progress progress(study.name, replicates);
    const Schedule schedule{threads, [&] { return done_.gave_up || Interrupt::requested(); },
                            [&] { progress.draw(); }};
    const std::size_t enough = 8 * static_cast<std::size_t>(threads);
    std::vector<Strand> strands = strands_of(study, todo, enough);
    put_dearest_first(strands);
    return run_strands(
        strands, schedule,
        [&](const Strand& strand) {
          return run_strand(study, columns, strand, budget, &shared, Interrupt::requested);
        },
        [&](const BatchResult& result) {
          const bool failed = !result.errors.empty();
          take(result);
          if (failed && !options.keep_going) done_.gave_up = true;  // and leave it to be run again
          if (!failed || options.keep_going) {
            save_batch(work_.folder, study, hash_, result);
            done_.made += static_cast<std::size_t>(result.batch.count);
          }
          if (++saved_ == options.die_after) std::raise(SIGKILL);
          progress.advance(static_cast<std::size_t>(result.batch.count));
        });
  }

  WorkDone take_done() { return std::move(done_); }
  bool gave_up() const { return done_.gave_up; }
  void finish() { done_.all = true; }

 private:
  // A shard asks for its own: to list those of all shards would cost each the more, the more there are.
  bool is_there(const Batch& batch) const {
    const std::int64_t id = batch_id(work_.study, batch);
    return work_.options.shards > 1 ? std::filesystem::exists(batch_path(work_.folder, id))
                                    : on_disk_.contains(id);
  }
  void take(const BatchResult& result) {
    if (table_) table_->add(result);
    done_.errors.insert(done_.errors.end(), result.errors.begin(), result.errors.end());
    done_.failed += static_cast<std::size_t>(
        std::ranges::count(result.status, static_cast<std::uint8_t>(ArmStatus::failed)));
  }

  const Work& work_;
  ResultTable* table_;
  std::string hash_;
  std::set<std::int64_t> on_disk_;  // of a run that is not dealt
  std::size_t saved_ = 0;
  WorkDone done_;
};

}  // namespace

WorkDone do_work(const Work& work, ResultTable* table) {
  const Study& study = work.study;
  if (study.precision && !table) throw std::invalid_argument("do_work: a precision is told from a table");
  Stages stages(work, table);
  bool all = stages.run(batches_of(study, work.from)) && !stages.gave_up();
  if (all && study.precision) {
    const auto due = replicates_due(study, table->data());
    const auto further = further_batches(study, due);
    report_second_stage(study, due);
    table->widen(*std::ranges::max_element(due));
    all = stages.run(further) && !stages.gave_up();
  }
  if (all) stages.finish();
  return stages.take_done();
}

}  // namespace twostage
