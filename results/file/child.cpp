#include "results/file/child.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <string_view>

namespace twostage {
namespace {

// Sanitizers reserve terabytes of addresses, so that any limit on them stops the program.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TWOSTAGE_SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define TWOSTAGE_SANITIZED
#endif
#endif
#ifdef TWOSTAGE_SANITIZED
constexpr bool limits_memory = false;
#else
constexpr bool limits_memory = true;
#endif

// The hard limit, a little above, kills; the soft one is told apart from a crash by its signal.
void set_limits(const ChildLimits& limits, std::uint64_t addresses) {
  const rlimit no_core_dump{0, 0}, time{limits.cpu_seconds, limits.cpu_seconds + 5};
  ::setrlimit(RLIMIT_CORE, &no_core_dump);
  ::setrlimit(RLIMIT_CPU, &time);
  if (!limits_memory || addresses == 0) return;
  const rlimit memory{addresses + limits.memory, addresses + limits.memory};
  ::setrlimit(RLIMIT_AS, &memory);
}

// Bytes of addresses this process has; 0 where the system does not say.
std::uint64_t addresses_in_use() {
  std::uint64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

[[noreturn]] void answer_and_exit(int answer, const ChildLimits& limits, std::uint64_t addresses,
                                  const std::function<std::string()>& question) {
  set_limits(limits, addresses);
  for (const int signal : {SIGALRM, SIGXCPU, SIGSEGV, SIGBUS, SIGABRT}) ::signal(signal, SIG_DFL);
  ::alarm(static_cast<unsigned>(limits.seconds));
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  ::dup2(nowhere, STDOUT_FILENO);
  ::dup2(nowhere, STDERR_FILENO);
  bool told = false;
  try {
    told = write_all(answer, question());
  } catch (...) {  // `question` tells of failures itself; this one could not even be told
  }
  ::_exit(told ? 0 : 1);
}

int wait_for(pid_t child) {
  int status = -1;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace

ChildLimits child_limits(std::uintmax_t file_bytes) {
  constexpr std::uint64_t megabyte = 1'000'000;
  const std::uint64_t bytes = std::min<std::uint64_t>(file_bytes, std::uint64_t{1} << 50);
  const std::uint64_t seconds = std::min<std::uint64_t>(10 + 2 * (bytes / megabyte), 100'000);
  return {256 * megabyte + 1100 * bytes, seconds, 4 * seconds};
}

ChildAnswer ask_child(std::uintmax_t file_bytes, const std::function<std::string()>& question) {
  const ChildLimits limits = child_limits(file_bytes);
  const std::uint64_t addresses = addresses_in_use();
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return {false, "cannot be read: no pipe to a child process"};
  const pid_t child = ::fork();
  if (child == 0) answer_and_exit(ends[1], limits, addresses, question);
  ::close(ends[1]);
  ChildAnswer answer;
  char buffer[4096];
  for (;;) {
    const ssize_t n = ::read(ends[0], buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    answer.text.append(buffer, static_cast<std::size_t>(n));
  }
  ::close(ends[0]);
  if (child < 0) return {false, "cannot be read: no child process"};
  const int status = wait_for(child);
  answer.given = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  if (answer.given) return answer;
  const bool late = WIFSIGNALED(status) && (WTERMSIG(status) == SIGALRM || WTERMSIG(status) == SIGXCPU);
  answer.text = late
                    ? fmt::format("takes longer to read than the {} seconds that a file of its size may take",
                                  limits.cpu_seconds)
                    : "crashes HDF5";
  return answer;
}

}  // namespace twostage
