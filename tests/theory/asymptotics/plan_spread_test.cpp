#include "theory/asymptotics/plan_spread.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "tests/support/hand_made.hpp"
#include "tests/support/worlds.hpp"
#include "theory/asymptotics/expansion.hpp"
#include "theory/asymptotics/shrinkage.hpp"

namespace twostage {
namespace {

std::unique_ptr<const LinearModel> model_of(const World& world, const char* name, Role role) {
  Settings spec;
  spec.set("class", std::string(name));
  return make_linear_model(spec, world, role);
}

PairPolicies reference_pairs(const World& world) {
  return {world.log_reference, world.log_reference};
}

// E f(m + s z), z normal, by the trapezoidal rule, which is exact to rounding here.
template <typename Function>
double normal_mean(double m, double variance, Function f) {
  const double s = std::sqrt(variance);
  double sum = 0;
  for (double z = -12; z <= 12; z += 0.01)
    sum += 0.01 / std::sqrt(2 * std::numbers::pi) * std::exp(-z * z / 2) * f(m + s * z);
  return sum;
}

// The definition itself: E[e^d (d - 1) + 1] less E[d^2 / 2], and f/beta (E[e^d - 1] less E[d^2] / 2).
TEST(PlanSpread, IsWhatTheExponentialAdds) {
  for (const double m : {0.0, 0.4, -0.7})
    for (const double v : {0.01, 0.3, 2.0, 9.0}) {
      const double own = normal_mean(m, v, [](double d) { return std::exp(d) * (d - 1) + 1 - d * d / 2; });
      const double pull = normal_mean(0, v, [](double d) { return std::exp(d) - 1 - d - d * d / 2; });
      PlanSpread spread{Eigen::ArrayXd::Constant(1, 0.25), Eigen::ArrayXd::Constant(1, 100 * v),
                        Eigen::ArrayXd::Constant(1, m), Eigen::ArrayXd::Constant(1, 3)};
      const double expected = 0.25 * (std::fabs(own) + 3 * pull);
      EXPECT_NEAR(spread.excess(100) / expected, 1, 1e-9) << m << " " << v;
    }
}

// Two arms, beta = 1, difference D, uniform reference: with p = sigma(D) the fitted difference has variance
// v = 2 / (n p (1-p)), the log-ratios of the arms are (1-p) and -p of it, so that to first order
//   excess / regret = .75 (p (1-p)^4 + (1-p) p^4) / (p (1-p)^2 + (1-p) p^2) v = 1.5 (1 - 3 p (1-p)) / (n p
//   (1-p)).
// The expansion and the law at any horizon say the same.
TEST(PlanSpread, TwoArms) {
  const double d = 0.9, n = 1e7, p = 1 / (1 + std::exp(-d)), q = p * (1 - p);
  const World world = test::arms_world({0.0, d}, 1);
  const auto model = model_of(world, "dense", Role::reward);
  Expansion expansion({Route::Kind::plan, model.get(), {}}, world, reference_pairs(world));
  auto law = Shrinkage::at_truth(*model, {}, world, reference_pairs(world));
  EXPECT_NEAR(expansion.excess(n) / expansion.at(n).regret, 1.5 * (1 - 3 * q) / (n * q), 1e-4 / n);
  EXPECT_NEAR(law->excess(n) / expansion.excess(n), 1, 1e-6);
  EXPECT_NEAR(law->excess(50) / expansion.excess(50), 1, 1e-9);
  // x^T A^-1 x is v, and kappa is p (1-p) of it.
  EXPECT_NEAR(expansion.at(n).widest, 2 / (n * q), 1e-9 / n);
  EXPECT_NEAR(law->at(n).widest, 2 / (n * q), 1e-9 / n);
  EXPECT_NEAR(expansion.at(n).kappa, q * expansion.at(n).widest, 1e-12 / n);
}

// Where a completion is one action, policies with logits phi . t are plans of the rewards beta phi . t: one
// class, so that the tangent's next term is the policies' own, and it is the rewards'.
TEST(Tangent, OfPoliciesOfOneAction) {
  const World world = test::arms_world({0.2, 0.9, -0.4, 0.1}, 0.7, {1, 0, 0.5, 1, -1, 0.25, 0, 0.5});
  const auto rewards = model_of(world, "degree", Role::reward);
  const auto policies = model_of(world, "degree", Role::policy);
  for (const PenaltyTerm penalty : {PenaltyTerm{}, PenaltyTerm{PenaltyTerm::Kind::reference_kl, 4}}) {
    Expansion plan({Route::Kind::plan, rewards.get(), penalty}, world, reference_pairs(world));
    Expansion direct({Route::Kind::direct, policies.get(), penalty}, world, reference_pairs(world));
    EXPECT_NEAR(direct.at(300).regret / plan.at(300).regret, 1, 1e-8);
    EXPECT_FALSE(direct.second_order(300, 1e9));
    EXPECT_NEAR(*direct.tangent_second_order(300, 1e9) / *plan.second_order(300, 1e9), 1, 1e-6);
    EXPECT_NEAR(direct.excess(300) / plan.excess(300), 1, 1e-7);
  }
}

}  // namespace
}  // namespace twostage
