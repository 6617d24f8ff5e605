// Work in a process of its own, and the memory that it takes there.
#pragma once

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <fstream>
#include <functional>
#include <optional>
#include <type_traits>

namespace twostage::test {

// What `work` says there; nothing where it throws (stderr says what) or the process comes to grief.
template <typename Answer>
std::optional<Answer> in_child(const std::function<Answer()>& work) {
  static_assert(std::is_trivially_copyable_v<Answer>);
  int ends[2];
  if (pipe(ends) != 0) return {};
  const pid_t child = fork();
  if (child == 0) {
    try {
      const Answer answer = work();
      _exit(write(ends[1], &answer, sizeof answer) == sizeof answer ? 0 : 1);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s\n", error.what());
      _exit(1);
    }
  }
  close(ends[1]);
  Answer answer;
  const bool came = read(ends[0], &answer, sizeof answer) == sizeof answer;
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  return came ? std::optional(answer) : std::nullopt;
}

// Resident memory in bytes, and how much of it is pages of the program and its libraries.
struct Resident {
  double all = 0;
  double program = 0;
};
inline Resident resident() {
  std::ifstream file("/proc/self/statm");
  double size = 0;
  Resident pages;
  file >> size >> pages.all >> pages.program;
  const auto bytes = static_cast<double>(sysconf(_SC_PAGE_SIZE));
  return {pages.all * bytes, pages.program * bytes};
}

// Peak of resident memory beyond what the process had before, in bytes.
struct Peak {
  double work = 0;
  double program = 0;  // pages of the program that it was the first to use; how many, the system decides
};

// Of the first thing that a process does which takes much.
inline Peak peak_of(const std::function<void()>& work) {
  const Resident before = resident();
  work();
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const double program = std::max(0.0, resident().program - before.program);
  return {static_cast<double>(usage.ru_maxrss) * 1024 - before.all - program, program};
}

}  // namespace twostage::test
