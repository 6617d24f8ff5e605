// One process at a time in a folder: an flock on a file inside it, which the system releases when the process
// ends, however it ends. On file systems without locks it does nothing.
#pragma once

#include <filesystem>

namespace twostage {

class FolderLock {
 public:
  // Makes the folder if need be. StoreError when it cannot, or when another process holds the lock.
  explicit FolderLock(const std::filesystem::path& folder);
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  ~FolderLock();

 private:
  int descriptor_ = -1;
};

}  // namespace twostage
