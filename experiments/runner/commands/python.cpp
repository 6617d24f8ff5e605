#include "experiments/runner/commands/python.hpp"

#include <fcntl.h>
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
  std::string import = "import ";
  for (const std::string& module : modules) import += (import.size() > 7 ? ", " : "") + module;
  std::vector<std::string> candidates = {"python3", "/usr/bin/python3"};
  if (const char* chosen = std::getenv("TWOSTAGE_PYTHON"); chosen && *chosen) candidates = {chosen};
  for (const std::string& candidate : candidates)
    if (run_program({candidate, "-I", "-c", import}, true) == 0) return candidate;
  std::string tried;
  for (const std::string& candidate : candidates) tried += (tried.empty() ? "" : ", ") + candidate;
  throw InputError("", "no Python can '" + import + "' (tried " + tried +
                           "); run `make deps`, or set TWOSTAGE_PYTHON to one that can (a user's own site "
                           "packages are not looked at)");
}

std::vector<std::string> python_command(const std::string& python, const std::filesystem::path& script,
                                        const std::vector<std::string>& arguments) {
  // argv is "-c", the folder, the script and its arguments; the script sees its own.
  constexpr auto start =
      "import runpy, sys\n"
      "sys.path.insert(0, sys.argv[1])\n"
      "del sys.argv[:2]\n"
      "runpy.run_path(sys.argv[0], run_name='__main__')\n";
  std::vector<std::string> out = {python,         "-I", "-c", start, (home_folder() / "results").string(),
                                  script.string()};
  out.insert(out.end(), arguments.begin(), arguments.end());
  return out;
}

}  // namespace twostage
