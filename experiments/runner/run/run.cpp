#include "experiments/runner/run/run.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "experiments/runner/replicate/notes.hpp"
#include "experiments/runner/result/batches.hpp"
#include "experiments/runner/result/claim_record.hpp"
#include "experiments/runner/result/result_table.hpp"
#include "experiments/runner/run/existing_result.hpp"
#include "experiments/runner/run/processors.hpp"
#include "experiments/runner/run/run_place.hpp"
#include "experiments/runner/run/stages.hpp"
#include "experiments/runner/study/same_points.hpp"
#include "experiments/runner/study/toml_limits.hpp"
#include "experiments/runner/terminal/interrupt.hpp"
#include "experiments/runner/terminal/progress.hpp"
#include "experiments/runner/terminal/say.hpp"
#include "results/dataset/content_hash.hpp"
#include "results/file/sha256.hpp"
#include "results/store/batches.hpp"
#include "results/store/store.hpp"
#include "theory/prediction/forecasts.hpp"

namespace twostage {
namespace {

namespace fs = std::filesystem;

// Known before there are data.
bool is_predicted(const std::string& name) {
  return std::ranges::any_of(forecasts().entries(), [&](const auto& entry) {
    return entry.name == name && entry.extra.kind == MetricKind::predicted;
  });
}

// A formula's mistake at its column in the study file: formulas are single-line strings, one quote in.
void check_formulas(const Study& study, const Dataset& shape, const std::vector<std::size_t>& same_arms) {
  try {
    check_claims(study.claims, shape, same_arms);
    if (!study.precision) return;
    [[maybe_unused]] const PrecisionRule can_be_read(*study.precision, shape);
    check_where(*study.precision, shape);
    for (const auto& [name, column] : names_in_where(*study.precision))
      if (shape.has_variable(name) && !is_predicted(name))
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

// A result that holds more could not be read back.
void check_length(const Study& study) {
  if (const std::size_t length = configuration_text(study).size(); length > kLargestToml)
    fail_at(place_of(study, "", 0), "",
            fmt::format("the study with every default filled in has {} bytes, and {} are at most read",
                        length, kLargestToml));
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

// What a raised file has from the one that it grows out of, beside the replicates.
struct Kept {
  std::int64_t replicates;
  std::string claims;  // the record of the first run; "" when it has none
  Attributes attributes;
};

Kept keep(ResultFile there, const Study& study, ResultTable& table) {
  table.keep(there.data);
  say("{}: keeps its {} replicates of each point and makes {} more; verdicts keep their level only if nobody "
      "looked at them first (experiments/README.md, \"Raising replicates\")\n",
      there.path.string(), there.study.replicates, study.replicates - there.study.replicates);
  return {there.study.replicates, stored_claims(there.path, there.data), std::move(there.data.attributes)};
}

}  // namespace

std::string error_text(const Study& study, const ReplicateError& error) {
  const std::string point = point_text(study, error.point);
  return fmt::format("{}{}replicate {}{}: {}", point, point.empty() ? "" : ", ", error.replicate,
                     error.arm.empty() ? "" : fmt::format(", arm '{}'", error.arm), error.message);
}

void report_errors(const Study& study, const std::vector<ReplicateError>& errors, std::string_view where) {
  constexpr std::size_t shown = 3;
  for (std::size_t i = 0; i < std::min(shown, errors.size()); ++i) say("{}\n", error_text(study, errors[i]));
  if (errors.size() > shown) say("... {} more {}\n", errors.size() - shown, where);
}

double memory_budget(const RunOptions& options) {
  if (options.memory > 0) return options.memory;
  return 0.5 * static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGE_SIZE));
}

int thread_count(const RunOptions& options) {
  return options.threads > 0 ? options.threads : usable_processors();
}

double replicate_budget(const Study& study, const RunOptions& options) {
  const double results = 2 * table_bytes(study, columns_of(study), study.replicates);
  return (memory_budget(options) - results) / thread_count(options);
}

Footprint check_study(const Study& study, const RunOptions& options, Asked asked) {
  const Columns columns = columns_of(study);
  check_precision(study);
  check_table(study, columns, study.replicates, memory_budget(options));
  const Footprint largest = check_points(study, columns, replicate_budget(study, options), asked);
  check_length(study);
  result_shape(study, columns);  // names taken twice
  check_formulas(study, claimable_shape(study, columns), same_arms(study));
  return largest;
}

RunOutcome run_study(const Study& study, const RunOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  const Interrupt interrupt;
  const Footprint largest = check_study(study, options);
  say_same_points(study);
  say_notes(study);
  require_replaceable_result(options.out);
  if (const auto done = existing_result(study, options, nullptr).done) return *done;

  const Columns columns = columns_of(study);
  ResultTable table(study, columns, memory_budget(options));
  RunPlace place(study, options);
  // Another look, now that no other run can change it.
  ExistingResult existing = existing_result(study, options, &place);
  if (existing.done) return *existing.done;
  std::optional<Kept> kept;
  if (existing.to_raise) kept = keep(std::move(*existing.to_raise), study, table);
  place.open_parts();
  const fs::path& parts = place.parts();
  const auto finished = list_batches(parts);
  const std::set<std::int64_t> on_disk(finished.begin(), finished.end());
  check_shard(parts, on_disk, study, options);
  const std::string claims =
      kept ? kept->claims
           : claim_record_of(parts, !on_disk.empty(),
                             options.claims.empty() ? claim_record(study) : options.claims);
  if (kept && !claims.empty()) claim_record_of(parts, false, claims);  // of a folder without its result, too
  RunRecord record{.command = options.command,
                   .preset = options.preset,
                   .threads = thread_count(options),
                   .study_file = options.study_file,
                   .raised_from = kept ? kept->replicates : 0};
  const Work work{study, columns, options, parts, largest, record.raised_from};
  const WorkDone done = do_work(work, &table);
  record.replicates = done.replicates;
  record.resumed = done.resumed;
  report_errors(study, done.errors, "in the sidecar .run.json");
  if (done.gave_up) return RunOutcome::failed_cells;
  if (!done.all) {
    say("interrupted; finished work is in {}; {} resumes\n", parts.string(),
        options.force ? "the same command without --force" : "the same command");
    return Interrupt::terminated() ? RunOutcome::terminated : RunOutcome::interrupted;
  }
  record.errors = table.errors();
  const std::size_t failed = table.failed();
  Dataset result = table.take();
  count_unfinished(result, record);
  if (!claims.empty()) store_claims(result, claims);
  if (kept) join_provenance(result, {kept->attributes, file_attributes(study)});
  record.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  place.publish(std::move(result), record);
  say("{}: {} replicates in {}{}{}\n", options.out.string(), record.replicates, duration_text(record.seconds),
      unfinished_text(record), failed == 0 ? "" : fmt::format(", {} fits failed", failed));
  return failed == 0 ? RunOutcome::complete : RunOutcome::failed_cells;
}

int exit_code(RunOutcome outcome) {
  switch (outcome) {
    case RunOutcome::complete:
      return 0;
    case RunOutcome::failed_cells:
      return 1;
    case RunOutcome::interrupted:
      return 130;
    case RunOutcome::terminated:
      return 75;  // EX_TEMPFAIL of sysexits.h: try again
    case RunOutcome::without_progress:
      return 78;  // EX_CONFIG
  }
  return 0;
}

std::size_t count_status(const Dataset& data, ArmStatus wanted) {
  const auto& status = std::get<std::vector<std::uint8_t>>(data.variable("status").data);
  return static_cast<std::size_t>(std::ranges::count(status, static_cast<std::uint8_t>(wanted)));
}

void count_unfinished(const Dataset& result, RunRecord& record) {
  record.not_converged = count_status(result, ArmStatus::not_converged);
  record.non_finite = count_status(result, ArmStatus::non_finite);
}

std::string unfinished_text(const RunRecord& record) {
  const auto told = [](std::size_t fits, const char* what) {
    return fits == 0 ? "" : fmt::format(", {} fit{} {}", fits, fits == 1 ? "" : "s", what);
  };
  return told(record.not_converged, "did not converge") +
         told(record.non_finite, "came to no finite numbers");
}

void write_result(const fs::path& path, const Study& study, Dataset data, Existing existing) {
  Attributes attributes = file_attributes(study);
  for (auto& [name, value] : data.attributes)
    if (is_provenance(name)) attributes[name] = std::move(value);
  data.attributes = std::move(attributes);
  if (data.has_variable(kClaimsVariable))
    data.attributes["claims_hash"] =
        sha256(std::get<std::vector<std::string>>(data.variable(kClaimsVariable).data).at(0));
  data.variables.push_back(
      {"configuration",
       {},
       std::vector<std::string>{configuration_text(study)},
       {{"long_name", std::string("the study with every default filled in")},
        {"definition", std::string("A study file: `twostage reproduce` runs it again.")}}});
  write_dataset(path, data, Packing::compressed, existing);
}

}  // namespace twostage
