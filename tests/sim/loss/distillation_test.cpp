// Distillation against divergences of completions, token divergences by enumeration, and finite differences.
#include "sim/loss/distillation.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "sim/loss/policy_objective.hpp"
#include "sim/loss/reverse_kl.hpp"
#include "sim/plan/divergence.hpp"
#include "sim/plan/sweeps.hpp"
#include "tests/support/arms.hpp"
#include "tests/support/gradients.hpp"

namespace twostage {
namespace {

using test::integer;
using test::model_class;

std::vector<World> small_worlds() {
  return {
      test::world({{"family", "tokens"},
                   {"alphabet", integer(3)},
                   {"horizon", integer(3)},
                   {"degree", integer(2)},
                   {"prompts", integer(2)},
                   {"reference", "random"}}),
      test::world(
          {{"family", "walk"}, {"horizon", integer(4)}, {"reference", "random"}, {"prompts", integer(2)}}),
      test::world(
          {{"family", "maze"}, {"horizon", integer(5)}, {"width", integer(3)}, {"height", integer(3)}})};
}

std::vector<double> any_policy(const World& world, std::uint64_t index) {
  std::vector<double> out(world.graph.edges());
  softmax_policy(world.graph, world.log_reference, test::normal_vector(out.size(), index), out);
  return out;
}

// Sum over completions, and over their tokens, of the divergence at the prefix.
double by_hand(const World& world, const std::vector<double>& teacher, const std::vector<double>& student,
               KlDirection direction, Prefixes prefixes) {
  const auto& from = direction == KlDirection::forward ? teacher : student;
  const auto& to = direction == KlDirection::forward ? student : teacher;
  double out = 0;
  for (std::size_t p = 0; p < world.graph.prompts(); ++p)
    for (const auto& path : test::completions(world.graph, p)) {
      double cost = 0;
      for (const EdgeId e : path) {
        const EdgeRange choices = world.graph.leaving(world.graph.source(e));
        for (auto k = static_cast<std::size_t>(choices.begin); k < static_cast<std::size_t>(choices.end); ++k)
          cost += std::exp(from[k]) * (from[k] - to[k]);
      }
      out += world.rho[p] *
             std::exp(test::sum_along(prefixes == Prefixes::teacher ? teacher : student, path)) * cost;
    }
  return out;
}

TEST(Distillation, IsOfTokensAtThePrefixesOfEither) {
  for (const World& world : small_worlds()) {
    const auto model = make_linear_model(model_class("tabular"), world, Role::policy);
    const std::vector<double> teacher = any_policy(world, 11);
    const std::vector<double> theta = test::normal_vector(model->parameters(), 12);
    const std::vector<double> student = policy_at(*model, world, theta);
    std::vector<double> gradient(theta.size());
    for (const KlDirection direction : {KlDirection::forward, KlDirection::reverse})
      for (const Prefixes prefixes : {Prefixes::teacher, Prefixes::student}) {
        Distillation f(*model, world, teacher, direction, prefixes);
        EXPECT_NEAR(f.evaluate(theta, gradient), by_hand(world, teacher, student, direction, prefixes),
                    1e-12);
        test::expect_gradient(f, theta, 1e-7);
      }
  }
}

// The teacher's prefixes with the forward, the student's with the reverse divergence of tokens.
TEST(Distillation, IsOfCompletionsWhereDirectionAndPrefixesGoTogether) {
  for (const World& world : small_worlds()) {
    const auto model = make_linear_model(model_class("tabular"), world, Role::policy);
    const std::vector<double> teacher = any_policy(world, 11);
    const std::vector<double> theta = test::normal_vector(model->parameters(), 12);
    const std::vector<double> student = policy_at(*model, world, theta);
    std::vector<double> gradient(theta.size()), known(theta.size());
    Distillation forward(*model, world, teacher, KlDirection::forward, Prefixes::teacher);
    EXPECT_NEAR(forward.evaluate(theta, gradient), kl_divergence(world.graph, world.rho, teacher, student),
                1e-12);
    Distillation reverse(*model, world, teacher, KlDirection::reverse, Prefixes::student);
    ReverseKl projection(*model, world, teacher);
    EXPECT_NEAR(reverse.evaluate(theta, gradient), projection.evaluate(theta, known), 1e-12);
    for (std::size_t k = 0; k < known.size(); ++k) EXPECT_NEAR(gradient[k], known[k], 1e-12);
  }
}

// Log-probabilities far beyond what an exponential can hold, either way.
TEST(Distillation, OfWhatIsNeverSaidIsFinite) {
  const World world = small_worlds()[1];
  const auto model = make_linear_model(model_class("tabular"), world, Role::policy);
  std::vector<double> teacher(world.graph.edges());
  softmax_policy(world.graph, world.log_reference, test::normal_vector(teacher.size(), 13, 2000), teacher);
  std::vector<double> theta = test::normal_vector(model->parameters(), 14, 1000), gradient(theta.size());
  for (const KlDirection direction : {KlDirection::forward, KlDirection::reverse})
    for (const Prefixes prefixes : {Prefixes::teacher, Prefixes::student}) {
      Distillation f(*model, world, teacher, direction, prefixes);
      EXPECT_TRUE(std::isfinite(f.evaluate(theta, gradient)));
      for (const double g : gradient) EXPECT_TRUE(std::isfinite(g));
    }
}

}  // namespace
}  // namespace twostage
