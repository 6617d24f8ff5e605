#include "experiments/runner/commands/python.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "experiments/runner/study/study_library.hpp"
#include "sim/catalog/settings.hpp"

namespace twostage {

int run_program(const std::vector<std::string>& arguments, bool quiet) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (quiet)
    for (const int fd : {STDOUT_FILENO, STDERR_FILENO})
      posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const int error = posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return 127;
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string find_python(const std::vector<std::string>& modules) {
  // Finding a module takes milliseconds. Importing it takes a second, and the script does so anyway.
  const std::string finds =
      "import sys, importlib.util as u; sys.exit(any(u.find_spec(m) is None for m in sys.argv[1:]))";
  std::vector<std::string> candidates = {"python3", "/usr/bin/python3"};
  if (const char* chosen = std::getenv("TWOSTAGE_PYTHON"); chosen && *chosen) candidates = {chosen};
  for (const std::string& candidate : candidates) {
    std::vector<std::string> command = {candidate, "-I", "-c", finds};
    command.insert(command.end(), modules.begin(), modules.end());
    if (run_program(command, true) == 0) return candidate;
  }
  throw InputError("", fmt::format("no Python has the modules {} (tried {}); run `make deps`, or set "
                                   "TWOSTAGE_PYTHON to one that has them (a user's own site packages are not "
                                   "looked at)",
                                   fmt::join(modules, ", "), fmt::join(candidates, ", ")));
}

std::vector<std::string> python_command(const std::string& python, const std::filesystem::path& script,
                                        const std::vector<std::string>& arguments) {
  // argv is "-c", the folder, the script and its arguments; the script sees its own.
  constexpr auto start =
      "import runpy, sys\n"
      "sys.path.insert(0, sys.argv[1])\n"
      "del sys.argv[:2]\n"
      "try:\n"
      "    runpy.run_path(sys.argv[0], run_name='__main__')\n"
      "except ImportError as error:\n"
      "    sys.exit(f'{sys.executable} cannot import what it has: {error}; TWOSTAGE_PYTHON names another')\n";
  std::vector<std::string> out = {python,         "-I", "-c", start, (home_folder() / "results").string(),
                                  script.string()};
  out.insert(out.end(), arguments.begin(), arguments.end());
  return out;
}

}  // namespace twostage
