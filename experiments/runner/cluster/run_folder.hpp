// The folder in which many processes, on many machines, work at one study: its finished batches, and before
// them a text that says which program and which study they are of. A batch is done when its file has its
// name. The shards themselves leave nothing, so they may be dealt anew at any time; two processes that make
// the same batch write the same bytes. Nothing is locked, since a lock can be held by a machine that died,
// and nothing is removed.
//
//   twostage-run.txt    build, study, shards, command, and the study as it runs
//   batch-<id>.h5       results/store/batches.hpp
//   logs/               what schedulers write; ours in name alone
#pragma once

#include <filesystem>
#include <string>

#include "experiments/runner/study/study.hpp"

namespace twostage {

class RunFolder {
 public:
  static constexpr const char* kMarker = "twostage-run.txt";
  static constexpr const char* kLogs = "logs";

  // What the first process says of a run; the others find it.
  struct Entry {
    int shards = 1;  // into how many parts the work was dealt at first
    // That makes everything that is missing; without --into and the folder, which may be moved.
    std::string command = {};
    std::string study_file = {};  // whose figure.py draws the result
  };

  // Makes the folder, or enters one of the same study and build. StoreError when it is of another study or
  // build (both are shown), or no run folder.
  RunFolder(std::filesystem::path folder, const Study& study, const Entry& entry);
  // One that is there. StoreError when it is none, or damaged. It may be of another build.
  explicit RunFolder(std::filesystem::path folder);
  // StoreError when the work cannot go there: what the first of these constructors would find. Writes
  // nothing.
  static void require_usable(const std::filesystem::path& folder, const Study& study);

  const std::filesystem::path& path() const { return path_; }
  const Study& study() const { return study_; }
  const std::string& build() const { return build_; }
  const Entry& entry() const { return entry_; }

  // StoreError, with both shown, when this program is another one.
  void require_this_build() const;

  // The script of `twostage slurm` that goes with a run folder: its path with ".sh".
  std::filesystem::path script() const;

 private:
  void read();
  void require_this_study(const Study& study) const;

  std::filesystem::path path_;
  Study study_;
  std::string build_;
  Entry entry_;
};

}  // namespace twostage
