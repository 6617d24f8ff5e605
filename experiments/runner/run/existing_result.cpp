#include "experiments/runner/run/existing_result.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "experiments/runner/result/batches.hpp"
#include "experiments/runner/result/claim_record.hpp"
#include "experiments/runner/study/configuration_diff.hpp"
#include "experiments/runner/terminal/say.hpp"
#include "results/file/store_error.hpp"

namespace twostage {
namespace {

namespace fs = std::filesystem;

constexpr const char* kOtherwise = "; give another --out, or replace it with --force";

// Replicates of this shard that the file does not hold: it is of another shard, or a shard where the whole is
// due.
bool lacks_cells(const Dataset& data, const Study& study, const RunOptions& options) {
  const auto& status = std::get<std::vector<std::uint8_t>>(data.variable("status").data);
  const std::size_t arms = study.recipe.arms.size();
  const std::size_t replicates = data.dimension("replicate").size();
  auto batches = batches_of(study);
  std::ranges::copy(further_batches(study, replicates_due(study, data)), std::back_inserter(batches));
  for (const Batch& batch : shard_of(batches, study, options.shard, options.shards)) {
    const auto first = static_cast<std::size_t>(batch.first),
               end = first + static_cast<std::size_t>(batch.count);
    if (end > replicates) return true;
    for (std::size_t r = first; r < end; ++r)
      if (status[(batch.point * replicates + r) * arms] == static_cast<std::uint8_t>(ArmStatus::not_run))
        return true;
  }
  return false;
}

std::size_t count_post_hoc(const Study& study, const std::string& record) {
  const ClaimRecord before = record.empty() ? ClaimRecord{} : read_claim_record(record, "record of claims");
  return static_cast<std::size_t>(std::ranges::count_if(
      study.claims, [&](const Claim& claim) { return !post_hoc(claim, study.alpha, before).empty(); }));
}

bool differs_in_replicates_alone(const Study& there, const Study& here) {
  return cells_text(there) == cells_text(here) && there.precision == here.precision &&
         there.replicates != here.replicates;
}

void require_raisable(const ResultFile& there, const Study& study, const RunOptions& options) {
  const std::int64_t before = there.study.replicates, now = study.replicates;
  const auto refuse = [&](const std::string& why) { throw StoreError(options.out, why + kOtherwise); };
  if (now < before)
    refuse(
        fmt::format("holds {} replicates of each point, and this run asks for {}: replicates are raised "
                    "in place, and never lowered",
                    before, now));
  if (options.shards > 1 || there.missing > 0)
    refuse(
        fmt::format("holds {} replicates of each point, and this run asks for {}: a part of a study is "
                    "not raised; merge its parts (twostage merge) and raise the whole",
                    before, now));
  if (study.precision)
    refuse(
        fmt::format("holds results whose precision is told from the first {} replicates of each point: "
                    "replicates = {} would be another rule, and is not raised in place",
                    before, now));
}

}  // namespace

ExistingResult existing_result(const Study& study, const RunOptions& options, RunPlace* place) {
  if (!fs::exists(options.out) || options.force || replacement_under_way(options.out, study)) return {};
  ResultFile there = read_result(options.out);
  if (differs_in_replicates_alone(there.study, study)) {
    require_raisable(there, study, options);
    return {{}, std::move(there)};
  }
  if (cells_text(there.study) != cells_text(study) || there.study.precision != study.precision)
    throw StoreError(options.out,
                     "holds results of another configuration (" +
                         configuration_difference(identity_text(there.study), identity_text(study)) + ")" +
                         kOtherwise);
  if (lacks_cells(there.data, study, options))
    throw StoreError(options.out,
                     "holds another part of this study; merge it with the others (twostage merge), give "
                     "another --out, or replace it with --force");
  const bool renew = configuration_text(there.study) != configuration_text(study);
  const bool finish = awaits_finish(options.out);
  if ((renew || finish) && !place) return {};
  const std::size_t failed = count_status(there.data, ArmStatus::failed);
  if (renew) {
    std::erase_if(there.data.variables, [](const Variable& v) { return v.name == "configuration"; });
    const std::size_t changed = count_post_hoc(study, stored_claims(options.out, there.data));
    write_result(options.out, study, std::move(there.data), Existing::replace);
    say("{}: replicates were complete; wrote the new titles and claims{}\n", options.out.string(),
        changed == 0 ? "" : fmt::format("; post hoc: {} of {} claims", changed, study.claims.size()));
  }
  if (finish) place->finish_killed_run();
  if (!renew)
    say("{}: already complete{}\n", options.out.string(),
        failed == 0 ? "" : fmt::format(", {} fits failed (--force runs them again)", failed));
  return {failed == 0 ? RunOutcome::complete : RunOutcome::failed_cells, {}};
}

std::int64_t replicates_to_keep(const Study& study, const RunOptions& options) {
  if (!fs::exists(options.out) || options.force || replacement_under_way(options.out, study)) return 0;
  const ResultFile there = read_result(options.out);
  if (!differs_in_replicates_alone(there.study, study)) return 0;
  require_raisable(there, study, options);
  return there.study.replicates;
}

}  // namespace twostage
