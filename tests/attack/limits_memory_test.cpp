// The law of footprint.hpp holds for cells of every family, class and algorithm, at moderate sizes; near the
// limits in tests/attack/long.
#include "tests/attack/replicate_memory.hpp"

namespace twostage {
namespace {

using Case = test::MemoryCase;

class Memory : public testing::TestWithParam<Case> {};

TEST_P(Memory, OfACellIsBoundedByItsLaw) {
  test::expect_bounded(GetParam());
}

const std::string kCourse = "course = { kind = 'gradient', steps = 2 }";
const std::string kPlan = "algorithm = 'rm+plan'\nreward = ";

INSTANTIATE_TEST_SUITE_P(
    Cells, Memory,
    testing::Values(
        Case{"tokens_degree_predicted", "family = 'tokens', horizon = 15, degree = 1",
             kPlan + "{ class = 'degree' }", 50, ""},
        Case{"tokens_degree", "family = 'tokens', horizon = 15, degree = 1", kPlan + "{ class = 'degree' }",
             50, "predictions = false"},
        Case{"tokens_dpo_degree", "family = 'tokens', horizon = 14, degree = 1",
             "algorithm = 'dpo'\npolicy = { class = 'degree' }", 50, ""},
        Case{"tokens_dpo_tabular", "family = 'tokens', horizon = 14, degree = 1",
             "algorithm = 'dpo'\npolicy = { class = 'tabular' }", 20, "predictions = false"},
        Case{"tokens_sft_tabular", "family = 'tokens', horizon = 14, degree = 1",
             "algorithm = 'sft'\npolicy = { class = 'tabular' }", 20, "predictions = false"},
        Case{"tokens_sft_choices", "family = 'tokens', horizon = 10, degree = 1",
             "algorithm = 'sft'\npolicy = { class = 'degree', degree = 2 }", 2000,
             "predictions = false\npenalty = { kind = 'none' }"},
        Case{"tokens_ipo_degree", "family = 'tokens', horizon = 14, degree = 1",
             "algorithm = 'ipo'\npolicy = { class = 'degree' }", 50, "predictions = false"},
        Case{"bandit_ipo", "family = 'bandit', arms = 1000",
             "algorithm = 'ipo'\npolicy = { class = 'tabular' }", 500,
             "predictions = false\npenalty = { kind = 'none' }"},
        Case{"bandit_sppo", "family = 'bandit', arms = 200",
             "algorithm = 'sppo'\npolicy = { class = 'tabular' }", 500,
             "predictions = false\npenalty = { kind = 'none' }", 1, test::kShortcut},
        Case{"tokens_kto", "family = 'tokens', horizon = 15, degree = 1",
             "algorithm = 'kto'\npolicy = { class = 'degree' }", 50, "predictions = false"},
        Case{"tokens_bco_rows", "family = 'tokens', horizon = 12, degree = 1",
             "algorithm = 'bco'\npolicy = { class = 'degree' }", 20000, "predictions = false", 1,
             test::kShortcut},
        Case{"tokens_slic", "family = 'tokens', horizon = 15, degree = 1",
             "algorithm = 'slic'\npolicy = { class = 'degree' }", 50, "predictions = false"},
        Case{"maze_simpo_means", "family = 'maze', horizon = 16, width = 8, height = 8",
             "algorithm = 'simpo'\npolicy = { class = 'tabular' }\noptions = { tokens = 'mean' }", 400,
             "predictions = false", 1, test::kShortcut},
        Case{"tokens_target", "family = 'tokens', horizon = 8, degree = 2",
             "algorithm = 'dpo'\npolicy = { class = 'tabular' }", 50,
             "predictions = false\nmeasures = ['target_regret']", 1, test::kShortcut},
        Case{"course_edges", "family = 'tokens', horizon = 14, degree = 1",
             "algorithm = 'sft'\npolicy = { class = 'tabular' }\n" + kCourse, 20, "predictions = false", 6},
        Case{"course_rows", "family = 'tokens', horizon = 12, degree = 1",
             "algorithm = 'dpo'\npolicy = { class = 'tabular' }\n" + kCourse, 60000, "predictions = false",
             8},
        Case{"ppo_sequences", "family = 'tokens', horizon = 4, degree = 1",
             "algorithm = 'rm+ppo'\nreward = { class = 'degree' }\npolicy = { class = 'tabular' }\n" +
                 kCourse + "\noptions = { expectation = 'sampled', batch = 65536, ratio = 'sequence' }",
             5, "predictions = false", 6},
        Case{"ppo_critic", "family = 'walk', horizon = 60",
             "algorithm = 'rm+ppo'\nreward = { class = 'terminal' }\npolicy = { class = 'tabular' }\n" +
                 kCourse + "\noptions = { expectation = 'sampled', batch = 16384, critic = 'fitted' }",
             5, "predictions = false", 3},
        Case{"ppo_exact", "family = 'tokens', horizon = 15, degree = 1",
             "algorithm = 'rm+ppo'\nreward = { class = 'degree' }\npolicy = { class = 'tabular' }\n" +
                 kCourse + "\noptions = { ratio = 'sequence' }",
             5, "predictions = false"},
        Case{"rloo_groups", "family = 'walk', horizon = 50",
             "algorithm = 'rm+rloo'\nreward = { class = 'terminal' }\npolicy = { class = 'tabular' }\n" +
                 kCourse + "\noptions = { expectation = 'sampled', batch = 16384 }",
             20, "predictions = false", 3},
        Case{"grpo_levels", "family = 'walk', horizon = 10, truth = 'dense'",
             "algorithm = 'rm+grpo'\nreward = { class = 'dense' }\npolicy = { class = 'tabular' }\n" +
                 kCourse + "\noptions = { group = 0 }",
             20, "predictions = false", 3},
        Case{"online_pairs", "family = 'bandit', arms = 1400",
             "algorithm = 'rm+online-dpo'\nreward = { class = 'true-direction' }\npolicy = { class = "
             "'tabular' }\n"
             "course = { kind = 'rounds', steps = 1 }",
             20, "predictions = false"},
        Case{"spin_listed", "family = 'bandit', arms = 500",
             "algorithm = 'spin'\npolicy = { class = 'tabular' }\ncourse = { kind = 'rounds', steps = 1 }",
             4000, "predictions = false"},
        Case{"iterative_listed", "family = 'bandit', arms = 500",
             "algorithm = 'iterative-dpo'\npolicy = { class = 'tabular' }\ncourse = { kind = 'rounds', steps "
             "= 1 }",
             100, "predictions = false"},
        Case{"iterative_drawn", "family = 'tokens', horizon = 14, degree = 1",
             "algorithm = 'iterative-dpo'\npolicy = { class = 'degree' }\ncourse = { kind = 'rounds', steps "
             "= 3 "
             "}\noptions = { expectation = 'sampled', pairs_per_round = 30000 }",
             100, "predictions = false"},
        Case{"xpo_drawn", "family = 'tokens', horizon = 14, degree = 1",
             "algorithm = 'xpo'\npolicy = { class = 'degree' }\ncourse = { kind = 'rounds', steps = 2 "
             "}\noptions = { expectation = 'sampled', pairs_per_round = 30000, alpha = 1e-5 }",
             100, "predictions = false"},
        Case{"exo_groups", "family = 'bandit', arms = 20, prompts = 4096",
             "algorithm = 'rm+exo'\nreward = { class = 'true-direction' }\npolicy = { class = 'tabular' }\n"
             "course = { kind = 'rounds', steps = 1 }\noptions = { n = 2 }",
             20, "predictions = false"},
        Case{"exo_limit", "family = 'tokens', horizon = 14, degree = 1",
             "algorithm = 'rm+exo'\nreward = { class = 'degree' }\npolicy = { class = 'degree' }\n"
             "course = { kind = 'rounds', steps = 1 }\noptions = { n = 0 }",
             20, "predictions = false"},
        Case{"tokens_distil", "family = 'tokens', horizon = 14, degree = 1",
             "algorithm = 'rm+distil'\nreward = { class = 'degree' }\npolicy = { class = 'degree' }\n"
             "options = { prefixes = 'student' }",
             50, "predictions = false"},
        Case{"ensemble_members", "family = 'tokens', horizon = 13, degree = 1",
             "algorithm = 'rm-ensemble+plan'\nreward = { class = 'degree' }\noptions = { members = 60 }", 50,
             "predictions = false"},
        Case{"ensemble_rows", "family = 'tokens', horizon = 10, degree = 1",
             "algorithm = 'rm-ensemble+best-of-n'\nreward = { class = 'degree' }\noptions = { members = 3 }",
             20000, "predictions = false", 1, test::kShortcut},
        Case{"tokens_planned", "family = 'tokens', horizon = 14, degree = 1",
             "algorithm = 'planned-dpo'\nreward = { class = 'degree' }", 50, "predictions = false"},
        Case{"tokens_project", "family = 'tokens', horizon = 13, degree = 1",
             "algorithm = 'rm+project'\nreward = { class = 'degree' }\npolicy = { class = 'degree' }", 50,
             "predictions = false"},
        Case{"tokens_pooled", "family = 'tokens', horizon = 14, degree = 1", kPlan + "{ class = 'degree' }",
             50, "predictions = false\npenalty = { kind = 'pooled-variance', lambda = 1.0 }"},
        Case{"tokens_on_request", "family = 'tokens', horizon = 15, degree = 1",
             kPlan + "{ class = 'true-direction' }", 50,
             "predictions = false\nmeasures = ['win_rate_bt', 'win_rate', 'rm_population_accuracy']"},
        Case{"tokens_rows", "family = 'tokens', horizon = 8, degree = 3", kPlan + "{ class = 'degree' }",
             10000, "predictions = false", 1, test::kShortcut},
        Case{"tokens_repeated", "family = 'tokens', horizon = 7, degree = 3", kPlan + "{ class = 'degree' }",
             60000, "predictions = false", 1, test::kShortcut},
        Case{"tokens_data", "family = 'tokens', horizon = 3, degree = 1", kPlan + "{ class = 'degree' }",
             300000, "predictions = false"},
        Case{"tokens_wide", "family = 'tokens', horizon = 2, alphabet = 64, degree = 1",
             kPlan + "{ class = 'first', k = 126 }", 100, ""},
        Case{"bandit_features", "family = 'bandit', arms = 1000, features = 100",
             kPlan + "{ class = 'degree' }", 5000, "predictions = false"},
        Case{"bandit_predicted", "family = 'bandit', arms = 1000, features = 20",
             kPlan + "{ class = 'degree' }", 500, "", 1, 12},  // theory prunes most of what it could list
        Case{"bandit_misspecified", "family = 'bandit', arms = 1000, features = 20",
             kPlan + "{ class = 'first', k = 10 }", 500, ""},
        Case{"bandit_second_order", "family = 'bandit', arms = 900, features = 6, instance = 'fixed'",
             kPlan + "{ class = 'degree' }", 500, ""},
        Case{"tokens_guided", "family = 'tokens', horizon = 14, degree = 1", kPlan + "{ class = 'degree' }",
             50, "sampler = { kind = 'policy-guided' }"},
        Case{"bandit_unpenalised", "family = 'bandit', arms = 1000, features = 20",
             kPlan + "{ class = 'degree' }", 2000, "penalty = { kind = 'none' }"},
        Case{"bandit_tabular", "family = 'bandit', arms = 1000",
             "algorithm = 'dpo'\npolicy = { class = 'tabular' }", 500, "predictions = false", 1,
             test::kShortcut},
        Case{"bandit_prompts", "family = 'bandit', arms = 400, prompts = 50, features = 20",
             kPlan + "{ class = 'degree' }", 500, "predictions = false"},
        Case{"two_token_degree", "family = 'two-token', actions = 800", kPlan + "{ class = 'degree' }", 500,
             "predictions = false"},
        Case{"two_token_l1", "family = 'two-token', actions = 800", kPlan + "{ class = 'degree' }", 500,
             "predictions = false\npenalty = { kind = 'l1', lambda = 1.0 }"},
        Case{"walk_terminal", "family = 'walk', horizon = 200", kPlan + "{ class = 'terminal' }", 500,
             "predictions = false"},
        Case{"walk_predicted", "family = 'walk', horizon = 60", kPlan + "{ class = 'terminal' }", 200, ""},
        Case{"walk_dense", "family = 'walk', horizon = 20, truth = 'dense'", kPlan + "{ class = 'dense' }",
             200, "predictions = false"},
        Case{"walk_dpo", "family = 'walk', horizon = 20", "algorithm = 'dpo'\npolicy = { class = 'tabular' }",
             200, "predictions = false", 1, test::kShortcut},
        Case{"walk_large", "family = 'walk', horizon = 100, truth = 'dense'", kPlan + "{ class = 'dense' }",
             50, "predictions = false"}),
    [](const testing::TestParamInfo<Case>& info) { return info.param.name; });

}  // namespace
}  // namespace twostage
