// The folder beside a result in which its run, or merge, is at work: one process at a time, finished batches
// in it for the next one. A marker inside says that it is ours and of which result; a folder without one is
// left as it is, and so is everything in ours that does not have a name of ours. The lock is an flock, which
// the system releases when the process ends, however it ends.
//
// Folders are held and emptied by descriptor, never through a symbolic link.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace twostage {

class Workplace {
 public:
  static constexpr const char* kMarker = "twostage-parts.txt";
  static constexpr const char* kConfiguration = "configuration.toml";
  static constexpr const char* kClaims = "claims.toml";
  static constexpr const char* kRecord = "run.json";
  static constexpr const char* kReplacement = "replacement.toml";

  // Makes the folder, its parents too, if need be. StoreError, and nothing changed, when it is no folder, not
  // ours, of another result than `owner` (a file name), or when another process is at work there.
  // `configuration`: a folder without a marker that holds this configuration and batches alone, as versions
  // before the marker left it, is taken over.
  Workplace(std::filesystem::path folder, std::string owner, std::string_view configuration = {});
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;
  // Removes the folder if no work is in it.
  ~Workplace();

  const std::filesystem::path& folder() const { return folder_; }
  // Why the file system gives no lock, "" when it does. Then two processes are not kept apart: each still
  // writes whole files, but the first to end takes the folder away from the other.
  const std::string& unlocked() const { return unlocked_; }

  // Removes finished work.
  void clear();
  // Removes all that is ours, and the folder; false when something else lies in it.
  bool remove();

  enum class Remains {
    none,
    frame,
    unfinished,
    finished
  };  // marker or lock alone; without and with a record
  // What a process that was killed left in a folder of this owner; none in another's.
  static Remains remains(const std::filesystem::path& folder, const std::string& owner);

 private:
  bool try_to_take(std::string_view configuration);
  bool open_lock(std::string_view configuration);
  void require_ours(std::string_view configuration) const;
  void remove_frame();
  void close();

  std::filesystem::path folder_;
  std::string owner_;
  std::string unlocked_;
  int descriptor_ = -1;  // of the folder
  int lock_ = -1;
};

}  // namespace twostage
