#include "results/file/atomic_write.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <string>
#include <system_error>

#include "results/file/regular_file.hpp"
#include "results/file/store_error.hpp"

namespace twostage {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".tmp";
constexpr std::size_t kDigits = 16;

[[noreturn]] void cannot_write(const fs::path& path, int error) {
  throw StoreError(path, "cannot write: " + std::generic_category().message(error));
}

class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {}
  ~Descriptor() {
    if (valid()) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  bool valid() const { return fd_ >= 0; }
  // These return 0 or the error number.
  int lock() { return ::flock(fd_, LOCK_EX | LOCK_NB) == 0 ? 0 : errno; }
  bool has_name() const {
    struct stat status {};
    return ::fstat(fd_, &status) != 0 || status.st_nlink > 0;
  }
  int write(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto written = ::write(fd_, bytes.data(), bytes.size());
      if (written < 0 && errno != EINTR) return errno;
      if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return 0;
  }
  // Network file systems report a full disk only in these two.
  int sync() { return ::fsync(fd_) == 0 ? 0 : errno; }
  int hand_over() {  // to the system, as at the end of any descriptor; this one keeps the lock
    const int other = ::fcntl(fd_, F_DUPFD_CLOEXEC, 0);
    return other >= 0 && ::close(other) == 0 ? 0 : errno;
  }

 private:
  int fd_;
};

fs::path temporary_name(const fs::path& path) {
  // Chance makes the name new at once, O_EXCL makes sure that it is.
  std::uint64_t number = 0;
  if (::getrandom(&number, sizeof number, 0) < 0) number = static_cast<std::uint64_t>(::getpid());
  char digits[kDigits + 1];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(number));
  fs::path name = path;
  name += std::string(".") + digits + std::string(kSuffix);
  return name;
}

// A new file of a new name, under a lock for as long as it is open; removed unless it was renamed.
class Temporary {
 public:
  explicit Temporary(const fs::path& path)
      : name_(temporary_name(path)), file_(name_, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW) {
    error_ = file_.valid() ? 0 : errno;
  }
  ~Temporary() {
    if (file_.valid() && !published_) ::unlink(name_.c_str());
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;

  int error() const { return error_; }
  // Somebody who clears up may have taken it for a dead one before it was locked.
  bool keep() { return file_.lock() != EWOULDBLOCK && file_.has_name(); }
  int write(std::string_view bytes, Survives survives) {
    const int error = file_.write(bytes);
    if (error != 0) return error;
    return survives == Survives::kill ? file_.hand_over() : file_.sync();
  }
  int publish(const fs::path& path, Existing existing) {
    const int error = existing == Existing::keep ? rename_to_new(path) : rename_over(path);
    published_ = error == 0;
    return error;
  }

 private:
  int rename_over(const fs::path& path) const {
    return ::rename(name_.c_str(), path.c_str()) == 0 ? 0 : errno;
  }
  int rename_to_new(const fs::path& path) const {
    if (::renameat2(AT_FDCWD, name_.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) == 0) return 0;
    if (errno != EINVAL && errno != ENOSYS) return errno;
    // The file system cannot do that in one step. A hard link is the next best, then to look first.
    if (::link(name_.c_str(), path.c_str()) == 0) return ::unlink(name_.c_str()) == 0 ? 0 : errno;
    if (errno == EEXIST) return errno;
    struct stat status {};
    if (::lstat(path.c_str(), &status) == 0) return EEXIST;
    return rename_over(path);
  }

  fs::path name_;
  Descriptor file_;
  int error_;
  bool published_ = false;
};

template <typename Action>
void with_temporary(const fs::path& path, Action action) {
  constexpr int tries = 100;
  for (int i = 0; i < tries; ++i) {
    Temporary temporary(path);
    if (temporary.error() == EEXIST) continue;
    if (temporary.error() != 0) cannot_write(path, temporary.error());
    if (!temporary.keep()) continue;
    action(temporary);
    return;
  }
  cannot_write(path, EBUSY);
}

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : ".";
}

}  // namespace

void atomic_write(const fs::path& path, std::string_view bytes, Existing existing, Survives survives) {
  with_temporary(path, [&](Temporary& temporary) {
    if (const int error = temporary.write(bytes, survives); error != 0) cannot_write(path, error);
    struct stat status {};
    if (::lstat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode))
      throw StoreError(path, "cannot write: there is " + kind_of_file(status));
    const int error = temporary.publish(path, existing);
    if (error == EEXIST) throw StoreError(path, "came into being meanwhile, and is not replaced");
    if (error != 0) cannot_write(path, error);
  });
  if (survives == Survives::kill) return;
  // The rename is durable once its folder is; some file systems refuse to sync one, which leaves the file
  // complete but its name at the mercy of a power failure.
  Descriptor folder(folder_of(path), O_RDONLY | O_DIRECTORY);
  if (folder.valid()) folder.sync();
}

void require_writable(const fs::path& path) {
  with_temporary(path, [](Temporary&) {});
}

std::string_view target_of_temporary(std::string_view name) {
  constexpr std::size_t added = 1 + kDigits + kSuffix.size();
  if (name.size() <= added || !name.ends_with(kSuffix) || name[name.size() - added] != '.') return {};
  const bool hexadecimal = std::ranges::all_of(name.substr(name.size() - added + 1, kDigits), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
  return hexadecimal ? name.substr(0, name.size() - added) : std::string_view();
}

void remove_stale_temporaries(const fs::path& path) {
  const std::string target = path.filename();
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder_of(path), error)) {
    const std::string name = entry.path().filename();
    if (target_of_temporary(name) != target) continue;
    if (!entry.is_regular_file(error) || entry.is_symlink(error)) continue;
    Descriptor file(entry.path(), O_RDWR | O_NOFOLLOW | O_NONBLOCK);
    if (file.valid() && file.lock() == 0) ::unlink(entry.path().c_str());
  }
}

}  // namespace twostage
