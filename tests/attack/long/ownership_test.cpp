// Many writers and many deaths: whatever the order in which runs and merges meet, and wherever one of them is
// killed, every result is whole and the next run ends what was left.
#include <fmt/format.h>

#include <csignal>

#include "tests/support/small_study.hpp"
#include "tests/support/tree.hpp"

namespace twostage {
namespace {

namespace fs = std::filesystem;
using test::Outcome;
using test::read_text;
using testing::AnyOf;
using testing::HasSubstr;

class OwnershipLong : public test::SmallStudy {
 protected:
  void SetUp() override {
    SmallStudy::SetUp();
    for (const std::string k : {"1", "2"})
      ASSERT_EQ(
          twostage({"run", "small.toml", "--preset", "smoke", "--shard", k + "/2", "--out", "s" + k + ".h5"})
              .code,
          0);
    ASSERT_EQ(run_small().code, 0);
    whole = read_text(folder / "r.h5");
  }
  std::string whole;
};

TEST_F(OwnershipLong, WritersThatMeetLeaveAWholeFile) {
  const std::string merge = "'" TWOSTAGE_PROGRAM "' merge s1.h5 s2.h5 --force --out r.h5";
  const std::string run = "'" TWOSTAGE_PROGRAM "' run small.toml --preset smoke --force --out r.h5";
  std::string line;
  for (const std::string& program : {merge, run, merge, run})
    line += "( " + program + " 2>/dev/null; echo $? >>codes ) & ";
  for (int round = 0; round < 100; ++round) {
    fs::remove(folder / "codes");
    test::run(folder.path(), "/bin/sh", {"-c", line + "wait"});
    EXPECT_TRUE(read_text(folder / "r.h5") == whole) << round;
    const std::string codes = read_text(folder / "codes");
    EXPECT_EQ(codes.size(), 8U);
    EXPECT_EQ(codes.find_first_not_of("02\n"), std::string::npos) << codes;
    EXPECT_THAT(codes, HasSubstr("0")) << "one of them does its work";
    EXPECT_FALSE(fs::exists(folder / "r.parts")) << round;
  }
}

// Twelve batches: four points, of 2, 2 and 1 replicates each.
TEST_F(OwnershipLong, DeathsAnywhereLoseNothing) {
  std::vector<std::vector<std::string>> deaths;
  for (int batch = 1; batch <= 12; ++batch) deaths.push_back({"--die-after", std::to_string(batch)});
  for (const char* step : {"recorded", "published", "finished", "cleared"})
    deaths.push_back({"--die-at", step});
  for (const bool replace : {false, true})
    for (const std::vector<std::string>& first : deaths)
      for (const std::vector<std::string>& second : deaths) {
        SCOPED_TRACE(fmt::format("{} {}, {}{}", first[1], second[1], first[0], replace ? ", --force" : ""));
        fs::remove_all(folder / "r.parts");
        if (replace) {
          ASSERT_EQ(run_small({"beta=2", "--force"}).code, 0);
        } else {
          fs::remove(folder / "r.h5");
          fs::remove(folder / "r.run.json");
        }
        std::vector<std::string> start = first, again = second;
        if (replace) start.emplace_back("--force");
        EXPECT_EQ(run_small(start).code, 128 + SIGKILL);
        // A batch that is not to be run, or a step already taken, kills nothing.
        EXPECT_THAT(run_small(again).code, AnyOf(0, 128 + SIGKILL));
        const Outcome last = run_small();
        ASSERT_EQ(last.code, 0) << last.err;
        ASSERT_TRUE(read_text(folder / "r.h5") == whole);
        EXPECT_TRUE(fs::exists(folder / "r.run.json"));
        EXPECT_FALSE(fs::exists(folder / "r.parts"));
      }
}

}  // namespace
}  // namespace twostage
