// How many processors a process may keep busy, on control groups made by hand.
#include "experiments/runner/run/processors.hpp"

#include <gtest/gtest.h>
#include <sched.h>

#include <cstdlib>

#include "tests/support/process.hpp"

namespace twostage {
namespace {

class Processors : public testing::Test {
 protected:
  void SetUp() override {
    unsetenv("SLURM_CPUS_PER_TASK");
    cpu_set_t mask;
    ASSERT_EQ(sched_getaffinity(0, sizeof mask, &mask), 0);
    all_ = CPU_COUNT(&mask);
    if (all_ < 2) GTEST_SKIP() << "one processor is the least there is";
  }
  void TearDown() override { unsetenv("SLURM_CPUS_PER_TASK"); }
  int usable() { return usable_processors({folder_ / "membership", folder_ / "groups"}); }
  void group(const std::string& file, const std::string& text) { test::write_text(folder_ / file, text); }

  test::ScratchFolder folder_;
  int all_ = 0;
};

TEST_F(Processors, WithoutLimitsTheAffinityMask) {
  EXPECT_EQ(usable(), all_);
  cpu_set_t before, one;
  sched_getaffinity(0, sizeof before, &before);
  CPU_ZERO(&one);
  for (int i = 0; CPU_COUNT(&one) == 0; ++i)
    if (CPU_ISSET(i, &before)) CPU_SET(i, &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  EXPECT_EQ(usable(), 1);
  sched_setaffinity(0, sizeof before, &before);
}

TEST_F(Processors, WhatSlurmGives) {
  for (const auto& [text, count] :
       {std::pair{"1", 1}, {"1000000", all_}, {"", all_}, {"0", all_}, {"-1", all_}, {"1x", all_}}) {
    setenv("SLURM_CPUS_PER_TASK", text, 1);
    EXPECT_EQ(usable(), count) << text;
  }
}

// The strictest of the group and those above it; a part of a processor counts as a whole.
TEST_F(Processors, QuotasOfVersion2) {
  group("membership", "0::/job/step\n");
  group("groups/job/step/cpu.max", "max 100000\n");
  EXPECT_EQ(usable(), all_);
  group("groups/job/cpu.max", "50000 100000\n");
  EXPECT_EQ(usable(), 1);
  group("groups/job/cpu.max", "100001 100000\n");
  EXPECT_EQ(usable(), 2);
  group("groups/cpu.max", "100000 100000\n");
  EXPECT_EQ(usable(), 1);
}

TEST_F(Processors, QuotasOfVersion1) {
  group("membership", "3:memory:/a\n4:cpu,cpuacct:/job\n");
  group("groups/cpu/job/cpu.cfs_quota_us", "-1\n");
  group("groups/cpu/job/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(usable(), all_);
  group("groups/cpu/job/cpu.cfs_quota_us", "100000\n");
  EXPECT_EQ(usable(), 1);
}

// What cannot be read says nothing, and is no reason to stop.
TEST_F(Processors, MalformedQuotas) {
  for (const char* membership :
       {"", "0", "0:", "::", "0::", "0::/../../..", "0::/a\n\n:::::\n", "\xff\xfe"}) {
    group("membership", membership);
    EXPECT_EQ(usable(), all_) << membership;
  }
  group("membership", "0::/job\n4:cpu:/job\n");
  for (const char* quota : {"", "max", "x y", "nan 100000", "1e400 100000", "-5 100000", "0 100000", "100000",
                            "100000 0", "100000 -1", "1e300 1e-300"}) {
    group("groups/job/cpu.max", quota);
    group("groups/cpu/job/cpu.cfs_quota_us", quota);
    EXPECT_EQ(usable(), all_) << quota;
  }
  std::filesystem::remove(folder_ / "groups/job/cpu.max");
  std::filesystem::create_directory(folder_ / "groups/job/cpu.max");
  EXPECT_EQ(usable(), all_);
}

}  // namespace
}  // namespace twostage
