// From a study to its page: figures are the same bytes every time and stay apart by preset, and the report
// holds what was found, what it means and what is absent.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/process.hpp"

namespace twostage {
namespace {

using test::Outcome;
using test::read_text;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Report : public testing::Test {
 protected:
  Outcome twostage(const std::vector<std::string>& arguments) {
    return test::run(folder.path(), TWOSTAGE_PROGRAM, arguments);
  }
  test::ScratchFolder folder;
};

TEST_F(Report, HoldsFiguresVerdictsAndWhatIsAbsent) {
  ASSERT_EQ(twostage({"run", "horizon", "--preset", "smoke"}).code, 0);
  const Outcome drawn = twostage({"figures", "horizon", "--preset", "smoke"});
  if (drawn.code == 2 && drawn.err.find("no Python") != std::string::npos)
    GTEST_SKIP() << "no Python that can draw: " << drawn.err;
  ASSERT_EQ(drawn.code, 0) << drawn.err;
  const std::filesystem::path figures = folder / "results/out/horizon/smoke.figures";
  for (const std::string extension : {"pdf", "svg", "png"}) {
    const std::filesystem::path figure = figures / ("horizon." + extension);
    const std::string first = read_text(figure);
    EXPECT_GT(first.size(), 1000U) << figure;
    std::filesystem::rename(figure, folder / ("first." + extension));
  }
  ASSERT_EQ(twostage({"figures", "horizon", "--preset", "smoke"}).code, 0);
  for (const std::string extension : {"pdf", "svg", "png"})
    EXPECT_EQ(read_text(figures / ("horizon." + extension)), read_text(folder / ("first." + extension)))
        << extension;

  const Outcome reported = twostage({"report", "--preset", "smoke", "--out", "page"});
  ASSERT_EQ(reported.code, 0) << reported.err;
  EXPECT_THAT(reported.err, AllOf(HasSubstr("no result of study 'samples' at preset 'smoke'"),
                                  Not(HasSubstr("study 'horizon'"))));
  EXPECT_EQ(read_text(folder / "page/horizon.svg"), read_text(figures / "horizon.svg"));
  const std::string page = read_text(folder / "page/index.html");
  EXPECT_THAT(page, AllOf(HasSubstr("The gap closes when the horizon shrinks"),
                          HasSubstr("<code>smoke</code>"), HasSubstr("<img src=\"horizon.svg\""),
                          HasSubstr("At horizon 1, RM + RL and DPO return the same policy."),
                          HasSubstr("outcome holds"), HasSubstr("outcome inconclusive"),
                          HasSubstr(" open of 4 points</summary>"), HasSubstr("content_hash"),
                          HasSubstr("J_beta(pi*) - J_beta(pi)")));
}

TEST_F(Report, SaysThatAFigureWasNotDrawn) {
  ASSERT_EQ(twostage({"run", "horizon", "--preset", "smoke"}).code, 0);
  const Outcome reported = twostage({"report", "--preset", "smoke", "--out", "page"});
  if (reported.code == 2 && reported.err.find("no Python") != std::string::npos) GTEST_SKIP() << reported.err;
  ASSERT_EQ(reported.code, 0) << reported.err;
  EXPECT_THAT(read_text(folder / "page/index.html"),
              AllOf(HasSubstr("No figure was drawn"), Not(HasSubstr("<img"))));
}

TEST_F(Report, WithoutResultsIsRefused) {
  const Outcome reported = twostage({"report", "--preset", "smoke", "--out", "page"});
  EXPECT_EQ(reported.code, 2);
  EXPECT_THAT(
      reported.err,
      HasSubstr(
          "no results of preset 'smoke' in results/out; `twostage run STUDY --preset smoke` makes them"));
  EXPECT_FALSE(std::filesystem::exists(folder / "page"));
}

}  // namespace
}  // namespace twostage
