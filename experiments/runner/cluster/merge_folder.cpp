#include "experiments/runner/cluster/merge_folder.hpp"

#include <chrono>

#include "experiments/runner/cluster/account.hpp"
#include "experiments/runner/result/claim_record.hpp"
#include "experiments/runner/run/existing_result.hpp"
#include "experiments/runner/run/run_place.hpp"
#include "experiments/runner/terminal/say.hpp"
#include "results/store/store.hpp"

namespace twostage {

RunOutcome merge_folder(const RunFolder& folder, const RunOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  folder.require_this_build();
  const Study& study = folder.study();
  require_replaceable_result(options.out);
  // A job that a scheduler started anew may have been done.
  if (const auto done = existing_result(study, options, nullptr).done) return *done;
  if (std::filesystem::exists(options.out) && !options.force)
    throw StoreError(options.out, "exists; replace it with --force or give another --out");
  const Columns columns = columns_of(study);
  ResultTable table(study, columns, memory_budget(options));
  const Account account = take_account(folder, columns, &table);
  if (!account.missing.empty())
    throw StoreError(
        folder.path(),
        fmt::format("lacks {} of {}{} batches, in shards {} of {}; `{}` makes them", account.missing.size(),
                    account.at_least ? "at least " : "", account.batches, shards_missing(folder, account),
                    folder.entry().shards, repair_command(folder, account)));
  // Only now, so that what is missing leaves nothing beside the result.
  RunPlace place(study, options);
  place.open_parts();
  RunRecord record;
  record.command = options.command;
  record.study_file = folder.entry().study_file;
  record.threads = 1;
  record.resumed = account.replicates;
  record.errors = account.errors;
  Dataset result = table.take();
  count_unfinished(result, record);
  store_claims(result, claim_record(study));
  record.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  place.publish(std::move(result), record);
  report_errors(study, account.errors, "in the sidecar .run.json");
  say("{}: merged from {} batches in {}{}{}\n", options.out.string(), account.batches, folder.path().string(),
      unfinished_text(record), account.failed == 0 ? "" : fmt::format(", {} fits failed", account.failed));
  return account.failed == 0 ? RunOutcome::complete : RunOutcome::failed_cells;
}

}  // namespace twostage
