#include "results/file/child.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <new>
#include <stdexcept>

#include "tests/support/process.hpp"

namespace twostage {
namespace {

using testing::HasSubstr;

TEST(Child, Answers) {
  const std::string long_text(1 << 20, 'x');  // more than a pipe holds
  const ChildAnswer answer = ask_child(0, [&] { return long_text; });
  EXPECT_TRUE(answer.given);
  EXPECT_EQ(answer.text, long_text);
  EXPECT_TRUE(ask_child(0, [] { return std::string(); }).given);
}

TEST(Child, ChangesNothingHere) {
  int here = 1;
  EXPECT_EQ(ask_child(0, [&] { return std::to_string(++here); }).text, "2");
  EXPECT_EQ(here, 1);
}

TEST(Child, ItsEndIsTold) {
  const auto end_of = [](const std::function<void()>& act) {
    const ChildAnswer answer = ask_child(0, [&] {
      act();
      return std::string("answered all the same");
    });
    EXPECT_FALSE(answer.given);
    return answer.text;
  };
  for (const int signal : {SIGSEGV, SIGABRT, SIGBUS, SIGKILL})
    EXPECT_EQ(end_of([&] { raise(signal); }), "crashes HDF5");
  EXPECT_EQ(end_of([] { throw std::runtime_error("nobody listens"); }), "crashes HDF5");
  // The signals that the limits of time send, for an empty file 10 seconds of computing.
  for (const int signal : {SIGXCPU, SIGALRM})
    EXPECT_EQ(end_of([&] { raise(signal); }),
              "takes longer to read than the 10 seconds that a file of its size may take");
}

TEST(Child, MemoryIsLimited) {
  if (test::kSanitized) GTEST_SKIP() << "sanitizers reserve more than any limit";
  const auto can_have = [](std::uint64_t bytes) {
    return ask_child(1000,
                     [=] {
                       try {
                         const std::string filled(bytes, 'x');
                         return std::string(filled.back() == 'x' ? "yes" : "no");
                       } catch (const std::bad_alloc&) {
                         return std::string("no");
                       }
                     })
        .text;
  };
  const std::uint64_t most = child_limits(1000).memory;
  EXPECT_EQ(can_have(most / 2), "yes");
  EXPECT_EQ(can_have(2 * most), "no");
}

// 256 MB + 1100 bytes, and 10 s + 2 s a megabyte; nothing overflows.
TEST(Child, LimitsGrowWithTheFile) {
  const ChildLimits some = child_limits(300'000'000);
  EXPECT_EQ(some.memory, 256'000'000u + 330'000'000'000u);
  EXPECT_EQ(some.cpu_seconds, 610u);
  EXPECT_EQ(some.seconds, 2440u);
  const ChildLimits most = child_limits(~std::uintmax_t{0});
  EXPECT_GT(most.memory, some.memory);
  EXPECT_EQ(most.cpu_seconds, 100'000u);
}

}  // namespace
}  // namespace twostage
