#include "results/file/regular_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "results/file/store_error.hpp"

namespace twostage {
namespace {

constexpr std::size_t kMaxText = std::size_t{1} << 30;

void require_regular(const std::filesystem::path& path, const struct stat& status) {
  if (S_ISDIR(status.st_mode)) throw StoreError(path, "is a folder, not a file");
  if (!S_ISREG(status.st_mode))
    throw StoreError(path, "is " + kind_of_file(status) + "; give a file that can be read to its end");
}

[[noreturn]] void cannot_read(const std::filesystem::path& path, int error) {
  throw StoreError(
      path, error == ENOENT ? "no such file" : "cannot read: " + std::generic_category().message(error));
}

std::string read_all(const std::filesystem::path& path, int descriptor) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) cannot_read(path, errno);
  require_regular(path, status);
  std::string text;
  char block[1 << 16];
  for (;;) {
    const ssize_t count = ::read(descriptor, block, sizeof block);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) cannot_read(path, errno);
    if (count == 0) return text;
    text.append(block, static_cast<std::size_t>(count));
    if (text.size() > kMaxText) throw StoreError(path, "is larger than 1 GB: no text that twostage reads is");
  }
}

}  // namespace

void require_file(const std::filesystem::path& path, const std::string& wanted) {
  const auto status = std::filesystem::status(path);
  if (!std::filesystem::exists(status)) throw StoreError(path, "no such file");
  if (std::filesystem::is_directory(status)) throw StoreError(path, "is a folder, not " + wanted);
  if (!std::filesystem::is_regular_file(status)) throw StoreError(path, "is no regular file");
}

std::string kind_of_file(const struct stat& status) {
  switch (status.st_mode & S_IFMT) {
    case S_IFREG:
      return "a file";
    case S_IFDIR:
      return "a folder";
    case S_IFLNK:
      return "a symbolic link";
    case S_IFIFO:
      return "a pipe";
    case S_IFSOCK:
      return "a socket";
    default:
      return "a device";
  }
}

std::string read_text_file(const std::filesystem::path& path) {
  // Opening a pipe waits for its writer unless told not to.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) cannot_read(path, errno);
  try {
    std::string text = read_all(path, descriptor);
    ::close(descriptor);
    return text;
  } catch (...) {
    ::close(descriptor);
    throw;
  }
}

}  // namespace twostage
