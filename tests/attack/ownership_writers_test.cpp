// Two writers in one place: one is refused, and neither leaves a broken file. Where the file system has no
// locks that is said in plain words, and the work goes on.
#include "results/store/workplace.hpp"
#include "tests/support/small_study.hpp"
#include "tests/support/tree.hpp"

namespace twostage {
namespace {

namespace fs = std::filesystem;
using test::Outcome;
using test::read_text;
using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

class OwnershipWriters : public test::SmallStudy {
 protected:
  void make_shards() {
    for (const std::string k : {"1", "2"})
      ASSERT_EQ(
          twostage({"run", "small.toml", "--preset", "smoke", "--shard", k + "/2", "--out", "s" + k + ".h5"})
              .code,
          0);
  }
  const std::vector<std::string> merge = {"merge", "s1.h5", "s2.h5", "--force", "--out", "r.h5"};
};

TEST_F(OwnershipWriters, TheSecondIsRefused) {
  make_shards();
  ASSERT_EQ(run_small().code, 0);
  const auto before = test::tree(folder.path());
  {
    const Workplace held(folder / "r.parts", "r.h5");
    for (const Outcome& second : {run_small({"--force"}), twostage(merge)})
      expect_refused(second, "another run is at work there");
  }
  EXPECT_EQ(test::tree(folder.path()), before);
  EXPECT_EQ(twostage(merge).code, 0);
  EXPECT_EQ(run_small({"--force"}).code, 0);
}

// However the two meet, the result is whole, and whoever was refused says why.
TEST_F(OwnershipWriters, ConcurrentMergesLeaveAWholeFile) {
  make_shards();
  ASSERT_EQ(run_small().code, 0);
  const std::string whole = read_text(folder / "r.h5");
  const std::string program = "'" TWOSTAGE_PROGRAM "' merge s1.h5 s2.h5 --force --out r.h5";
  const Outcome both =
      test::run(folder.path(), "/bin/sh",
                {"-c", program + " 2>first & " + program + " 2>second; b=$?; wait $!; a=$?; echo $a $b"});
  EXPECT_THAT(both.out, AnyOf("0 0\n", "0 2\n", "2 0\n"));
  EXPECT_TRUE(read_text(folder / "r.h5") == whole);
  for (const char* name : {"first", "second"})
    EXPECT_THAT(read_text(folder / name), AnyOf(HasSubstr("merged from"), HasSubstr("is at work there")));
  EXPECT_FALSE(fs::exists(folder / "r.parts"));
}

class OwnershipWithoutLocks : public OwnershipWriters {
 protected:
  void SetUp() override {
    if (test::kSanitized) GTEST_SKIP() << "sanitizers must be loaded first";
    OwnershipWriters::SetUp();
  }
  const std::string no_locks = "LD_PRELOAD='" TWOSTAGE_NO_LOCKS "'";
};

TEST_F(OwnershipWithoutLocks, RunsSayThatOnlyOneMayBeAtWork) {
  const Outcome ran = run_small({}, no_locks);
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.err, AllOf(HasSubstr("r.parts: this file system has no locks"), HasSubstr("only one run")));
  make_shards();
  const Outcome merged = twostage(merge, no_locks);
  EXPECT_EQ(merged.code, 0) << merged.err;
  EXPECT_THAT(merged.err, HasSubstr("this file system has no locks"));
  EXPECT_FALSE(fs::exists(folder / "r.parts"));
}

// Nothing to be said there: a folder that many processes share has no locks anywhere.
TEST_F(OwnershipWithoutLocks, ASharedFolderNeedsNone) {
  ASSERT_EQ(run_small().code, 0);
  const std::string copy = no_locks + " '" TWOSTAGE_PROGRAM "' run small.toml --preset smoke --into shared";
  const Outcome both = test::run(folder.path(), "/bin/sh",
                                 {"-c", copy + " & " + copy + " 2>second; b=$?; wait $!; echo $? $b"});
  EXPECT_EQ(both.out, "0 0\n") << both.err << read_text(folder / "second");
  EXPECT_THAT(both.err, Not(HasSubstr("lock")));
  const Outcome merged = twostage({"merge", "shared", "--out", "m.h5"});
  EXPECT_EQ(merged.code, 0) << merged.err;
  EXPECT_TRUE(read_text(folder / "m.h5") == read_text(folder / "r.h5"));
}

TEST_F(OwnershipWithoutLocks, ReadersNeedNone) {
  ASSERT_EQ(run_small().code, 0);
  const Outcome read = twostage({"verify", "r.h5"}, no_locks);
  EXPECT_EQ(read.code, 0) << read.err;
  // Unless HDF5 is told to insist; the file is not at fault then.
  const Outcome insisting = twostage({"verify", "r.h5"}, "HDF5_USE_FILE_LOCKING=TRUE " + no_locks);
  expect_refused(insisting, "HDF5_USE_FILE_LOCKING");
  EXPECT_THAT(insisting.err, Not(HasSubstr("damaged")));
}

}  // namespace
}  // namespace twostage
