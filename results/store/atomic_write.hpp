// Files that are either old or new, never half: write to `path`.tmp, fsync, rename over `path`, fsync the
// folder. After a failure (unwritable folder, full disk, a limit on file sizes) the old file is untouched,
// the .tmp is gone, and StoreError names the path and the system's reason. A kill in between leaves the old
// file and a .tmp that the next write replaces. A process that wants the error for a file size limit must
// ignore SIGXFSZ, which otherwise ends it.
#pragma once

#include <filesystem>
#include <string_view>

namespace twostage {

void atomic_write(const std::filesystem::path& path, std::string_view bytes);

}  // namespace twostage
