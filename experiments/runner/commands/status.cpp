// status: what a run folder holds, what it lacks, which fits failed, and the one command that comes next.
#include <fmt/format.h>

#include "experiments/runner/cluster/account.hpp"
#include "experiments/runner/commands/commands.hpp"
#include "experiments/runner/result/provenance.hpp"
#include "experiments/runner/run/run.hpp"
#include "experiments/runner/terminal/printing.hpp"
#include "experiments/runner/terminal/shell_word.hpp"
#include "sim/catalog/plain_text.hpp"

namespace twostage {
namespace {

void print_item(const char* name, const std::string& text) {
  print_text(plain_text(text), fmt::format("{:<9}", name), 9);
}

std::string failures_text(const Study& study, const Account& account) {
  return fmt::format("{} fits, the first at {}", account.failed, error_text(study, account.errors.front()));
}

// Beside the folder, as its script is.
std::string result_of(const RunFolder& folder) {
  return folder.script().replace_extension(".h5").string();
}

}  // namespace

int status_command(const std::string& path) {
  const RunFolder folder(path);
  const Study& study = folder.study();
  const Columns columns = columns_of(study);
  std::optional<ResultTable> table;
  if (study.precision) table.emplace(study, columns, memory_budget({}));
  const Account account = take_account(folder, columns, table ? &*table : nullptr);

  print_item("study",
             fmt::format("{}, {} points x {} replicates", study.name, study.points(), study.replicates));
  print_item("build", folder.build());
  if (folder.build() != build_id()) print_item("", "this program is another one: " + build_id());
  print_item("done",
             fmt::format("{} of {}{} batches, {} replicates", account.batches - account.missing.size(),
                         account.at_least ? "at least " : "", account.batches, account.replicates));
  if (!account.missing.empty())
    print_item("missing", fmt::format("{} batches, in shards {} of {}", account.missing.size(),
                                      shards_missing(folder, account), folder.entry().shards));
  if (!account.errors.empty()) print_item("failed", failures_text(study, account));
  if (account.missing.empty() && std::filesystem::exists(result_of(folder))) {
    print_item("result", result_of(folder));
  } else {
    // A command is copied: it stands in one line.
    const std::string next =
        account.missing.empty()
            ? shell_words({"twostage", "merge", folder.path().string(), "--out", result_of(folder)})
            : repair_command(folder, account);
    fmt::print("{:<9}{}\n", "next", plain_text(next));
  }
  return account.missing.empty() && account.failed == 0 ? 0 : 1;
}

}  // namespace twostage
