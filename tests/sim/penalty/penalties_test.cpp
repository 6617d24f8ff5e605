// Every registered penalty has its functional written out by enumeration, by name: a new entry without it
// fails.
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "sim/fit/sparse_fit.hpp"
#include "sim/minimise/l1_newton.hpp"
#include "sim/penalty/reward_penalty.hpp"
#include "tests/support/arms.hpp"
#include "tests/support/complete.hpp"
#include "tests/support/gradients.hpp"
#include "tests/support/worlds.hpp"

namespace twostage {
namespace {

using test::completions;
using test::integer;
using test::model_class;
using test::sum_along;
using Values = std::vector<double>;  // [edges]

constexpr double kLambda = 3;

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
  test::expect_complete(penalties(), functionals());
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
