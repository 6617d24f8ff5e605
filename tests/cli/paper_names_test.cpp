// A claim of the paper is found by its name, whatever the study is called that answers it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "experiments/runner/study/study_library.hpp"
#include "tests/support/process.hpp"

namespace twostage {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

TEST(PaperNames, LeadToAStudyThatIsThere) {
  const auto claims = paper_claims();
  EXPECT_GE(claims.size(), 7u);
  const auto studies = study_names();
  for (const PaperClaim& claim : claims) {
    ASSERT_FALSE(claim.studies.empty()) << claim.name;
    for (const std::string& study : claim.studies)
      EXPECT_NE(std::ranges::find(studies, study), studies.end()) << claim.name << " names " << study;
    EXPECT_EQ(std::ranges::find(studies, claim.name), studies.end()) << claim.name << " is a study, too";
  }
}

TEST(PaperNames, AreTakenWhereStudiesAre) {
  const test::ScratchFolder folder;
  const test::Outcome shown =
      test::run(folder.path(), TWOSTAGE_PROGRAM, {"show", "theorem-2-2", "--preset", "smoke"});
  EXPECT_EQ(shown.code, 0);
  EXPECT_THAT(shown.err, StartsWith("theorem-2-2 of the paper: study equivalence; also horizon, "));
  EXPECT_THAT(shown.out, HasSubstr("name = \"equivalence\""));
  const test::Outcome listed = test::run(folder.path(), TWOSTAGE_PROGRAM, {"list", "--paper"});
  EXPECT_THAT(listed.out, AllOf(HasSubstr("theorem-2-2: Theorem 2.2"), HasSubstr("h6: H6")));
}

}  // namespace
}  // namespace twostage
