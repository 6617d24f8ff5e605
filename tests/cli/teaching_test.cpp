// The studies of the lesson: known by name, in no list, and on the very worlds and data of the studies that
// they show.
#include "tests/support/small_study.hpp"

namespace twostage {
namespace {

using test::Outcome;
using testing::HasSubstr;
using testing::Not;

class Teaching : public test::SmallStudy {
 protected:
  // The regrets of a result, as they are stored.
  std::vector<std::string> regrets(const std::string& file) {
    const Outcome table = twostage({"export", file, "--csv", "--variable", "regret"});
    EXPECT_EQ(table.code, 0) << table.err;
    std::vector<std::string> out;
    for (std::size_t at = 0; at < table.out.size();) {
      const std::size_t end = table.out.find('\n', at);
      const std::string line = table.out.substr(at, end - at);
      out.push_back(line.substr(line.rfind(',') + 1));
      at = end + 1;
    }
    return out;
  }
};

TEST_F(Teaching, RunsByNameIntoAFolderOfItsOwn) {
  const Outcome run = twostage({"run", "twins", "replicates=2"});
  ASSERT_EQ(run.code, 0) << run.err;
  EXPECT_TRUE(std::filesystem::is_directory(folder / "results/out/twins"));
  EXPECT_FALSE(std::filesystem::exists(folder / "results/out/horizon"));
  EXPECT_EQ(twostage({"explain", "board", "--replicate", "1"}).code, 0);
}

TEST_F(Teaching, IsInNoList) {
  EXPECT_THAT(twostage({"list", "studies"}).out, Not(HasSubstr("Two ways to the same place")));
}

TEST_F(Teaching, ShowsTheVeryReplicatesOfTheStudyThatItNames) {
  ASSERT_EQ(twostage({"run", "board", "replicates=3", "--out", "lesson.h5"}).code, 0);
  ASSERT_EQ(twostage({"run", "horizon", "horizon=4", "pairs=400", "instance=fixed", "replicates=3",
                      "precision=false", "--out", "paper.h5"})
                .code,
            0);
  const std::vector<std::string> lesson = regrets("lesson.h5"), paper = regrets("paper.h5");
  ASSERT_EQ(lesson.size(), 1u + 3 * 4);
  ASSERT_EQ(paper.size(), lesson.size());
  // Arms of the lesson are dpo, dense-rm+plan, planned-dpo, rm+plan; of the study, in reverse but for the
  // middle.
  for (std::size_t r = 0; r < 3; ++r)
    for (const auto& [here, there] : {std::pair{0, 2}, {1, 1}, {2, 3}, {3, 0}})
      EXPECT_EQ(lesson[1 + 4 * r + static_cast<std::size_t>(here)],
                paper[1 + 4 * r + static_cast<std::size_t>(there)]);
}

}  // namespace
}  // namespace twostage
