// What becomes of stderr decides nothing: a terminal that goes away, a closed pipe, a full disk behind it, a
// descriptor that came closed. The result is the same file and the exit code the same.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>

#include "experiments/runner/run/scheduler.hpp"
#include "tests/support/small_study.hpp"

namespace twostage {
namespace {

using testing::HasSubstr;

// Whoever hangs is ended by this; nothing here takes a hundredth of it.
constexpr unsigned kHangs = 600;  // seconds

using Stderr = test::SmallStudy;

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> out;
  for (std::string& word : words) out.push_back(word.data());
  out.push_back(nullptr);
  return out;
}

int code_of(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// Runs the small study with a stderr that `arrange` makes in the child.
int run_with(const std::filesystem::path& folder, const std::string& out,
             const std::function<void()>& arrange) {
  std::vector<std::string> words = {TWOSTAGE_PROGRAM, "run", "small.toml", "--preset", "smoke", "--out", out};
  const std::vector<char*> argv = pointers(words);
  const pid_t child = fork();
  if (child == 0) {
    alarm(kHangs);
    if (chdir(folder.c_str()) != 0) _exit(99);
    arrange();
    execv(argv[0], argv.data());
    _exit(98);
  }
  return code_of(child);
}

TEST_F(Stderr, ThatCannotBeWrittenChangesNoResult) {
  ASSERT_EQ(run_small().code, 0);
  const std::string expected = test::read_text(folder / "r.h5");

  EXPECT_EQ(run_with(folder.path(), "full.h5", [] { dup2(open("/dev/full", O_WRONLY), STDERR_FILENO); }), 0);
  EXPECT_EQ(test::read_text(folder / "full.h5"), expected);

  // The next file that is opened would get its number, and our messages.
  EXPECT_EQ(run_with(folder.path(), "closed.h5", [] { close(STDERR_FILENO); }), 0);
  EXPECT_EQ(test::read_text(folder / "closed.h5"), expected);

  // Nobody reads: a write raises SIGPIPE.
  EXPECT_EQ(run_with(folder.path(), "pipe.h5",
                     [] {
                       int ends[2];
                       if (pipe(ends) != 0) _exit(97);
                       close(ends[0]);
                       dup2(ends[1], STDERR_FILENO);
                     }),
            0);
  EXPECT_EQ(test::read_text(folder / "pipe.h5"), expected);
}

TEST_F(Stderr, ThatIsClosedLeavesARefusalARefusal) {
  const auto code = [&](const std::string& command) {
    return test::run(folder.path(), "/bin/sh", {"-c", test::quoted(TWOSTAGE_PROGRAM) + command}).code;
  };
  EXPECT_EQ(code(" run absent.toml 2>&-"), 2);
  EXPECT_EQ(code(" show small.toml 1>&- 2>&-"), 2) << "what goes to stdout does decide";
}

// A reader that has enough ends us quietly, as it ends every program.
TEST_F(Stderr, StdoutKeepsItsSignal) {
  const test::Outcome outcome =
      test::run(folder.path(), "/bin/bash",
                {"-c", test::quoted(TWOSTAGE_PROGRAM) + " list | true; echo ${PIPESTATUS[0]}"});
  EXPECT_THAT(outcome.out, testing::AnyOf("141\n", "0\n"));  // 0: all was in the pipe before it closed
}

// A run in a terminal that hangs up, as a program under nohup sees it, goes on; told to stop, it stops.
TEST_F(Stderr, ATerminalThatGoesAwayStopsNoRun) {
  std::vector<std::string> words = {TWOSTAGE_PROGRAM,
                                    "run",
                                    "small.toml",
                                    "--preset",
                                    "smoke",
                                    "--out",
                                    "tty.h5",
                                    "--threads",
                                    "2",
                                    "replicates=100000",
                                    "batch=100",
                                    "keep=regret,policy_gap"};
  const std::vector<char*> argv = pointers(words);
  int terminal = -1;
  const pid_t child = forkpty(&terminal, nullptr, nullptr, nullptr);
  ASSERT_GE(child, 0);
  if (child == 0) {
    alarm(kHangs);
    std::signal(SIGHUP, SIG_IGN);
    if (chdir(folder.path().c_str()) != 0) _exit(99);
    execv(argv[0], argv.data());
    _exit(98);
  }
  std::string seen;  // until it draws its progress
  char buffer[4096];
  while (seen.find(" replicates (") == std::string::npos) {
    const ssize_t count = read(terminal, buffer, sizeof buffer);
    if (count <= 0) break;
    seen.append(buffer, static_cast<std::size_t>(count));
  }
  EXPECT_THAT(seen, HasSubstr(" replicates ("));
  close(terminal);
  kill(child, SIGTERM);
  EXPECT_EQ(code_of(child), 75);
  EXPECT_TRUE(std::filesystem::exists(folder / "tty.parts"));
}

// Whatever the calling thread's own functions throw, the workers end and the error arrives. With more batches
// than the queue between them holds, workers that nobody takes from would wait for ever.
TEST(SchedulerErrors, OfTheCallingThreadEndTheWorkers) {
  std::vector<Strand> strands;
  for (std::size_t i = 0; i < 1000; ++i) strands.push_back({{i, 0, 1}});
  const auto work = [](const Strand& strand) {
    return std::vector{BatchResult{strand.front(), {}, {}, {}, {}, {}}};
  };
  const auto sink = [](const BatchResult&) {};
  const auto fails = [] { throw std::runtime_error("the terminal is gone"); };
  EXPECT_THROW(run_strands(strands, {3, {}, fails}, work, sink), std::runtime_error);
  EXPECT_THROW(run_strands(strands, {3, [&]() -> bool { throw std::runtime_error("stop"); }, {}}, work, sink),
               std::runtime_error);
}

}  // namespace
}  // namespace twostage
