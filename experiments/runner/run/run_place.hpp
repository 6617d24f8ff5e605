// Where a run works and what it leaves: the result, the record of the run beside it (.run.json), and the
// folder of finished batches until then (.parts). What makes any of them impossible is found here, before
// hours of work; from then on no other process works in the same place.
//
// A run ends in steps, and may be killed between any two: the record goes into the folder, the result to its
// name, the record to its own, then the folder goes. So a folder with a record in it beside a result says
// that everything else is done.
#pragma once

#include <filesystem>

#include "experiments/runner/result/provenance.hpp"
#include "experiments/runner/run/run.hpp"
#include "results/store/workplace.hpp"

namespace twostage {

// Tells a file from another one at its path, and from itself after a change. Nothing there is a state, too.
struct FileState {
  std::uint64_t device = 0, file = 0;
  std::int64_t bytes = -1, seconds = 0, nanoseconds = 0;  // of its last change
  bool operator==(const FileState&) const = default;
};

class RunPlace {
 public:
  // StoreError when something is in the way, and nothing is changed then.
  RunPlace(const Study& study, const RunOptions& options);

  const std::filesystem::path& parts() const { return work_.folder(); }

  // Makes the folder ready for batches: empties it when the options say so. StoreError when it holds work of
  // another configuration.
  void open_parts();
  // The result and its record to their names; the folder goes. A raised result takes the place of the one
  // that was there when the place was taken; StoreError when that is another one now.
  void publish(Dataset result, const RunRecord& record);
  // The last steps of a run that was killed after its result was in place.
  void finish_killed_run();

 private:
  void step(std::string_view name) const;
  void take_folder_away();

  const Study& study_;
  const RunOptions& options_;
  std::filesystem::path record_;
  Workplace work_;
  FileState before_;  // of the result's path
};

// A run was killed after its result was in place, and left things to be done.
bool awaits_finish(const std::filesystem::path& result);

// A run that was to replace the result by one of this study, whose finished work is there to be resumed.
bool replacement_under_way(const std::filesystem::path& result, const Study& study);

// Nothing is at a result's path, or a file that may be replaced. StoreError otherwise.
void require_replaceable_result(const std::filesystem::path& result);

// Says so when the file system has no locks.
void warn_without_lock(const Workplace& work);

}  // namespace twostage
