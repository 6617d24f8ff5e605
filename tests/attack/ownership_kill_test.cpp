// Killed (as by kill -9) between any two of its steps, a run loses nothing: the same command ends it with the
// same bytes and leaves nothing behind.
#include <csignal>

#include "tests/support/small_study.hpp"
#include "tests/support/tree.hpp"

namespace twostage {
namespace {

namespace fs = std::filesystem;
using test::Outcome;
using test::read_text;
using test::write_text;
using testing::HasSubstr;

constexpr int kKilled = 128 + SIGKILL;
const std::vector<std::string> kLastSteps = {"recorded", "published", "finished", "cleared"};

class OwnershipKill : public test::SmallStudy {
 protected:
  std::string bytes() { return read_text(folder / "r.h5"); }
  // The result and its record, and nothing else of a run.
  void expect_tidy() {
    std::vector<std::string> names;
    for (const auto& [name, text] : test::tree(folder.path())) names.push_back(name);
    EXPECT_THAT(names, testing::UnorderedElementsAre("small.toml", "r.h5", "r.run.json"));
  }
};

TEST_F(OwnershipKill, TheNextRunEndsWhatWasLeft) {
  ASSERT_EQ(run_small().code, 0);
  const std::string whole = bytes();
  for (const std::string& step : kLastSteps) {
    SCOPED_TRACE(step);
    fs::remove(folder / "r.h5");
    fs::remove(folder / "r.run.json");
    ASSERT_EQ(run_small({"--die-at", step}).code, kKilled);
    ASSERT_TRUE(fs::exists(folder / "r.parts"));
    const Outcome next = run_small();
    EXPECT_EQ(next.code, 0) << next.err;
    EXPECT_TRUE(bytes() == whole);
    expect_tidy();
  }
}

// Also when only titles and claims are renewed after the kill.
TEST_F(OwnershipKill, RenewedClaimsEndWhatWasLeft) {
  ASSERT_EQ(run_small({"--die-at", "published"}).code, kKilled);
  write_text(folder / "small.toml", test::edited("< 1e-8 where", "< 1e-9 where"));
  const Outcome next = run_small();
  EXPECT_EQ(next.code, 0) << next.err;
  EXPECT_THAT(next.err, HasSubstr("new titles and claims"));
  expect_tidy();
}

TEST_F(OwnershipKill, TemporariesOfTheDeadAreRemoved) {
  EXPECT_EQ(run_small({"--die-after", "2", "--threads", "1"}).code, kKilled);
  for (const char* name : {"r.h5", "r.run.json", "r.parts/batch-0.h5", "r.parts/twostage-parts.txt"})
    write_text((folder / name).string() + ".0123456789abcdef.tmp", "half a fi");
  EXPECT_EQ(run_small().code, 0);
  expect_tidy();
}

// The old result stays until the new one is whole, and hours of the new one are not lost: without --force the
// same command resumes.
TEST_F(OwnershipKill, AReplacementIsResumed) {
  ASSERT_EQ(run_small({"beta=2"}).code, 0);
  const std::string wanted = bytes();
  for (const std::vector<std::string>& death :
       {std::vector<std::string>{"--die-after", "2", "--threads", "1"}, {"--die-at", "recorded"}}) {
    SCOPED_TRACE(death.front());
    ASSERT_EQ(run_small({"--force"}).code, 0);
    const std::string old = bytes();
    std::vector<std::string> forced = {"beta=2", "--force"};
    forced.insert(forced.end(), death.begin(), death.end());
    ASSERT_EQ(run_small(forced).code, kKilled);
    EXPECT_TRUE(bytes() == old);
    EXPECT_EQ(run_small({"beta=2", "replicates=4"}).code, 2) << "another configuration replaces nothing";
    EXPECT_TRUE(bytes() == old);
    const Outcome resumed = run_small({"beta=2"});
    EXPECT_EQ(resumed.code, 0) << resumed.err;
    EXPECT_THAT(resumed.err, HasSubstr("resuming"));
    EXPECT_TRUE(bytes() == wanted);
    expect_tidy();
  }
}

// A file that came to the result's place while the run was at work.
TEST_F(OwnershipKill, WhatCameMeanwhileIsNotReplaced) {
  ASSERT_EQ(run_small({"--die-at", "recorded"}).code, kKilled);
  write_text(folder / "r.h5", "precious");
  expect_refused(run_small(), "r.h5");
  expect_refused(run_small({"--force"}), "r.h5");
  EXPECT_EQ(bytes(), "precious");
  fs::remove(folder / "r.h5");
  EXPECT_EQ(run_small().code, 0);
  expect_tidy();
}

}  // namespace
}  // namespace twostage
