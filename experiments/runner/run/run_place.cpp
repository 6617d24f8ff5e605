#include "experiments/runner/run/run_place.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <csignal>

#include "experiments/runner/study/configuration_diff.hpp"
#include "experiments/runner/terminal/say.hpp"
#include "results/file/atomic_write.hpp"
#include "results/file/regular_file.hpp"
#include "results/file/replaceable.hpp"
#include "results/store/store.hpp"

namespace twostage {
namespace {

namespace fs = std::filesystem;

std::string owner_of(const fs::path& result) {
  return result.filename();
}

// Inside the folder: the record until the result is in place, and what a forced run is to put there.
fs::path early_record(const fs::path& parts) {
  return parts / Workplace::kRecord;
}
fs::path replacement(const fs::path& parts) {
  return parts / Workplace::kReplacement;
}

fs::path checked_record(const fs::path& result) {
  require_replaceable_result(result);
  fs::path record = sidecar(result, ".run.json");
  require_replaceable(record, [&](const fs::path& path) { return is_run_record(path, result); });
  return record;
}

FileState state_of(const fs::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return {};
  return {status.st_dev, status.st_ino, status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
}

}  // namespace

RunPlace::RunPlace(const Study& study, const RunOptions& options)
    : study_(study),
      options_(options),
      record_(checked_record(options.out)),
      work_(sidecar(options.out, ".parts"), owner_of(options.out), cells_text(study)),
      before_(state_of(options.out)) {
  warn_without_lock(work_);
  for (const fs::path& path : {options.out, record_}) {
    remove_stale_temporaries(path);
    require_writable(path);
  }
}

void RunPlace::open_parts() {
  const fs::path configuration = parts() / Workplace::kConfiguration;
  const std::string here = cells_text(study_);
  if (options_.force) {
    work_.clear();
    if (fs::exists(options_.out)) atomic_write(replacement(parts()), identity_text(study_));
  }
  if (!fs::exists(configuration)) {
    atomic_write(configuration, here);
    return;
  }
  if (const std::string there = read_text_file(configuration); there != here)
    throw StoreError(parts(), "holds unfinished work of another configuration (" +
                                  configuration_difference(there, here) +
                                  "); finish that, give another --out, or start over with --force");
}

void RunPlace::publish(Dataset result, const RunRecord& record) {
  const bool raises = record.raised_from > 0;
  const bool replaces = raises || options_.force || fs::exists(replacement(parts()));
  const std::string former = raises && fs::exists(record_) ? read_text_file(record_) : "";
  const std::string text = run_record_text(options_.out, study_, record, former);
  atomic_write(early_record(parts()), text);
  step("recorded");
  if (replaces) require_replaceable_result(options_.out);
  if (raises && state_of(options_.out) != before_)
    throw StoreError(options_.out,
                     "was changed or taken away while its replicates were raised, and is left "
                     "as it is; what was computed is in " +
                         parts().string());
  write_result(options_.out, study_, std::move(result), replaces ? Existing::replace : Existing::keep);
  step("published");
  atomic_write(record_, text);
  step("finished");
  take_folder_away();
}

void RunPlace::finish_killed_run() {
  if (fs::exists(early_record(parts()))) atomic_write(record_, read_text_file(early_record(parts())));
  take_folder_away();
}

void RunPlace::take_folder_away() {
  const fs::path folder = parts();
  work_.clear();
  step("cleared");
  if (!work_.remove()) say("{}: stays, because something in it is not of twostage\n", folder.string());
}

// Tests kill the process here, as kill -9 would.
void RunPlace::step(std::string_view name) const {
  if (options_.die_at == name) std::raise(SIGKILL);
}

bool awaits_finish(const fs::path& result) {
  const fs::path parts = sidecar(result, ".parts");
  switch (Workplace::remains(parts, owner_of(result))) {
    case Workplace::Remains::frame:
      return true;
    case Workplace::Remains::finished: {
      // A forced run is recorded before its result takes the place of the old one.
      std::error_code error;
      const auto recorded = fs::last_write_time(early_record(parts), error);
      return !error && fs::last_write_time(result, error) >= recorded && !error;
    }
    default:
      return false;
  }
}

bool replacement_under_way(const fs::path& result, const Study& study) {
  const fs::path parts = sidecar(result, ".parts");
  const auto remains = Workplace::remains(parts, owner_of(result));
  if (remains != Workplace::Remains::unfinished && remains != Workplace::Remains::finished) return false;
  return fs::exists(replacement(parts)) && !awaits_finish(result) &&
         read_text_file(replacement(parts)) == identity_text(study);
}

void require_replaceable_result(const fs::path& result) {
  require_replaceable(result, is_store_file);
}

void warn_without_lock(const Workplace& work) {
  if (!work.unlocked().empty())
    say("{}: this file system has no locks ({}); see to it that only one run works there at a time\n",
        work.folder().string(), work.unlocked());
}

}  // namespace twostage
