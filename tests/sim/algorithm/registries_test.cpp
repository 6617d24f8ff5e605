// Every registered algorithm and penalty has its evidence here, by name: a new entry without it fails. For an
// algorithm that is its loss written out by enumeration (value at the fit, and finite differences that vanish
// there) and a known answer; for a penalty its functional written out by enumeration.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>

#include "sim/fit/sparse_fit.hpp"
#include "sim/numerics/l1_newton.hpp"
#include "sim/penalty/reward_penalty.hpp"
#include "tests/support/arms.hpp"
#include "tests/support/distribution.hpp"
#include "tests/support/gradients.hpp"
#include "tests/support/hand_made.hpp"

namespace twostage {
namespace {

using test::completions;
using test::Distribution;
using test::integer;
using test::model_class;
using test::penalty;
using test::plan;
using test::policy;
using test::policy_arm;
using test::reference;
using test::reward_arm;
using test::sum_along;
using Values = std::vector<double>;  // [edges]

constexpr double kLambda = 3;

double bradley_terry(const PreferenceData& data,
                     const std::function<double(std::span<const EdgeId>)>& reward) {
  double loss = 0;
  for (std::size_t i = 0; i < data.size(); ++i)
    loss += std::log1p(std::exp(reward(data.rejected_path(i)) - reward(data.chosen_path(i))));
  return loss;
}

double dpo_loss(const World& world, const PreferenceData& data, const Distribution& p) {
  const Distribution ref = reference(world);
  return bradley_terry(
      data, [&](std::span<const EdgeId> path) { return world.beta * (p.log_of(path) - ref.log_of(path)); });
}

struct Scene {
  World world;
  PreferenceData data;
};
Scene scene() {
  World world =
      test::world({{"family", "walk"}, {"horizon", integer(3)}, {"reference", "random"}, {"beta", 0.8}});
  PreferenceData data = test::reference_pairs(world, 60);
  return {std::move(world), std::move(data)};
}

// An algorithm with the largest classes, as a function of what its last optimisation moves: the rewards or
// the scores (log pi/pi_ref) on the edges.
struct Evidence {
  ArmSpec (*arm)(const Settings& penalty);
  bool moves_rewards;
  double (*loss)(const Scene& scene, const ArmResult& fit, const Values& x);
  // log-odds of the two completions of a bandit, the first preferred w times and the second l, without
  // penalty
  double (*known_answer)(double w, double l, double beta);
};

// sigmoid(r)^w sigmoid(-r)^l has its maximum at r = log(w / l), and the optimal policy the log-odds r / beta.
double bradley_terry_answer(double w, double l, double beta) {
  return std::log(w / l) / beta;
}

const std::map<std::string, Evidence>& evidence() {
  static const std::map<std::string, Evidence> table = {
      {"rm+plan",
       {[](const Settings& p) { return reward_arm("rm+plan", model_class("dense"), p); }, true,
        [](const Scene& s, const ArmResult&, const Values& r) {
          return bradley_terry(s.data, [&](std::span<const EdgeId> path) { return path_sum(r, path); }) +
                 kLambda * reference(s.world).kl(plan(s.world, r));
        },
        bradley_terry_answer}},
      {"planned-dpo",
       {[](const Settings& p) { return reward_arm("planned-dpo", model_class("dense"), p); }, true,
        [](const Scene& s, const ArmResult&, const Values& r) {
          const Distribution planned = plan(s.world, r);
          return dpo_loss(s.world, s.data, planned) + kLambda * reference(s.world).kl(planned);
        },
        bradley_terry_answer}},
      {"best-of-n",
       {[](const Settings& p) { return reward_arm("best-of-n", model_class("dense"), p); }, true,
        [](const Scene& s, const ArmResult&, const Values& r) {
          return bradley_terry(s.data, [&](std::span<const EdgeId> path) { return path_sum(r, path); }) +
                 kLambda * reference(s.world).kl(plan(s.world, r));
        },
        // The worse one is kept if all four are that one.
        [](double w, double l, double) { return (w > l ? 1 : -1) * std::log(16 - 1); }}},
      {"dpo",
       {[](const Settings& p) { return policy_arm("dpo", model_class("tabular"), p); }, false,
        [](const Scene& s, const ArmResult&, const Values& x) {
          const Distribution pi = policy(s.world, x);
          return dpo_loss(s.world, s.data, pi) + kLambda * reference(s.world).kl(pi);
        },
        bradley_terry_answer}},
      {"ipo",
       {[](const Settings& p) { return policy_arm("ipo", model_class("tabular"), p); }, false,
        [](const Scene& s, const ArmResult&, const Values& x) {
          const Distribution pi = policy(s.world, x);
          const Distribution ref = reference(s.world);
          double loss = kLambda * ref.kl(pi);
          const auto ratio = [&](std::span<const EdgeId> path) { return pi.log_of(path) - ref.log_of(path); };
          for (std::size_t i = 0; i < s.data.size(); ++i) {
            const double h = ratio(s.data.chosen_path(i)) - ratio(s.data.rejected_path(i));
            loss += (h - 1) * (h - 1);  // tau = 1/2
          }
          return loss;
        },
        // w (h - 1)^2 + l (h + 1)^2
        [](double w, double l, double) { return (w - l) / (w + l); }}},
      {"sft",
       {[](const Settings& p) { return policy_arm("sft", model_class("tabular"), p); }, false,
        [](const Scene& s, const ArmResult&, const Values& x) {
          const Distribution pi = policy(s.world, x);
          double loss = kLambda * reference(s.world).kl(pi);
          for (std::size_t i = 0; i < s.data.size(); ++i) loss -= pi.log_of(s.data.chosen_path(i));
          return loss;
        },
        // The chosen completions are w times the first and l times the second.
        [](double w, double l, double) { return std::log(w / l); }}},
      {"rm+project",
       {[](const Settings& p) {
          ArmSpec arm = reward_arm("rm+project", model_class("terminal"), p);
          arm.policy = model_class("tabular");
          return arm;
        },
        false,
        [](const Scene& s, const ArmResult& fit, const Values& x) {
          return policy(s.world, x).kl(plan(s.world, fit.edge_reward));
        },
        bradley_terry_answer}},
  };
  return table;
}

template <typename Registry, typename Table>
void expect_complete(const Registry& registry, const Table& table) {
  std::vector<std::string> known;
  for (const auto& [name, value] : table) known.push_back(name);
  EXPECT_THAT(known, testing::UnorderedElementsAreArray(registry.names()))
      << "each " << registry.kind() << " has its evidence in this file";
}

TEST(Algorithms, EveryOneHasItsEvidence) {
  expect_complete(algorithms(), evidence());
}

class EveryAlgorithm : public testing::TestWithParam<std::string> {
 protected:
  const Evidence& its() const { return evidence().at(GetParam()); }
};

TEST_P(EveryAlgorithm, MinimisesItsLossWrittenOut) {
  const Scene s = scene();
  const ArmResult fit = test::fit(its().arm(penalty("reference-kl", kLambda)), s.world, s.data);
  ASSERT_TRUE(fit.certificate.converged);
  Values x = fit.edge_reward;
  if (!its().moves_rewards)
    for (std::size_t e = 0; e < x.size(); ++e) x[e] = fit.log_policy()[e] - s.world.log_reference[e];
  const double least = its().loss(s, fit, x);
  EXPECT_NEAR(fit.certificate.objective, least, 1e-9);
  for (std::size_t e = 0; e < x.size(); ++e) {
    const double at = x[e];
    x[e] = at + test::kStep;
    const double up = its().loss(s, fit, x);
    x[e] = at - test::kStep;
    const double down = its().loss(s, fit, x);
    x[e] = at;
    // Rounding of the loss, about 40 eps, over 2 h = 2e-5 is 5e-10.
    EXPECT_NEAR((up - down) / (2 * test::kStep), 0, 2e-8) << "edge " << e;
  }
  // No accident of a flat loss: away from the fit it rises.
  const Values away = test::normal_vector(x.size(), 1, 0.3);
  for (std::size_t e = 0; e < x.size(); ++e) x[e] += away[e];
  EXPECT_GT(its().loss(s, fit, x), least + 1e-3);
}

TEST_P(EveryAlgorithm, HasAKnownAnswerForTwoCompletions) {
  constexpr double beta = 0.3;
  const World world = test::arms_world({0, 0}, beta);
  const PreferenceData data = test::compare_arms({{0, 1, 17}, {1, 0, 5}});
  ArmSpec arm = its().arm(penalty("none"));
  if (!arm.reward.values().empty()) arm.reward = model_class("dense");
  const ArmResult fit = test::fit(arm, world, data);
  EXPECT_NEAR(fit.log_policy()[0] - fit.log_policy()[1], its().known_answer(17, 5, beta), 1e-8);
}

std::string identifier(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return name;
}
INSTANTIATE_TEST_SUITE_P(Registry, EveryAlgorithm, testing::ValuesIn(algorithms().names()), identifier);

// ---- penalties ----

// E and Var of the returns under the reference, one prompt after the other or all together.
struct Moments {
  double mean = 0;
  double square = 0;
  double exponential = 0;  // E exp(r / beta)
};
Moments moments(const World& world, const Values& reward, std::size_t prompt) {
  Moments out;
  for (const auto& path : completions(world.graph, prompt)) {
    const double p = std::exp(sum_along(world.log_reference, path));
    const double r = sum_along(reward, path);
    out.mean += p * r;
    out.square += p * r * r;
    out.exponential += p * std::exp(r / world.beta);
  }
  return out;
}

using Functional = double (*)(const World& world, const Values& reward, std::span<const double> theta);
const std::map<std::string, Functional>& functionals() {
  static const std::map<std::string, Functional> table = {
      {"reference-kl",
       [](const World& w, const Values& r, std::span<const double>) {
         double sum = 0;
         for (std::size_t p = 0; p < w.graph.prompts(); ++p) {
           const Moments m = moments(w, r, p);
           sum += w.rho[p] * (std::log(m.exponential) - m.mean / w.beta);
         }
         return kLambda * sum;
       }},
      {"variance",
       [](const World& w, const Values& r, std::span<const double>) {
         double sum = 0;
         for (std::size_t p = 0; p < w.graph.prompts(); ++p) {
           const Moments m = moments(w, r, p);
           sum += w.rho[p] * (m.square - m.mean * m.mean);
         }
         return kLambda * sum / (2 * w.beta * w.beta);
       }},
      {"pooled-variance",
       [](const World& w, const Values& r, std::span<const double>) {
         double mean = 0, square = 0;
         for (std::size_t p = 0; p < w.graph.prompts(); ++p) {
           const Moments m = moments(w, r, p);
           mean += w.rho[p] * m.mean;
           square += w.rho[p] * m.square;
         }
         return kLambda * (square - mean * mean) / (2 * w.beta * w.beta);
       }},
      {"ridge",
       [](const World&, const Values&, std::span<const double> theta) {
         double sum = 0;
         for (const double t : theta) sum += t * t;
         return kLambda / 2 * sum;
       }},
      {"l1",
       [](const World&, const Values&, std::span<const double> theta) {
         double sum = 0;
         for (const double t : theta) sum += std::fabs(t);
         return kLambda * sum;
       }},
      {"none", [](const World&, const Values&, std::span<const double>) { return 0.0; }},
  };
  return table;
}

TEST(Penalties, EveryOneIsItsFunctionalWrittenOut) {
  expect_complete(penalties(), functionals());
  const World world = test::world({{"family", "walk"},
                                   {"horizon", integer(3)},
                                   {"prompts", integer(2)},
                                   {"beta", 0.8},
                                   {"reference", "random"},
                                   {"prompt_weights", "random"}});
  const auto model = make_linear_model(model_class("terminal"), world, Role::reward);
  const Values theta = test::normal_vector(model->parameters(), 2);
  Values reward(world.graph.edges()), gradient(theta.size());
  model->scores(theta, reward);
  for (const auto& entry : penalties().entries()) {
    const auto functional = functionals().find(entry.name);
    if (functional == functionals().end()) continue;
    const double expected = functional->second(world, reward, theta);
    const Penalty penalty{.kind = entry.extra, .lambda = kLambda, .scaling = L1Scaling::fixed};
    const double value =
        entry.extra == PenaltyKind::l1
            ? num::l1_norm(
                  l1_weights(penalty, ComparisonRows(*model, tabulate(test::reference_pairs(world, 9)))),
                  theta)
            : RewardPenalty(*model, world, penalty, false).evaluate(theta, gradient);
    EXPECT_NEAR(value, expected, 1e-11 * (1 + expected)) << entry.name;
  }
}

}  // namespace
}  // namespace twostage
