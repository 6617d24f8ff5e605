#include "results/store/workplace.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <vector>

#include "results/file/atomic_write.hpp"
#include "results/file/regular_file.hpp"
#include "results/file/store_error.hpp"
#include "results/store/batches.hpp"

namespace twostage {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLock = "lock";
constexpr std::string_view kFirstLine = "twostage parts of ";

std::string reason(int error) {
  return std::generic_category().message(error);
}

std::string marker_text(const std::string& owner) {
  return std::string(kFirstLine) + owner +
         "\n\nFinished work of a run of twostage. The same command resumes it, and removes this folder when "
         "the result is written.\n";
}

// Without those of directories' own.
std::vector<std::string> entries_of(int folder) {
  std::vector<std::string> names;
  const int again = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* const stream = again < 0 ? nullptr : ::fdopendir(again);
  if (!stream) {
    if (again >= 0) ::close(again);
    return names;
  }
  while (const dirent* entry = ::readdir(stream))  // NOLINT(concurrency-mt-unsafe): a stream of its own
    if (const std::string name = entry->d_name; name != "." && name != "..") names.push_back(name);
  ::closedir(stream);
  return names;
}

// Versions before unique names put `.tmp` alone behind a name.
std::string_view without_temporary(std::string_view name) {
  if (const auto target = target_of_temporary(name); !target.empty()) return target;
  constexpr std::string_view once = ".tmp";
  return name.ends_with(once) ? name.substr(0, name.size() - once.size()) : name;
}

// Finished or half.
bool is_work(std::string_view name) {
  const std::string_view target = without_temporary(name);
  return target == Workplace::kConfiguration || target == Workplace::kClaims ||
         target == Workplace::kRecord || target == Workplace::kReplacement ||
         batch_number(target).has_value();
}

// What is there although no work is.
bool is_frame(std::string_view name) {
  return name == kLock || without_temporary(name) == Workplace::kMarker;
}

// Or was one when it was listed.
bool is_file(int folder, const std::string& name) {
  struct stat status {};
  if (::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return errno == ENOENT;
  return S_ISREG(status.st_mode) && (name != kLock || status.st_size == 0);
}

// "" when there is none.
std::string first_line_of_marker(int folder) {
  const int file = ::openat(folder, Workplace::kMarker, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (file < 0) return "";
  char text[1024];
  const ssize_t length = ::read(file, text, sizeof text);
  ::close(file);
  const std::string_view all(text, length < 0 ? 0 : static_cast<std::size_t>(length));
  return std::string(all.substr(0, all.find('\n')));
}

int open_folder(const fs::path& folder) {
  return ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

}  // namespace

Workplace::Workplace(fs::path folder, std::string owner, std::string_view configuration)
    : folder_(std::move(folder)), owner_(std::move(owner)) {
  // Whoever held the lock removes the folder when it is done: then this process locked a file without a name,
  // and starts again.
  constexpr int tries = 100;
  try {
    for (int i = 0; i < tries; ++i) {
      if (try_to_take(configuration)) return;
      close();
    }
    throw StoreError(folder_, "is made and removed by other processes all the time");
  } catch (...) {
    close();
    throw;
  }
}

bool Workplace::try_to_take(std::string_view configuration) {
  std::error_code error;
  if (folder_.has_parent_path()) fs::create_directories(folder_.parent_path(), error);
  if (error) throw StoreError(folder_.parent_path(), "cannot make the folder: " + error.message());
  if (::mkdir(folder_.c_str(), 0777) != 0 && errno != EEXIST)
    throw StoreError(folder_, "cannot make the folder: " + reason(errno));
  descriptor_ = open_folder(folder_);
  if (descriptor_ < 0) {
    struct stat status {};
    if (::lstat(folder_.c_str(), &status) != 0) return false;
    if (!S_ISDIR(status.st_mode))
      throw StoreError(folder_, "is " + kind_of_file(status) +
                                    " where a run puts a folder for its work; move it away, or give another "
                                    "--out");
    throw StoreError(folder_, "cannot be opened: " + reason(errno));
  }
  if (!open_lock(configuration)) return false;
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK)
      throw StoreError(folder_, "another run is at work there; wait until it ends, or give another --out");
    unlocked_ = reason(errno);
  }
  struct stat status {};
  if (::fstat(lock_, &status) != 0 || status.st_nlink == 0) return false;
  require_ours(configuration);  // nobody else comes in from here on
  if (first_line_of_marker(descriptor_).empty()) atomic_write(folder_ / kMarker, marker_text(owner_));
  return true;
}

// False when the folder changed meanwhile. Locking a file that is there changes nothing; a new one is made
// only in a folder of ours.
bool Workplace::open_lock(std::string_view configuration) {
  constexpr int flags = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  lock_ = ::openat(descriptor_, kLock, flags);
  if (lock_ >= 0) return true;
  int error = errno;
  try {
    require_ours(configuration);
  } catch (const StoreError&) {
    if (error == ENOENT && ::faccessat(descriptor_, kLock, F_OK, AT_SYMLINK_NOFOLLOW) == 0) return false;
    throw;
  }
  if (error == ENOENT) {
    lock_ = ::openat(descriptor_, kLock, flags | O_CREAT, 0666);
    if (lock_ >= 0) return true;
    error = errno;
  }
  if (error == ENOENT) return false;
  throw StoreError(folder_, "cannot write: " + reason(error));
}

void Workplace::require_ours(std::string_view configuration) const {
  if (const std::string line = first_line_of_marker(descriptor_); line.starts_with(kFirstLine)) {
    if (const std::string owner = line.substr(kFirstLine.size()); owner != owner_)
      throw StoreError(folder_, "holds the work of another result, '" + owner + "'; give another --out");
    return;
  }
  bool work = false;
  for (const std::string& name : entries_of(descriptor_)) {
    if (!is_file(descriptor_, name) || !(is_frame(name) || is_work(name)) || name == kMarker)
      throw StoreError(folder_, std::string("is no folder of twostage's (a ") + kMarker +
                                    " in it would say so); move it away, or give another --out");
    work = work || is_work(name);
  }
  if (!work) return;
  const fs::path there = folder_ / kConfiguration;
  if (!configuration.empty() && fs::exists(there) && read_text_file(there) == configuration) return;
  throw StoreError(folder_,
                   "seems to hold unfinished work of an earlier version of twostage, and of another "
                   "configuration than this; remove it if nobody needs it, or give another --out");
}

Workplace::~Workplace() {
  if (descriptor_ < 0) return;
  if (std::ranges::all_of(entries_of(descriptor_), is_frame)) remove_frame();
  close();
}

// The record last: while it is there, the rest is known to be of no further use.
void Workplace::clear() {
  for (const std::string& name : entries_of(descriptor_))
    if (is_work(name) && name != kRecord) ::unlinkat(descriptor_, name.c_str(), 0);
  ::unlinkat(descriptor_, kRecord, 0);
}

bool Workplace::remove() {
  clear();
  const bool bare = std::ranges::all_of(entries_of(descriptor_), is_frame);
  if (bare) remove_frame();
  close();
  return bare;
}

// The lock last: who finds none in a folder starts anew there.
void Workplace::remove_frame() {
  for (const std::string& name : entries_of(descriptor_))
    if (is_frame(name) && name != kLock) ::unlinkat(descriptor_, name.c_str(), 0);
  ::unlinkat(descriptor_, kLock, 0);
  ::unlinkat(AT_FDCWD, folder_.c_str(), AT_REMOVEDIR);
}

void Workplace::close() {
  for (int* descriptor : {&lock_, &descriptor_}) {
    if (*descriptor >= 0) ::close(*descriptor);
    *descriptor = -1;
  }
}

Workplace::Remains Workplace::remains(const fs::path& folder, const std::string& owner) {
  const int descriptor = open_folder(folder);
  if (descriptor < 0) return Remains::none;
  const std::vector<std::string> names = entries_of(descriptor);
  const std::string line = first_line_of_marker(descriptor);
  const bool marked = line == std::string(kFirstLine) + owner;
  const bool files = std::ranges::all_of(names, [&](const auto& name) { return is_file(descriptor, name); });
  ::close(descriptor);
  if (!marked && !line.empty()) return Remains::none;
  if (!names.empty() && files && std::ranges::all_of(names, is_frame)) return Remains::frame;
  if (!marked) return Remains::none;
  return std::ranges::find(names, kRecord) == names.end() ? Remains::unfinished : Remains::finished;
}

}  // namespace twostage
