// Verdicts, figures and the page of a report: each replaces what an earlier call wrote, and nothing else.
#include "tests/support/small_study.hpp"
#include "tests/support/tree.hpp"

namespace twostage {
namespace {

namespace fs = std::filesystem;
using test::Outcome;
using test::read_text;
using test::write_text;
using testing::HasSubstr;

const std::string kPrecious = "precious\n";

class OwnershipPages : public test::SmallStudy {
 protected:
  const std::vector<std::string> figures = {"figures", "horizon", "--preset", "smoke"};
  const std::vector<std::string> report = {"report", "--preset", "smoke", "--out", "page"};
  const std::string result = "results/out/horizon/smoke";

  void SetUp() override {
    ASSERT_EQ(twostage({"run", "horizon", "--preset", "smoke", "replicates=2", "--out", result + ".h5"}).code,
              0);
    const Outcome drawn = twostage(figures);
    if (drawn.err.find("no Python") != std::string::npos) GTEST_SKIP() << drawn.err;
    ASSERT_EQ(drawn.code, 0) << drawn.err;
    ASSERT_EQ(twostage(report).code, 0);
  }
  // A file of somebody else's, then a link to one of ours, at a path that the command wrote.
  void expect_kept(const std::vector<std::string>& command, const std::string& path) {
    SCOPED_TRACE(path);
    const std::string ours = read_text(folder / path);
    ASSERT_NE(ours, "");
    write_text(folder / path, kPrecious);
    const Outcome refused = twostage(command);
    EXPECT_EQ(refused.code, 2);
    EXPECT_THAT(refused.err, HasSubstr(fs::path(path).filename().string()));
    EXPECT_THAT(refused.err, HasSubstr("is not replaced"));
    EXPECT_EQ(read_text(folder / path), kPrecious);

    fs::remove(folder / path);
    write_text(folder / "victim", ours);
    fs::create_symlink(folder / "victim", folder / path);
    EXPECT_EQ(twostage(command).code, 2);
    EXPECT_TRUE(fs::is_symlink(folder / path));
    EXPECT_TRUE(read_text(folder / "victim") == ours);
    fs::remove(folder / path);
    write_text(folder / path, ours);
  }
};

TEST_F(OwnershipPages, ReplaceOnlyWhatIsOurs) {
  expect_kept(figures, result + ".figures/horizon.pdf");
  expect_kept(report, "page/horizon.svg");
  expect_kept(report, "page/index.html");
  expect_kept(report, result + ".verdicts.json");
  EXPECT_EQ(twostage(figures).code, 0) << "what is ours is replaced";
  // Fixed names of temporary files could be made links by somebody else, and were written through.
  write_text(folder / "victim", kPrecious);
  fs::create_symlink(folder / "victim", folder / (result + ".verdicts.json.tmp"));
  EXPECT_EQ(twostage(report).code, 0);
  EXPECT_EQ(read_text(folder / "victim"), kPrecious);
}

}  // namespace
}  // namespace twostage
