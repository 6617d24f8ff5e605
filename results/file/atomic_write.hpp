// Files that are either old or new, never half: write to a temporary file beside `path`, fsync, rename over
// `path`, fsync the folder (without both where a file is to survive kills alone). After a failure (unwritable
// folder, full disk, a limit on file sizes) the old file is untouched, the temporary one is gone, and
// StoreError names the path and the system's reason. A process that wants the error for a file size limit
// must ignore SIGXFSZ, which otherwise ends it.
//
// Several may write to one path: each has a temporary file of its own, `path`.<16 hex digits>.tmp, which is
// created new (a link that somebody planted there is not followed), and the last rename wins. What is no file
// (a link, a device, a pipe, a folder) is never replaced.
#pragma once

#include <filesystem>
#include <string_view>

namespace twostage {

enum class Existing {
  replace,
  keep,  // what came into being since the caller looked is an error
};

// What a file is there after, once it is written. To wait for the disk takes milliseconds.
enum class Survives {
  power_failure,
  kill,  // of this process; after a power failure the file may be missing, empty or cut short
};

void atomic_write(const std::filesystem::path& path, std::string_view bytes,
                  Existing existing = Existing::replace, Survives survives = Survives::power_failure);

// Before hours of work: makes the temporary file and removes it. StoreError when `path` could not be written.
void require_writable(const std::filesystem::path& path);

// The name that a temporary file of this name was to get, "" when it is no such file's name.
std::string_view target_of_temporary(std::string_view name);

// Removes the temporary files of `path` that killed processes left. A live writer holds a lock on its own, so
// where there are no locks nothing is removed.
void remove_stale_temporaries(const std::filesystem::path& path);

}  // namespace twostage
