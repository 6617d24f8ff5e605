#include "experiments/runner/cluster/account.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>

#include "experiments/runner/result/batch_file.hpp"
#include "experiments/runner/result/batches.hpp"
#include "experiments/runner/terminal/shell_word.hpp"
#include "results/store/batches.hpp"

namespace twostage {
namespace {

namespace fs = std::filesystem;

// "2,5-7", as Slurm takes it.
std::string ranges_text(const std::set<int>& numbers) {
  std::string out;
  for (auto it = numbers.begin(); it != numbers.end();) {
    const int first = *it;
    int last = first;
    while (++it != numbers.end() && *it == last + 1) last = *it;
    if (!out.empty()) out += ',';
    out += std::to_string(first);
    if (last > first) out.append("-").append(std::to_string(last));
  }
  return out;
}

}  // namespace

Account take_account(const RunFolder& folder, const Columns& columns, ResultTable* table) {
  const Study& study = folder.study();
  if (study.precision && !table)
    throw std::invalid_argument("take_account: a precision is told from a table");
  const std::string hash = batch_hash(study, columns);
  const auto names = list_batches(folder.path());
  const std::set<std::int64_t> on_disk(names.begin(), names.end());
  Account account;
  const auto look = [&](const std::vector<Batch>& due) {
    account.batches += due.size();
    for (const Batch& batch : due) {
      const auto found = on_disk.contains(batch_id(study, batch))
                             ? load_batch(folder.path(), study, columns, hash, batch)
                             : std::nullopt;
      if (!found) {
        account.missing.push_back(batch);
        continue;
      }
      account.replicates += static_cast<std::size_t>(batch.count);
      account.failed += static_cast<std::size_t>(
          std::ranges::count(found->status, static_cast<std::uint8_t>(ArmStatus::failed)));
      account.errors.insert(account.errors.end(), found->errors.begin(), found->errors.end());
      if (table) table->add(*found);
    }
  };
  look(batches_of(study));
  if (study.precision) {
    account.at_least = !account.missing.empty();
    const auto due = replicates_due(study, table->data());
    table->widen(*std::ranges::max_element(due));
    look(further_batches(study, due));
  }
  return account;
}

std::string shards_missing(const RunFolder& folder, const Account& account) {
  std::set<int> shards;
  for (const Batch& batch : account.missing)
    shards.insert(shard_holding(batch, folder.study(), folder.entry().shards));
  return ranges_text(shards);
}

std::string repair_command(const RunFolder& folder, const Account& account) {
  if (!fs::exists(folder.script()))
    return folder.entry().command + " --into " +
           shell_word(fs::absolute(folder.path()).lexically_normal().string());
  return "bash " + shell_word(folder.script().string()) + " " + shards_missing(folder, account);
}

}  // namespace twostage
