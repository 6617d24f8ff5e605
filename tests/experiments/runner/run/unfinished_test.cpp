// Fits that came to nothing, counted apart for the record and told at the end of a run.
#include <gtest/gtest.h>

#include "experiments/runner/run/run.hpp"
#include "tests/support/studies.hpp"

namespace twostage {
namespace {

TEST(Unfinished, FitsAreCountedByWhatBecameOfThem) {
  const Study study = test::small_study();
  Dataset data = result_shape(study, columns_of(study));
  const auto of = [&](std::vector<std::uint8_t> status) {
    data.variables.front().data = std::move(status);  // what became of each arm
    RunRecord record;
    count_unfinished(data, record);
    return record;
  };
  // ok, not_converged, non_finite, failed, not_unique, not_run
  const RunRecord some = of({0, 1, 2, 2, 3, 4, 255, 0});
  EXPECT_EQ(some.not_converged, 1u);
  EXPECT_EQ(some.non_finite, 2u);
  EXPECT_EQ(unfinished_text(some), ", 1 fit did not converge, 2 fits came to no finite numbers");
  EXPECT_EQ(unfinished_text(of({0, 0, 3, 4, 255})), "");
  const std::string text = run_record_text("r.h5", study, some);
  EXPECT_NE(text.find("\"not_converged\": 1"), std::string::npos) << text;
  EXPECT_NE(text.find("\"non_finite\": 2"), std::string::npos) << text;
}

}  // namespace
}  // namespace twostage
