#include "experiments/runner/run.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <numeric>
#include <set>
#include <thread>

#include "experiments/runner/batch_file.hpp"
#include "experiments/runner/batches.hpp"
#include "experiments/runner/configuration_diff.hpp"
#include "experiments/runner/interrupt.hpp"
#include "experiments/runner/progress.hpp"
#include "experiments/runner/result_table.hpp"
#include "experiments/runner/scheduler.hpp"
#include "experiments/runner/shared_work.hpp"
#include "results/store/atomic_write.hpp"
#include "results/store/batches.hpp"
#include "results/store/folder_lock.hpp"
#include "results/store/store.hpp"
#include "theory/forecasts.hpp"

namespace twostage {
namespace {

namespace fs = std::filesystem;

double memory_budget(const RunOptions& options) {
  if (options.memory > 0) return options.memory;
  return 0.5 * static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGE_SIZE));
}

// A formula's mistake at its column in the study file: formulas are single-line strings, one quote in.
void check_formulas(const Study& study, const Dataset& shape) {
  try {
    check_claims(study.claims, shape);
    if (!study.precision) return;
    [[maybe_unused]] const PrecisionRule can_be_read(*study.precision, shape);
    for (const auto& [name, column] : names_in_where(*study.precision))
      if (const auto known = forecasts().names();
          shape.has_variable(name) && std::ranges::find(known, name) == known.end())
        throw ClaimError("precision.where", column,
                         "'" + name +
                             "' is measured; which points get more replicates must be told from axes "
                             "and predictions alone");
  } catch (const ClaimError& error) {
    Place place = place_of(study, error.key(), 0);
    place.column += static_cast<int>(error.column());
    fail_at(place, error.key(), error.what());
  } catch (const InputError& error) {
    fail_at(place_of(study, error.key(), 0), error.key(), error.what());
  }
}

void check_precision(const Study& study) {
  if (!study.precision) return;
  if (study.precision->of.empty())
    fail_at(place_of(study, "precision.of", 0), "precision.of", "precision needs 'of', a list of formulas");
  if (study.replicates < 2)
    fail_at(place_of(study, "replicates", 0), "replicates",
            "a precision is told from at least 2 replicates; give 2, or precision=false for none");
  if (study.precision->cap < study.replicates)
    fail_at(place_of(study, "precision.cap", 0), "precision.cap",
            fmt::format("cap = {} is below the {} replicates that every point gets", study.precision->cap,
                        study.replicates));
}

// The folder of finished batches, emptied when `force`; refused when it is of another configuration.
void open_parts(const fs::path& folder, const Study& study, bool force) {
  const fs::path configuration = folder / "configuration.toml";
  if (force)
    for (const auto& entry : fs::directory_iterator(folder))
      if (entry.path().filename() != "lock") fs::remove_all(entry.path());
  const std::string here = cells_text(study);
  if (std::ifstream file(configuration); file) {
    const std::string there{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (there != here)
      throw StoreError(folder, "holds unfinished work of another configuration (" +
                                   configuration_difference(there, here) +
                                   "); finish that, give another --out, or start over with --force");
  } else {
    atomic_write(configuration, here);
  }
}

// A shard takes its batches from the folder and clears it: others must not be there.
void check_shard(const fs::path& folder, const std::set<std::int64_t>& finished, const Study& study,
                 const RunOptions& options) {
  const auto points = static_cast<std::int64_t>(study.points());
  std::vector<Batch> there;
  for (const std::int64_t id : finished)
    there.push_back({static_cast<std::size_t>(id % points), id / points, study.batch});
  if (shard_of(there, study, options.shard, options.shards).size() != there.size())
    throw StoreError(folder, fmt::format("holds finished work outside of shard {}/{}; finish the run that it "
                                         "is of, give another --out, or start over with --force",
                                         options.shard, options.shards));
}

std::size_t count_failed(const Dataset& data) {
  return count_status(data, CellStatus::failed);
}

// Cells of this shard that the file does not hold: it is of another shard, or a shard where the whole is due.
bool lacks_cells(const Dataset& data, const Study& study, const RunOptions& options) {
  const auto& status = std::get<std::vector<std::uint8_t>>(data.variable("status").data);
  const std::size_t arms = study.recipe.arms.size();
  const std::size_t replicates = data.dimension("replicate").size();
  auto batches = batches_of(study);
  std::ranges::copy(further_batches(study, replicates_due(study, data)), std::back_inserter(batches));
  for (const Batch& batch : shard_of(batches, study, options.shard, options.shards)) {
    const auto first = static_cast<std::size_t>(batch.first);
    if (first >= replicates) return true;
    if (status.at((batch.point * replicates + first) * arms) ==
        static_cast<std::uint8_t>(CellStatus::not_run))
      return true;
  }
  return false;
}

// What an existing result file is good for: nothing to do, or only its claims and titles to renew.
std::optional<RunOutcome> use_existing(const Study& study, const RunOptions& options) {
  if (!fs::exists(options.out) || options.force) return std::nullopt;
  Dataset data = read_dataset(options.out);
  const Study there = stored_study(options.out, data);
  if (cells_text(there) != cells_text(study) || there.replicates != study.replicates ||
      there.precision != study.precision)
    throw StoreError(options.out, "holds results of another configuration (" +
                                      configuration_difference(identity_text(there), identity_text(study)) +
                                      "); give another --out, or replace it with --force");
  if (lacks_cells(data, study, options))
    throw StoreError(options.out,
                     "holds another part of this study; merge it with the others (twostage merge), give "
                     "another --out, or replace it with --force");
  if (configuration_text(there) != configuration_text(study)) {
    std::erase_if(data.variables, [](const Variable& v) { return v.name == "configuration"; });
    const std::size_t failed = count_failed(data);
    write_result(options.out, study, std::move(data));
    fmt::print(stderr, "{}: cells were complete; wrote the new titles and claims\n", options.out.string());
    return failed == 0 ? RunOutcome::complete : RunOutcome::failed_cells;
  }
  const std::size_t failed = count_failed(data);
  fmt::print(stderr, "{}: already complete{}\n", options.out.string(),
             failed == 0 ? "" : fmt::format(", {} arms of cells failed (--force runs them again)", failed));
  return failed == 0 ? RunOutcome::complete : RunOutcome::failed_cells;
}

// A permutation of the batches that depends on `key` alone.
void shuffle(std::vector<Batch>& batches, std::uint64_t key) {
  Philox4x64 engine = RandomSource(key, "batch order").stream(Purpose::optimiser, 0, 0, 0);
  for (std::size_t i = batches.size(); i > 1; --i) std::swap(batches[i - 1], batches[engine() % i]);
}

void report_second_stage(const Study& study, const std::vector<std::int64_t>& due) {
  const std::int64_t cells = std::accumulate(due.begin(), due.end(), std::int64_t{0});
  const auto of_points = static_cast<std::int64_t>(due.size()) * study.replicates;
  if (cells == of_points) return;
  const auto more = std::ranges::count_if(due, [&](std::int64_t r) { return r > study.replicates; });
  const auto capped = std::ranges::count(due, study.precision->cap);
  fmt::print(stderr, "{}: the precision asks for {} more cells, at {} of {} points{}\n", study.name,
             cells - of_points, more, due.size(),
             capped == 0 ? "" : fmt::format("; {} of them at the cap of {}", capped, study.precision->cap));
}

void report_errors(const Study& study, const std::vector<CellError>& errors) {
  constexpr std::size_t shown = 3;
  for (std::size_t i = 0; i < std::min(shown, errors.size()); ++i)
    fmt::print(stderr, "{} replicate {}{}: {}\n", point_text(study, errors[i].point), errors[i].replicate,
               errors[i].arm.empty() ? "" : " arm '" + errors[i].arm + "'", errors[i].message);
  if (errors.size() > shown)
    fmt::print(stderr, "... {} more in the sidecar .run.json\n", errors.size() - shown);
}

}  // namespace

int thread_count(const RunOptions& options) {
  return options.threads > 0 ? options.threads
                             : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

double world_budget(const RunOptions& options) {
  return memory_budget(options) / thread_count(options);
}

void check_study(const Study& study, double world_bytes) {
  const Columns columns = columns_of(study);
  check_precision(study);
  check_points(study, world_bytes);
  check_formulas(study, result_shape(study, columns));
}

RunOutcome run_study(const Study& study, const RunOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  const Interrupt interrupt;
  const double budget = world_budget(options);
  check_study(study, budget);
  if (const auto done = use_existing(study, options)) return *done;

  const Columns columns = columns_of(study);
  ResultTable table(study, columns, memory_budget(options));
  const fs::path parts = sidecar(options.out, ".parts");
  const FolderLock lock(parts);
  open_parts(parts, study, options.force);
  const std::string hash = batch_hash(study, columns);

  const auto finished = list_batches(parts);
  const std::set<std::int64_t> on_disk(finished.begin(), finished.end());
  check_shard(parts, on_disk, study, options);
  RunRecord record{options.command,   options.preset, thread_count(options), 0, 0, 0, 0, {},
                   options.study_file};
  bool gave_up = false;
  std::size_t saved = 0;
  // Loads what is finished and runs the rest; false when it was stopped.
  const auto run_stage = [&](const std::vector<Batch>& all) {
    std::vector<Batch> todo;
    std::size_t cells = 0, resumed = 0;
    for (const Batch& batch : shard_of(all, study, options.shard, options.shards)) {
      std::optional<BatchResult> found;
      if (on_disk.contains(batch_id(study, batch))) found = load_batch(parts, study, columns, hash, batch);
      (found ? resumed : cells) += static_cast<std::size_t>(batch.count);
      if (found)
        table.add(*found);
      else
        todo.push_back(batch);
    }
    if (resumed > 0)
      fmt::print(stderr, "{}: resuming, {} of {} cells are done\n", study.name, resumed, resumed + cells);
    record.cells += cells;
    record.resumed += resumed;
    if (options.shuffle != 0) shuffle(todo, options.shuffle);
    SharedWork shared(study, todo, 0.25 * memory_budget(options));
    Progress progress(study.name, cells);
    const Schedule schedule{thread_count(options), [&] { return gave_up || Interrupt::requested(); },
                            [&] { progress.draw(); }};
    return run_batches(
        todo, schedule,
        [&](const Batch& batch) {
          return run_batch(study, columns, batch, budget, &shared, Interrupt::requested);
        },
        [&](const BatchResult& result) {
          const bool failed = !result.errors.empty();
          table.add(result);
          if (failed && !options.keep_going) gave_up = true;  // and leave it to be run again
          if (!failed || options.keep_going) save_batch(parts, study, hash, result);
          if (++saved == options.die_after) std::raise(SIGKILL);
          progress.advance(static_cast<std::size_t>(result.batch.count));
        });
  };
  bool all_done = run_stage(batches_of(study));
  if (all_done && !gave_up && study.precision) {
    const auto due = replicates_due(study, table.data());
    const auto further = further_batches(study, due);
    report_second_stage(study, due);
    table.widen(*std::ranges::max_element(due));
    all_done = run_stage(further);
  }
  report_errors(study, table.errors());
  if (gave_up) return RunOutcome::failed_cells;
  if (!all_done) {
    fmt::print(stderr, "interrupted; finished work is in {}; the same command resumes\n", parts.string());
    return RunOutcome::interrupted;
  }
  record.errors = table.errors();
  const std::size_t failed = table.failed();
  Dataset result = table.take();
  const std::size_t unfinished = count_status(result, CellStatus::not_converged);
  write_result(options.out, study, std::move(result));
  record.not_converged = unfinished;
  record.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  write_run_record(options.out, study, record);
  fs::remove_all(parts);
  fmt::print(stderr, "{}: {} cells in {}{}{}\n", options.out.string(), record.cells,
             duration_text(record.seconds),
             unfinished == 0 ? "" : fmt::format(", {} fits did not converge", unfinished),
             failed == 0 ? "" : fmt::format(", {} arms of cells failed", failed));
  return failed == 0 ? RunOutcome::complete : RunOutcome::failed_cells;
}

std::size_t count_status(const Dataset& data, CellStatus wanted) {
  const auto& status = std::get<std::vector<std::uint8_t>>(data.variable("status").data);
  return static_cast<std::size_t>(std::ranges::count(status, static_cast<std::uint8_t>(wanted)));
}

void write_result(const fs::path& path, const Study& study, Dataset data) {
  data.attributes = file_attributes(study);
  data.variables.push_back(
      {"configuration",
       {},
       std::vector<std::string>{configuration_text(study)},
       {{"long_name", std::string("the study with every default filled in")},
        {"definition", std::string("A study file: `twostage reproduce` runs it again.")}}});
  write_dataset(path, data);
}

Study stored_study(const fs::path& path, const Dataset& data) {
  const auto name = data.attributes.find("study");
  if (data.attributes.contains("cell"))
    throw StoreError(path, "is one replicate, saved by explain, and no result of a study");
  if (!data.has_variable("configuration") || name == data.attributes.end() ||
      !std::holds_alternative<std::string>(name->second))
    throw StoreError(path, "is no result of a study (it has no configuration)");
  const auto& text = std::get<std::vector<std::string>>(data.variable("configuration").data).at(0);
  return parse_study(std::get<std::string>(name->second), text, path.string() + " (configuration)", "", {});
}

}  // namespace twostage
