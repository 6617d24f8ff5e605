#include "results/store/damage.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "results/store/handle.hpp"
#include "results/store/layout.hpp"

namespace twostage {
namespace {

constexpr unsigned patience_in_seconds = 5;

[[noreturn]] void look_and_exit(const std::filesystem::path& path, int answer) {
  const rlimit no_core_dump{};
  ::setrlimit(RLIMIT_CORE, &no_core_dump);
  ::dup2(::open("/dev/null", O_WRONLY), STDERR_FILENO);
  ::alarm(patience_in_seconds);
  std::string found;
  try {
    const hdf5::Session session;
    const hdf5::Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
    found = hdf5::find_damage(file);
  } catch (const std::exception&) {
    // Not even the structure can be read: no variable to name.
  }
  const auto written = ::write(answer, found.data(), found.size());
  ::_exit(written < 0);
}

}  // namespace

std::string locate_damage(const std::filesystem::path& path) {
  std::string found;
  int ends[2];
  if (::pipe(ends) == 0) {
    const auto child = ::fork();
    if (child == 0) look_and_exit(path, ends[1]);
    ::close(ends[1]);
    char buffer[256];
    for (ssize_t n; (n = ::read(ends[0], buffer, sizeof buffer)) > 0;)
      found.append(buffer, static_cast<std::size_t>(n));
    ::close(ends[0]);
    if (child > 0) ::waitpid(child, nullptr, 0);
  }
  return found.empty() ? "damaged since it was written (its seal does not match)" : found;
}

}  // namespace twostage
