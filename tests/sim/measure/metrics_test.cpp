// Every registered metric: documented, of one kind, and equal to what enumeration of all completions gives.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <functional>
#include <limits>
#include <map>
#include <set>

#include "sim/measure/metric.hpp"
#include "tests/support/arms.hpp"
#include "tests/support/graphs.hpp"

namespace twostage {
namespace {

using namespace test;

double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}

// A world with merged states, an arm with arbitrary policy and reward, and pairs of arbitrary completions.
struct Scene {
  World world;
  PreferenceData data;
  SoftPlan optimum;
  ArmResult arm;
  ArmResult other;

  // Yardsticks that every scene reaches.
  Context context() const { return {world, data, optimum, {.kl = 0.05, .reference_wins = 0.45}}; }
  double value(std::string_view name) const { return metrics().at(name).extra.value(context(), arm); }
};

Scene make_scene(std::uint64_t index, TokenGraph graph, std::size_t pairs) {
  Philox4x64 engine = test_stream(5000 + index);
  World world = random_world(engine, std::move(graph), 1.0, 0.8);
  PreferenceData data;
  data.horizon = static_cast<std::size_t>(world.graph.horizon());
  for (std::size_t i = 0; i < pairs; ++i) {
    const auto prompt =
        static_cast<std::size_t>(random_integer(engine, 0, static_cast<int>(world.graph.prompts()) - 1));
    const auto all = completions(world.graph, prompt);
    for (auto* side : {&data.chosen, &data.rejected}) {
      const Path& path =
          all[static_cast<std::size_t>(random_integer(engine, 0, static_cast<int>(all.size()) - 1))];
      side->insert(side->end(), path.begin(), path.end());
    }
  }
  SoftPlan optimum;
  soft_plan(world.graph, world.log_reference, world.reward, world.beta, optimum);
  const auto random_arm = [&] {
    ArmResult arm;
    arm.policy = EdgePolicy(random_policy(engine, world.graph, 1));
    arm.edge_reward = random_normals(engine, world.graph.edges(), 1);
    return arm;
  };
  ArmResult arm = random_arm();
  ArmResult other = random_arm();
  return {std::move(world), std::move(data), std::move(optimum), std::move(arm), std::move(other)};
}

std::vector<Scene> scenes() {
  std::vector<Scene> out;
  for (std::uint64_t k = 0; k < 8; ++k) {
    Philox4x64 engine = test_stream(5100 + k);
    out.push_back(make_scene(k,
                             random_graph(engine, 1 + static_cast<int>(k % 3), 2 + static_cast<int>(k % 4),
                                          1 + static_cast<int>(k % 3), 4),
                             30));
  }
  return out;
}

double pairs_of(const Scene& s, const std::vector<double>& log_p, const std::vector<double>& log_q,
                const std::function<double(const Path&, const Path&)>& f) {
  return pair_expectation(s.world.graph, s.world.rho, log_p, log_q, f);
}

double kl(const Scene& s, const std::vector<double>& log_p, const std::vector<double>& log_q) {
  return pairs_of(s, log_p, log_p,
                  [&](const Path& a, const Path&) { return sum_along(log_p, a) - sum_along(log_q, a); });
}

double mean_over_data(const Scene& s, const std::function<double(const Path&, const Path&)>& f) {
  double total = 0;
  for (std::size_t i = 0; i < s.data.size(); ++i) {
    const auto a = s.data.chosen_path(i);
    const auto b = s.data.rejected_path(i);
    total += f(Path(a.begin(), a.end()), Path(b.begin(), b.end()));
  }
  return total / static_cast<double>(s.data.size());
}

double win(double difference) {
  if (std::fabs(difference) < 1e-10) return 0.5;  // the same completion summed in another order, or merged
  return difference > 0 ? 1 : 0;
}

// All completions of a prompt with P(xi) ∝ P_ref(xi) exp(t reward(xi)).
struct Tilted {
  std::vector<Path> paths;
  std::vector<double> mass, reference;
};
Tilted tilted(const Scene& s, std::size_t prompt, const std::vector<double>& edge_reward, double t) {
  Tilted out;
  double total = 0;
  for (const Path& path : completions(s.world.graph, prompt)) {
    out.paths.push_back(path);
    out.reference.push_back(std::exp(sum_along(s.world.log_reference, path)));
    out.mass.push_back(out.reference.back() * std::exp(t * sum_along(edge_reward, path)));
    total += out.mass.back();
  }
  for (double& m : out.mass) m /= total;
  return out;
}

// E_s0 of f(the tilt of that prompt), and the t at which it is `value` when it falls or rises with t.
double over_prompts(const Scene& s, const std::vector<double>& edge_reward, double t,
                    const std::function<double(const Tilted&)>& f) {
  double total = 0;
  for (std::size_t p = 0; p < s.world.graph.prompts(); ++p)
    total += s.world.rho[p] * f(tilted(s, p, edge_reward, t));
  return total;
}
double tilt_where(const Scene& s, const std::vector<double>& edge_reward, double value,
                  const std::function<double(const Tilted&)>& f) {
  double low = 0, high = 100;
  const bool rises = over_prompts(s, edge_reward, high, f) > over_prompts(s, edge_reward, low, f);
  for (int k = 0; k < 200; ++k) {
    const double middle = (low + high) / 2;
    ((over_prompts(s, edge_reward, middle, f) < value) == rises ? low : high) = middle;
  }
  return low;
}
double tilt_at_kl(const Scene& s, double kl_wanted) {
  return tilt_where(s, s.arm.edge_reward, kl_wanted, [](const Tilted& law) {
    double total = 0;
    for (std::size_t i = 0; i < law.mass.size(); ++i)
      if (law.mass[i] > 0) total += law.mass[i] * std::log(law.mass[i] / law.reference[i]);
    return total;
  });
}
double wins(const Scene& s, const std::vector<Path>& paths, const std::vector<double>& p,
            const std::vector<double>& q, const std::function<double(double)>& judge) {
  double total = 0;
  for (std::size_t i = 0; i < paths.size(); ++i)
    for (std::size_t j = 0; j < paths.size(); ++j)
      total += p[i] * q[j] * judge(sum_along(s.world.reward, paths[i]) - sum_along(s.world.reward, paths[j]));
  return total;
}
// How often each completion is preferred to one that is drawn with these probabilities.
std::vector<double> beats(const Scene& s, const std::vector<Path>& paths, const std::vector<double>& p) {
  std::vector<double> out;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    std::vector<double> alone(paths.size(), 0.0);
    alone[i] = 1;
    out.push_back(wins(s, paths, alone, p, sigmoid));
  }
  return out;
}
std::vector<double> of_arm(const Scene& s, const std::vector<Path>& paths) {
  std::vector<double> out;
  for (const Path& path : paths) out.push_back(std::exp(sum_along(s.arm.log_policy(), path)));
  return out;
}
// The arm against the rival that the reference beats with that chance.
double against_rival(const Scene& s, double reference_wins, const std::function<double(double)>& judge) {
  const double t = tilt_where(s, s.world.reward, reference_wins, [&](const Tilted& law) {
    return wins(s, law.paths, law.reference, law.mass, win);
  });
  return over_prompts(s, s.world.reward, t, [&](const Tilted& rival) {
    std::vector<double> mine;
    for (const Path& path : rival.paths) mine.push_back(std::exp(sum_along(s.arm.log_policy(), path)));
    return wins(s, rival.paths, mine, rival.mass, judge);
  });
}

// What each metric must be, by enumeration: a metric that is not here fails `EveryMetricHasAnOracle`.
using Oracle = std::function<double(const Scene&)>;
const std::map<std::string, Oracle>& oracles() {
  static const auto optimal = [](const Scene& s) -> const std::vector<double>& {
    return s.optimum.log_policy;
  };
  static const auto objective = [](const Scene& s, const std::vector<double>& policy) {
    return pairs_of(s, policy, policy,
                    [&](const Path& a, const Path&) { return sum_along(s.world.reward, a); }) -
           s.world.beta * kl(s, policy, s.world.log_reference);
  };
  static const auto truth = [](const Scene& s, const Path& a, const Path& b) {
    return sum_along(s.world.reward, a) - sum_along(s.world.reward, b);
  };
  static const auto fitted = [](const Scene& s, const Path& a, const Path& b) {
    return sum_along(s.arm.edge_reward, a) - sum_along(s.arm.edge_reward, b);
  };
  static const std::map<std::string, Oracle> table = {
      {"target_regret",  // of whatever it is handed
       [](const Scene& s) { return objective(s, optimal(s)) - objective(s, s.arm.log_policy()); }},
      {"regret", [](const Scene& s) { return objective(s, optimal(s)) - objective(s, s.arm.log_policy()); }},
      {"headroom",
       [](const Scene& s) { return objective(s, optimal(s)) - objective(s, s.world.log_reference); }},
      {"soft_return", [](const Scene& s) { return objective(s, s.arm.log_policy()); }},
      {"expected_reward",
       [](const Scene& s) {
         return pairs_of(s, s.arm.log_policy(), s.arm.log_policy(),
                         [&](const Path& a, const Path&) { return sum_along(s.world.reward, a); });
       }},
      {"kl_to_optimum", [](const Scene& s) { return kl(s, s.arm.log_policy(), optimal(s)); }},
      {"kl_from_optimum", [](const Scene& s) { return kl(s, optimal(s), s.arm.log_policy()); }},
      {"kl_to_reference", [](const Scene& s) { return kl(s, s.arm.log_policy(), s.world.log_reference); }},
      {"kl_from_reference", [](const Scene& s) { return kl(s, s.world.log_reference, s.arm.log_policy()); }},
      {"unseen_mass",
       [](const Scene& s) {
         std::set<Path> seen;
         for (std::size_t i = 0; i < s.data.size(); ++i)
           for (const auto path : {s.data.chosen_path(i), s.data.rejected_path(i)})
             seen.insert(Path(path.begin(), path.end()));
         return pairs_of(s, s.arm.log_policy(), s.arm.log_policy(),
                         [&](const Path& a, const Path&) { return seen.contains(a) ? 0.0 : 1.0; });
       }},
      {"chosen_log_prob",
       [](const Scene& s) {
         return mean_over_data(s,
                               [&](const Path& a, const Path&) { return sum_along(s.arm.log_policy(), a); });
       }},
      {"rejected_log_prob",
       [](const Scene& s) {
         return mean_over_data(s,
                               [&](const Path&, const Path& b) { return sum_along(s.arm.log_policy(), b); });
       }},
      {"rm_log_likelihood",
       [](const Scene& s) {
         return mean_over_data(
             s, [&](const Path& a, const Path& b) { return std::log(sigmoid(fitted(s, a, b))); });
       }},
      {"rm_accuracy",
       [](const Scene& s) {
         return mean_over_data(s, [&](const Path& a, const Path& b) { return win(fitted(s, a, b)); });
       }},
      {"win_rate_bt",
       [](const Scene& s) {
         return pairs_of(s, s.arm.log_policy(), s.world.log_reference,
                         [&](const Path& a, const Path& b) { return sigmoid(truth(s, a, b)); });
       }},
      {"win_rate_bt_optimum",
       [](const Scene& s) {
         return pairs_of(s, s.arm.log_policy(), optimal(s),
                         [&](const Path& a, const Path& b) { return sigmoid(truth(s, a, b)); });
       }},
      {"win_rate",
       [](const Scene& s) {
         return pairs_of(s, s.arm.log_policy(), s.world.log_reference,
                         [&](const Path& a, const Path& b) { return win(truth(s, a, b)); });
       }},
      {"win_rate_rival", [](const Scene& s) { return against_rival(s, 0.45, win); }},
      {"win_rate_bt_rival", [](const Scene& s) { return against_rival(s, 0.45, sigmoid); }},
      {"reward_at_kl",
       [](const Scene& s) {
         return over_prompts(s, s.arm.edge_reward, tilt_at_kl(s, 0.05), [&](const Tilted& law) {
           double total = 0;
           for (std::size_t i = 0; i < law.paths.size(); ++i)
             total += law.mass[i] * sum_along(s.world.reward, law.paths[i]);
           return total;
         });
       }},
      {"win_rate_at_kl",
       [](const Scene& s) {
         return over_prompts(s, s.arm.edge_reward, tilt_at_kl(s, 0.05), [&](const Tilted& law) {
           return wins(s, law.paths, law.mass, law.reference, win);
         });
       }},
      {"preference_win_rate",
       [](const Scene& s) {
         return pairs_of(s, s.arm.log_policy(), s.world.log_reference,
                         [&](const Path& a, const Path& b) { return sigmoid(truth(s, a, b)); });
       }},
      {"worst_case_win_rate",
       [](const Scene& s) {
         return over_prompts(s, s.world.reward, 0, [&](const Tilted& law) {
           return 1 - std::ranges::max(beats(s, law.paths, of_arm(s, law.paths)));
         });
       }},
      {"nash_gap",
       [](const Scene& s) {
         const double t = s.world.beta / 4;
         const double best = over_prompts(s, s.world.reward, 0, [&](const Tilted& law) {
           const std::vector<double> won = beats(s, law.paths, of_arm(s, law.paths));
           double total = 0;
           for (std::size_t y = 0; y < won.size(); ++y) total += law.reference[y] * std::exp(won[y] / t);
           return t * std::log(total);
         });
         return best - 0.5 + t * kl(s, s.arm.log_policy(), s.world.log_reference);
       }},
      {"preference_win_rate_at_kl",
       [](const Scene& s) {
         return over_prompts(s, s.arm.edge_reward, tilt_at_kl(s, 0.05), [&](const Tilted& law) {
           return wins(s, law.paths, law.mass, law.reference, sigmoid);
         });
       }},
      {"worst_case_win_rate_at_kl",
       [](const Scene& s) {
         return over_prompts(s, s.arm.edge_reward, tilt_at_kl(s, 0.05), [&](const Tilted& law) {
           return 1 - std::ranges::max(beats(s, law.paths, law.mass));
         });
       }},
      {"rm_population_log_likelihood",
       [](const Scene& s) {
         return pairs_of(s, s.world.log_reference, s.world.log_reference, [&](const Path& a, const Path& b) {
           const double label = sigmoid(truth(s, a, b));
           return label * std::log(sigmoid(fitted(s, a, b))) +
                  (1 - label) * std::log(sigmoid(fitted(s, b, a)));
         });
       }},
      {"rm_population_accuracy",
       [](const Scene& s) {
         return pairs_of(s, s.world.log_reference, s.world.log_reference, [&](const Path& a, const Path& b) {
           const double label = sigmoid(truth(s, a, b));
           return label * win(fitted(s, a, b)) + (1 - label) * win(fitted(s, b, a));
         });
       }},
      {"parameters", [](const Scene&) { return 12.0; }},
      {"parameter_count", [](const Scene&) { return 9.0; }},
      {"existence", [](const Scene&) { return 2.0; }},
      {"gradient_norm", [](const Scene&) { return 1e-9; }},
      {"iterations", [](const Scene&) { return 17.0; }},
      {"converged", [](const Scene&) { return 1.0; }},
      {"optimum", [](const Scene&) { return 1.0; }},
      {"penalty_strength", [](const Scene&) { return 4.0; }},
      {"tuned_at_edge", [](const Scene&) { return 1.0; }},
      {"starts", [](const Scene&) { return 5.0; }},
      {"stationary_values", [](const Scene&) { return 3.0; }},
      {"labels", [](const Scene&) { return 30.0; }},
      {"rollouts", [](const Scene&) { return 8.0; }},
      {"reward_calls", [](const Scene&) { return 7.0; }},
      {"gradient_steps", [](const Scene&) { return 6.0; }},
      {"ended", [](const Scene&) { return 1.0; }},
  };
  return table;
}

TEST(Metrics, EveryMetricIsDocumentedAndOfOneKind) {
  std::set<std::string> names;
  for (const auto& entry : metrics().entries()) {
    const Metric& m = entry.extra;
    EXPECT_TRUE(names.insert(entry.name).second) << entry.name << " is registered twice";
    for (const char c : entry.name)
      EXPECT_TRUE(std::islower(static_cast<unsigned char>(c)) || c == '_') << entry.name;
    EXPECT_FALSE(entry.summary.empty()) << entry.name;
    EXPECT_FALSE(entry.source.empty()) << entry.name;
    EXPECT_FALSE(m.long_name.empty()) << entry.name;
    EXPECT_GE(m.definition.size(), 30u) << entry.name;
    EXPECT_EQ(m.definition.back(), '.') << entry.name;
    EXPECT_THAT(m.units, ::testing::AnyOf("1", "nat", "reward")) << entry.name;
    EXPECT_EQ(m.value == nullptr, is_pairwise(m.kind)) << entry.name;
    EXPECT_EQ(m.pair == nullptr, !is_pairwise(m.kind)) << entry.name;
    EXPECT_TRUE(m.inexact == nullptr || m.kind == MetricKind::on_request) << entry.name;
    for (const std::string& meaning : m.flag_meanings)  // CF: a blank-separated list
      EXPECT_EQ(meaning.find(' '), std::string::npos) << entry.name;
  }
}

TEST(Metrics, EveryMetricHasAnOracle) {
  std::set<std::string> known;
  for (const auto& [name, oracle] : oracles()) known.insert(name);
  for (const char* pairwise : {"policy_gap", "reward_at_kl_of", "win_rate_at_kl_of"}) known.insert(pairwise);
  const auto names = metrics().names();
  EXPECT_EQ(known, std::set<std::string>(names.begin(), names.end()));
}

TEST(Metrics, AgreeWithEnumeration) {
  for (Scene& s : scenes()) {
    s.arm.raw_parameters = 12;
    s.arm.rank = 9;
    s.arm.existence = Existence::flat;
    s.arm.penalty_strength = 4;
    s.arm.tuned_at_edge = true;
    s.arm.cost = {.labels = 30, .rollouts = 8, .reward_calls = 7, .gradient_steps = 6};
    s.arm.ended = Ended::budget;
    s.arm.certificate = {.converged = true,
                         .optimum = Optimum::stationary,
                         .gradient_norm = 1e-9,
                         .objective = 3,
                         .iterations = 17,
                         .starts = 5,
                         .values = 3};
    const Context context = s.context();
    for (const auto& entry : metrics().entries()) {
      if (is_pairwise(entry.extra.kind)) continue;
      EXPECT_NEAR(entry.extra.value(context, s.arm), oracles().at(entry.name)(s), 1e-12) << entry.name;
      if (const auto inexact = entry.extra.inexact) {
        EXPECT_EQ(inexact(context, s.arm), "") << entry.name;
      }
    }
  }
}

// Unless a study states it, arms are held at the KL of pi*: there the true reward plans pi* itself.
TEST(Metrics, AtKlIsThatOfTheOptimumUnlessStated) {
  for (Scene& s : scenes()) {
    s.arm.edge_reward = s.world.reward;
    const Context context(s.world, s.data, s.optimum);
    const EdgePolicy optimum(s.optimum.log_policy);
    EXPECT_NEAR(metrics().at("reward_at_kl").extra.value(context, s.arm), expected_reward(s.world, optimum),
                1e-10);
  }
}

// Two completions with rewards 0 and 1 and a uniform reference: against the better one alone the reference
// wins a quarter, so that .28 is reached and .2 is not.
TEST(Metrics, ARivalIsMissingWhereNoneIsThatStrong) {
  Scene s = make_scene(9, prefix_tree(1, 2, 1), 3);
  s.world.reward = {0, 1};
  s.world.log_reference = {std::log(0.5), std::log(0.5)};
  s.arm.policy = EdgePolicy(s.world.log_reference);
  const Metric& rival = metrics().at("win_rate_rival").extra;
  for (const double share : {0.28, 0.3, 0.49}) {
    const Context context(s.world, s.data, s.optimum, {.kl = {}, .reference_wins = share});
    EXPECT_NEAR(rival.value(context, s.arm), share, 1e-12);  // the arm is the reference
    EXPECT_EQ(rival.inexact(context, s.arm), "");
  }
  for (const double share : {0.1, 0.24}) {
    const Context context(s.world, s.data, s.optimum, {.kl = {}, .reference_wins = share});
    EXPECT_TRUE(std::isnan(rival.value(context, s.arm)));
    EXPECT_THAT(rival.inexact(context, s.arm), ::testing::HasSubstr("reference_wins"));
  }
  s.world.reward = {1, 1};
  EXPECT_TRUE(std::isnan(s.value("win_rate_rival")));
}

TEST(Metrics, FlagsNameEveryValue) {
  const Scene s = make_scene(0, prefix_tree(1, 2, 2), 3);
  const Context context = s.context();
  ArmResult arm = s.arm;
  const auto meaning = [&](std::string_view name) {
    const Metric& m = metrics().at(name).extra;
    return m.flag_meanings.at(static_cast<std::size_t>(m.value(context, arm)));
  };
  const std::map<Existence, std::string> existence = {{Existence::no_exact_test, "no_exact_test"},
                                                      {Existence::not_attained, "not_attained"},
                                                      {Existence::flat, "flat"},
                                                      {Existence::unique, "unique"}};
  for (const auto& [value, name] : existence) {
    arm.existence = value;
    EXPECT_EQ(meaning("existence"), name);
  }
  const std::map<Optimum, std::string> optimum = {
      {Optimum::none, "none"}, {Optimum::stationary, "stationary"}, {Optimum::global, "global"}};
  for (const auto& [value, name] : optimum) {
    arm.certificate.optimum = value;
    EXPECT_EQ(meaning("optimum"), name);
  }
  for (const bool yes : {false, true}) {
    arm.certificate.converged = arm.tuned_at_edge = yes;
    EXPECT_EQ(meaning("converged"), yes ? "yes" : "no");
    EXPECT_EQ(meaning("tuned_at_edge"), yes ? "yes" : "no");
  }
}

TEST(Metrics, RegretIsBetaTimesKlToTheOptimumAndDivergencesAreNotNegative) {
  for (const Scene& s : scenes()) {
    EXPECT_NEAR(s.value("regret"), s.world.beta * s.value("kl_to_optimum"), 1e-15);
    for (const auto* name :
         {"regret", "kl_to_optimum", "kl_from_optimum", "kl_to_reference", "kl_from_reference"}) {
      EXPECT_GT(s.value(name), 0) << name;
      for (const auto* policy : {&s.optimum.log_policy, &s.world.log_reference}) {
        Scene at = s;
        at.arm.policy = EdgePolicy(*policy);
        EXPECT_GE(at.value(name), 0) << name;
      }
    }
    Scene best = s;
    best.arm.policy = EdgePolicy(s.optimum.log_policy);
    EXPECT_EQ(best.value("regret"), 0);
    EXPECT_EQ(best.value("kl_from_optimum"), 0);
  }
}

TEST(Metrics, APolicyEqualToItsRivalWinsHalf) {
  for (Scene s : scenes()) {
    s.arm.policy = EdgePolicy(s.world.log_reference);
    EXPECT_NEAR(s.value("win_rate_bt"), 0.5, 1e-15);
    EXPECT_NEAR(s.value("win_rate"), 0.5, 1e-14);
    s.arm.policy = EdgePolicy(s.optimum.log_policy);
    EXPECT_NEAR(s.value("win_rate_bt_optimum"), 0.5, 1e-15);
    EXPECT_GT(s.value("win_rate_bt"), 0.5);
  }
}

TEST(Metrics, AConstantRewardIsAlwaysTied) {
  for (Scene s : scenes()) {
    s.arm.edge_reward.assign(s.world.graph.edges(), 0.1);
    EXPECT_EQ(s.value("rm_accuracy"), 0.5);
    EXPECT_NEAR(s.value("rm_population_accuracy"), 0.5, 1e-14);
    EXPECT_NEAR(s.value("rm_population_log_likelihood"), -std::log(2.0), 1e-14);
    s.world.reward.assign(s.world.graph.edges(), 0.1);
    EXPECT_NEAR(s.value("win_rate"), 0.5, 1e-14);
    EXPECT_NEAR(s.value("win_rate_bt"), 0.5, 1e-15);
  }
}

TEST(Metrics, UnseenMassIsOneWithoutDataAndZeroWhenAllWasSeen) {
  Scene s = make_scene(1, prefix_tree(2, 3, 2), 0);
  EXPECT_EQ(s.value("unseen_mass"), 1);
  for (std::size_t prompt = 0; prompt < 2; ++prompt)
    for (const Path& path : completions(s.world.graph, prompt)) {
      s.data.chosen.insert(s.data.chosen.end(), path.begin(), path.end());
      s.data.rejected.insert(s.data.rejected.end(), path.begin(), path.end());
    }
  EXPECT_NEAR(s.value("unseen_mass"), 0, 1e-15);
}

// Paths of up to 64 bits are sorted as numbers, longer ones as lists.
TEST(Metrics, TheSeenAreTheDistinctCompletionsInOrder) {
  for (const std::int64_t horizon : {1, 5, 6, 8, 9, 40}) {
    const World world = test::world({{"family", "walk"}, {"horizon", horizon}});
    const PreferenceData data = test::reference_pairs(world, 200);
    std::set<Path> paths;
    for (const auto* side : {&data.chosen, &data.rejected})
      for (std::size_t i = 0; i < side->size(); i += data.horizon)
        paths.insert(Path(side->begin() + static_cast<std::ptrdiff_t>(i),
                          side->begin() + static_cast<std::ptrdiff_t>(i + data.horizon)));
    std::vector<EdgeId> expected;
    for (const Path& path : paths) expected.insert(expected.end(), path.begin(), path.end());
    SoftPlan optimum;
    soft_plan(world.graph, world.log_reference, world.reward, world.beta, optimum);
    const PairTable table = tabulate(data);
    for (const Context& context : {Context(world, data, optimum), Context(world, data, table, optimum)})
      EXPECT_THAT(context.seen(), testing::ElementsAreArray(expected)) << horizon;
  }
}

TEST(Metrics, PolicyGapIsSymmetricAndZeroOnEqualPolicies) {
  const auto gap = metrics().at("policy_gap").extra.pair;
  for (const Scene& s : scenes()) {
    EXPECT_EQ(gap(s.world, s.arm, s.arm), 0);
    EXPECT_EQ(gap(s.world, s.arm, s.other), gap(s.world, s.other, s.arm));
    EXPECT_GT(gap(s.world, s.arm, s.other), 0);
  }
}

// A walk of 40 steps has 3^40 completions. Its 81 final states carry a terminal reward; a dense one has too
// many distinct returns, and the file must say so.
TEST(Metrics, DiscreteFunctionalsAreExactForTerminalRewardsAndRefusedForDenseOnesAtLongHorizons) {
  const Metric& win_rate = metrics().at("win_rate").extra;
  const Metric& accuracy = metrics().at("rm_population_accuracy").extra;
  const World w = world({{"family", "walk"}, {"truth", "terminal"}, {"horizon", integer(40)}});
  SoftPlan optimum;
  soft_plan(w.graph, w.log_reference, w.reward, w.beta, optimum);
  Philox4x64 engine = test_stream(5300);
  ArmResult arm;
  arm.policy = EdgePolicy(random_policy(engine, w.graph, 0.5));
  arm.edge_reward = w.reward;
  const PreferenceData no_data = {.horizon = 40, .chosen = {}, .rejected = {}};
  const Context context(w, no_data, optimum);

  // From the laws of the final states and their rewards.
  const auto law = [&](const std::vector<double>& policy) {
    std::vector<double> edges(w.graph.edges());
    std::vector<double> states;
    occupancy(w.graph, w.rho, policy, edges, states);
    return std::vector<double>(states.begin() + w.graph.layer_begin(40), states.end());
  };
  std::vector<double> final_reward(81);
  for (EdgeId e = w.graph.edge(w.graph.layer_begin(39), 0); e < static_cast<EdgeId>(w.graph.edges()); ++e)
    final_reward[static_cast<std::size_t>(w.graph.successor(e) - w.graph.layer_begin(40))] =
        w.reward[static_cast<std::size_t>(e)];
  const std::vector<double> mine = law(arm.log_policy());
  const std::vector<double> theirs = law(w.log_reference);
  ASSERT_EQ(mine.size(), 81u);
  double wins = 0;
  double right = 0;
  for (std::size_t a = 0; a < 81; ++a)
    for (std::size_t b = 0; b < 81; ++b) {
      const double difference = final_reward[a] - final_reward[b];
      wins += mine[a] * theirs[b] * win(difference);
      right += theirs[a] * theirs[b] * std::fmax(sigmoid(difference), sigmoid(-difference));
    }
  EXPECT_EQ(win_rate.inexact(context, arm), "");
  EXPECT_EQ(accuracy.inexact(context, arm), "");
  EXPECT_NEAR(win_rate.value(context, arm), wins, 1e-13);
  EXPECT_NEAR(accuracy.value(context, arm), right,
              1e-13);  // the truth is right whenever the likelier one wins

  arm.edge_reward = random_normals(engine, w.graph.edges(), 1);
  EXPECT_TRUE(std::isnan(accuracy.value(context, arm)));
  EXPECT_THAT(accuracy.inexact(context, arm), ::testing::HasSubstr("2^20 completions"));
  World dense = w;
  dense.reward = arm.edge_reward;
  const Context dense_context(dense, no_data, optimum);
  EXPECT_TRUE(std::isnan(win_rate.value(dense_context, arm)));
  EXPECT_THAT(win_rate.inexact(dense_context, arm), ::testing::HasSubstr("2^20 completions"));
}

// A failed fit must show: no metric of its policy or reward may come out as a number. What there is to gain
// is the world's.
TEST(Metrics, AnArmThatIsNotFiniteHasNoValue) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::set<std::string> of_the_fit = {
      "parameters",   "parameter_count", "existence",     "gradient_norm",    "iterations",       "converged",
      "optimum",      "starts",          "tuned_at_edge", "penalty_strength", "labels",           "rollouts",
      "reward_calls", "gradient_steps",  "ended",         "headroom",         "stationary_values"};
  for (Scene& s : scenes()) {
    s.arm.policy = EdgePolicy(std::vector<double>(s.world.graph.edges(), nan));
    std::ranges::fill(s.arm.edge_reward, nan);
    const Context context = s.context();
    for (const auto& entry : metrics().entries()) {
      if (of_the_fit.contains(entry.name)) continue;
      const Metric& m = entry.extra;
      const double value = is_pairwise(m.kind) ? m.pair(s.world, s.arm, s.other) : m.value(context, s.arm);
      EXPECT_TRUE(std::isnan(value)) << entry.name << " = " << value;
    }
    for (const char* name : {"policy_gap", "reward_at_kl_of", "win_rate_at_kl_of"})
      EXPECT_TRUE(std::isnan(metrics().at(name).extra.pair(s.world, s.other, s.arm))) << name;
  }
}

TEST(Metrics, SmoothFunctionalsRefuseRewardsTooWideToIntegrate) {
  Scene s = make_scene(3, prefix_tree(1, 2, 2), 4);
  s.arm.edge_reward[0] = 2e4;
  const Metric& likelihood = metrics().at("rm_population_log_likelihood").extra;
  EXPECT_TRUE(std::isnan(likelihood.value(s.context(), s.arm)));
  EXPECT_THAT(likelihood.inexact(s.context(), s.arm), ::testing::HasSubstr("1e4"));
  s.world.reward[0] = 2e4;
  for (const auto* name : {"win_rate_bt", "win_rate_bt_optimum", "rm_population_accuracy"}) {
    EXPECT_TRUE(std::isnan(s.value(name))) << name;
    EXPECT_THAT(metrics().at(name).extra.inexact(s.context(), s.arm), ::testing::HasSubstr("1e4")) << name;
  }
}

}  // namespace
}  // namespace twostage
