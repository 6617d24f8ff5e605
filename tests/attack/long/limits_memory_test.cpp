// The law of footprint.hpp near the limits of every family: hundreds of megabytes to some gigabytes a cell.
#include "tests/attack/replicate_memory.hpp"

namespace twostage {
namespace {

using Case = test::MemoryCase;

class LargeMemory : public testing::TestWithParam<Case> {};

TEST_P(LargeMemory, OfACellIsBoundedByItsLaw) {
  test::expect_bounded(GetParam());
}

const std::string kPlan = "algorithm = 'rm+plan'\nreward = ";
const std::string kMeasuredAlone = "predictions = false";

INSTANTIATE_TEST_SUITE_P(Cells, LargeMemory,
                         testing::Values(
                             // 2^21 edges. Estimated as its world alone, 280 MB, this cell once took 1.8 GB.
                             Case{"tokens_20", "family = 'tokens', horizon = 20, degree = 1",
                                  kPlan + "{ class = 'degree' }", 50, ""},
                             Case{"tokens_20_tabular", "family = 'tokens', horizon = 19, degree = 1",
                                  "algorithm = 'dpo'\npolicy = { class = 'tabular' }", 50, kMeasuredAlone},
                             Case{"tokens_pairs", "family = 'tokens', horizon = 10, degree = 3",
                                  kPlan + "{ class = 'degree' }", 200000, kMeasuredAlone, 1, test::kShortcut},
                             Case{"tokens_newton", "family = 'tokens', horizon = 14, degree = 5",
                                  kPlan + "{ class = 'first', k = 2000 }", 500, kMeasuredAlone, 1,
                                  test::kShortcut},
                             Case{"bandit_features", "family = 'bandit', arms = 4096, features = 2000",
                                  kPlan + "{ class = 'degree' }", 3000, kMeasuredAlone, 1, test::kShortcut},
                             Case{"bandit_prompts", "family = 'bandit', arms = 256, prompts = 4096",
                                  kPlan + "{ class = 'dense' }", 2000, kMeasuredAlone},
                             Case{"two_token_most", "family = 'two-token', actions = 4096",
                                  kPlan + "{ class = 'degree' }", 500, kMeasuredAlone, 1, test::kShortcut},
                             Case{"walk_1000", "family = 'walk', horizon = 1000",
                                  kPlan + "{ class = 'terminal' }", 200, kMeasuredAlone, 1, test::kShortcut},
                             Case{"walk_1000_dense", "family = 'walk', horizon = 1000, truth = 'dense'",
                                  kPlan + "{ class = 'dense' }", 50, kMeasuredAlone}),
                         [](const testing::TestParamInfo<Case>& info) { return info.param.name; });

}  // namespace
}  // namespace twostage
