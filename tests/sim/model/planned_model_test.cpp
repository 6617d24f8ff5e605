// Planned(R): its softmax is the soft plan, and its pullback is the derivative of the planner.
#include "sim/model/planned_model.hpp"

#include <gtest/gtest.h>

#include "sim/numerics/reduce.hpp"
#include "sim/plan/sweeps.hpp"
#include "tests/support/arms.hpp"
#include "tests/support/gradients.hpp"

namespace twostage {
namespace {

World walk() {
  return test::world({{"family", "walk"},
                      {"horizon", test::integer(3)},
                      {"prompts", test::integer(2)},
                      {"beta", 0.7},
                      {"reference", "random"}});
}

TEST(PlannedModel, SoftmaxOfItsScoresIsTheSoftPlan) {
  const World world = walk();
  const auto reward = make_linear_model(test::model_class("terminal"), world, Role::reward);
  const PlannedModel planned(make_model(test::model_class("terminal"), world, Role::reward), world);
  const std::vector<double> theta = test::normal_vector(reward->parameters(), 5);
  std::vector<double> edges(world.graph.edges()), scores(edges), policy(edges);
  reward->scores(theta, edges);
  SoftPlan plan;
  soft_plan(world.graph, world.log_reference, edges, world.beta, plan);
  planned.scores(theta, scores);
  softmax_policy(world.graph, world.log_reference, scores, policy);
  for (std::size_t e = 0; e < policy.size(); ++e) EXPECT_NEAR(policy[e], plan.log_policy[e], 1e-14);
}

TEST(PlannedModel, PullbackMatchesFiniteDifferences) {
  const World world = walk();
  const PlannedModel planned(make_model(test::model_class("dense"), world, Role::reward), world);
  class Weighted : public num::SmoothFunction {
   public:
    Weighted(const PlannedModel& model, std::vector<double> weight)
        : model_(model), weight_(std::move(weight)) {}
    std::size_t dimension() const override { return model_.parameters(); }
    double evaluate(std::span<const double> theta, std::span<double> gradient) override {
      std::vector<double> scores(weight_.size());
      model_.scores(theta, scores);
      model_.pullback(theta, weight_, gradient);
      return num::dot(scores, weight_);
    }

   private:
    const PlannedModel& model_;
    std::vector<double> weight_;
  } f(planned, test::normal_vector(world.graph.edges(), 6));
  test::expect_gradient(f, test::normal_vector(planned.parameters(), 7), 1e-7);
}

}  // namespace
}  // namespace twostage
