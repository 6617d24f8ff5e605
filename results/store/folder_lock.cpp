#include "results/store/folder_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "results/store/store_error.hpp"

namespace twostage {

FolderLock::FolderLock(const std::filesystem::path& folder) {
  // Whoever held the lock removes the folder when it is done: then this process locked a file without a name,
  // and starts again.
  for (;;) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) throw StoreError(folder, error.message());
    descriptor_ = open((folder / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor_ < 0 && errno == ENOENT) continue;
    if (descriptor_ < 0) throw StoreError(folder, std::string("cannot write: ") + std::strerror(errno));
    if (flock(descriptor_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
      close(descriptor_);
      throw StoreError(folder, "another run is at work there; wait until it ends, or give another --out");
    }
    struct stat status {};
    if (fstat(descriptor_, &status) != 0 || status.st_nlink > 0) return;
    close(descriptor_);
  }
}

FolderLock::~FolderLock() {
  close(descriptor_);
}

}  // namespace twostage
