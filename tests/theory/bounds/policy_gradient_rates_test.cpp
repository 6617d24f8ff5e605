#include "theory/bounds/policy_gradient_rates.hpp"

#include <gtest/gtest.h>

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>

#include "sim/model/path_covariance.hpp"
#include "sim/plan/sweeps.hpp"
#include "sim/policy/policy_law.hpp"
#include "tests/support/arms.hpp"
#include "tests/support/gradients.hpp"
#include "tests/support/hand_made.hpp"
#include "tests/support/worlds.hpp"

namespace twostage {
namespace {

using Matrix = Eigen::Matrix<long double, Eigen::Dynamic, Eigen::Dynamic>;
using Vector = Eigen::Matrix<long double, Eigen::Dynamic, 1>;

// A policy class given by its features, J, its gradient and the Fisher information by enumeration of all
// completions, in long double: E_pi[(r - beta log P/P_ref) grad log P], since grad E[log P] adds nothing.
struct Ascent {
  const World& world;
  Matrix phi;  // [edges x parameters]
  std::vector<std::vector<test::Path>> paths{};

  Ascent(const World& w, Matrix features) : world(w), phi(std::move(features)) {
    for (std::size_t p = 0; p < world.graph.prompts(); ++p)
      paths.push_back(test::completions(world.graph, p));
  }
  Vector log_policy(const Vector& theta) const {
    const Vector logit = phi * theta;
    Vector out(logit.size());
    for (std::size_t s = 0; s < world.graph.inner_states(); ++s) {
      const EdgeRange edges = world.graph.leaving(static_cast<StateId>(s));
      long double sum = 0;
      for (EdgeId e = edges.begin; e < edges.end; ++e)
        sum += std::exp(logit(e) + world.log_reference[static_cast<std::size_t>(e)]);
      for (EdgeId e = edges.begin; e < edges.end; ++e)
        out(e) = logit(e) + world.log_reference[static_cast<std::size_t>(e)] - std::log(sum);
    }
    return out;
  }
  struct At {
    long double value = 0;
    Vector gradient;
    Matrix fisher;
  };
  At at(const Vector& theta) const {
    const Vector log_pi = log_policy(theta);
    Matrix score = phi;  // grad log pi(a|s)
    for (std::size_t s = 0; s < world.graph.inner_states(); ++s) {
      const EdgeRange edges = world.graph.leaving(static_cast<StateId>(s));
      Eigen::Matrix<long double, 1, Eigen::Dynamic> mean = 0 * phi.row(0);
      for (EdgeId e = edges.begin; e < edges.end; ++e) mean += std::exp(log_pi(e)) * phi.row(e);
      for (EdgeId e = edges.begin; e < edges.end; ++e) score.row(e) -= mean;
    }
    At out{0, Vector::Zero(phi.cols()), Matrix::Zero(phi.cols(), phi.cols())};
    for (std::size_t p = 0; p < paths.size(); ++p)
      for (const test::Path& path : paths[p]) {
        long double log_p = 0, log_ratio = 0, reward = 0;
        Vector psi = Vector::Zero(phi.cols());
        for (const EdgeId e : path) {
          log_p += log_pi(e);
          log_ratio += log_pi(e) - world.log_reference[static_cast<std::size_t>(e)];
          reward += world.reward[static_cast<std::size_t>(e)];
          psi += score.row(e).transpose();
        }
        const long double mass = world.rho[p] * std::exp(log_p);
        out.value += mass * (reward - world.beta * log_ratio);
        out.gradient += mass * (reward - world.beta * log_ratio) * psi;
        out.fisher += mass * psi * psi.transpose();
      }
    return out;
  }
};

Ascent tabular(const World& world) {
  const auto edges = static_cast<Eigen::Index>(world.graph.edges());
  return {world, Matrix::Identity(edges, edges)};
}
Ascent linear(const World& world, const LinearModel& model) {
  const std::vector<double> rows = feature_matrix(model, world);
  Matrix phi(world.graph.edges(), model.parameters());
  for (Eigen::Index e = 0; e < phi.rows(); ++e)
    for (Eigen::Index k = 0; k < phi.cols(); ++k)
      phi(e, k) = rows[static_cast<std::size_t>(e * phi.cols() + k)];
  return {world, phi};
}

// The Hessian of J by differences of its exact gradient; the contraction of plain ascent from the reference,
// to a gradient of 1e-13 (nonlinear part 1e-13, rounding 1e-19 / 1e-13, the next slowest direction still
// there); and the same from both sides along the slowest direction (the quadratic term cancels: 1e-10).
void expect_rates(const Ascent& ascent, const PolicyGradientRates& rates) {
  const auto p = ascent.phi.cols();
  const double step = 0.9 / (rates.beta * rates.curvature.back());
  const double predicted = rates.contraction(step);
  ASSERT_LT(predicted, 1);
  ASSERT_NEAR(predicted, 1 - step * rates.beta * rates.curvature.front(), 1e-15);

  Vector theta = Vector::Zero(p);
  Ascent::At now = ascent.at(theta);
  for (int t = 0; t < 40'000 && now.gradient.norm() > 1e-13L; ++t) {
    theta += step * now.gradient;
    now = ascent.at(theta);
  }
  ASSERT_LE(now.gradient.norm(), 1e-13L);
  const long double before = now.gradient.norm();
  theta += step * now.gradient;
  now = ascent.at(theta);
  EXPECT_NEAR(static_cast<double>(now.gradient.norm() / before), predicted, 1e-3);

  for (int t = 0; t < 40'000 && now.gradient.norm() > 1e-17L; ++t) {
    theta += step * now.gradient;
    now = ascent.at(theta);
  }
  Matrix hessian(p, p);
  for (Eigen::Index k = 0; k < p; ++k) {
    Vector up = theta, down = theta;
    up(k) += 1e-5L;
    down(k) -= 1e-5L;
    hessian.col(k) = (ascent.at(up).gradient - ascent.at(down).gradient) / 2e-5L;
  }
  const Eigen::SelfAdjointEigenSolver<Matrix> spectrum(-(hessian + hessian.transpose()) / 2);
  const auto null = p - static_cast<Eigen::Index>(rates.curvature.size());
  for (Eigen::Index k = 0; k < p; ++k)
    EXPECT_NEAR(static_cast<double>(spectrum.eigenvalues()(k)),
                k < null ? 0 : rates.beta * rates.curvature[static_cast<std::size_t>(k - null)], 1e-9);

  const Vector slow = 1e-5L * spectrum.eigenvectors().col(null);
  Vector up = theta + slow, down = theta - slow;
  long double gradient = 0, gap = 0;
  for (int t = 0; t < 3; ++t) {
    const Ascent::At a = ascent.at(up), b = ascent.at(down);
    const long double g = (a.gradient - b.gradient).norm();
    const long double regret = 2 * now.value - a.value - b.value;
    if (t > 0) {
      EXPECT_NEAR(static_cast<double>(g / gradient), predicted, 1e-8);
      EXPECT_NEAR(static_cast<double>(regret / gap), predicted * predicted, 1e-6);
    }
    gradient = g;
    gap = regret;
    up += step * a.gradient;
    down += step * b.gradient;
  }
}

// diag(p) - p p^T: for two arms p (1 - p) times (1, -1)(1, -1)^T, eigenvalue 2 p (1 - p); for K equal arms
// (1 - 11^T/K)/K, K - 1 times 1/K, so that one step of K / beta ends it.
TEST(PolicyGradientRates, ByHand) {
  for (const double d : {0.0, 0.7, 3.0}) {
    const PolicyGradientRates two = policy_gradient_rates(test::arms_world({d, 0.0}, 0.8));
    const double p = 1 / (1 + std::exp(-d / 0.8));
    ASSERT_EQ(two.curvature.size(), 1u);
    EXPECT_NEAR(two.curvature[0], 2 * p * (1 - p), 1e-15);
    EXPECT_NEAR(two.best_step(), 1 / (0.8 * 2 * p * (1 - p)), 1e-10);
    EXPECT_NEAR(two.contraction(0.5), std::fabs(1 - 0.5 * 0.8 * 2 * p * (1 - p)), 1e-14);
  }
  const PolicyGradientRates flat = policy_gradient_rates(test::arms_world(std::vector<double>(7, 2.0), 0.8));
  ASSERT_EQ(flat.curvature.size(), 6u);
  for (const double lambda : flat.curvature) EXPECT_NEAR(lambda, 1.0 / 7, 1e-15);
  EXPECT_NEAR(flat.best_step(), 7 / 0.8, 1e-12);
  EXPECT_NEAR(flat.contraction(7 / 0.8), 0, 1e-13);
  EXPECT_NEAR(flat.best_contraction(), 0, 1e-13);
  EXPECT_NEAR(flat.largest_stable_step(), 14 / 0.8, 1e-12);
}

TEST(PolicyGradientRates, TabularBandit) {
  const World world = test::world({{"family", std::string("bandit")},
                                   {"arms", test::integer(4)},
                                   {"features", test::integer(0)},
                                   {"prompts", test::integer(2)},
                                   {"reference", std::string("random")},
                                   {"beta", 0.7}});
  expect_rates(tabular(world), policy_gradient_rates(world));
}

TEST(PolicyGradientRates, TabularTokens) {
  const World world = test::world(
      {{"family", std::string("tokens")}, {"horizon", test::integer(3)}, {"headroom", 0.2}, {"beta", 1.3}});
  expect_rates(tabular(world), policy_gradient_rates(world));
}

// Merged histories: a state's occupancy is a sum over the ways to it.
TEST(PolicyGradientRates, TabularWalk) {
  const World world =
      test::world({{"family", std::string("walk")}, {"horizon", test::integer(3)}, {"headroom", 0.1}});
  expect_rates(tabular(world), policy_gradient_rates(world));
}

// At horizon one, logits of the truth's features hold pi*; so do first-degree logits for a first-degree
// reward and a uniform reference, where nothing that comes later depends on what came before.
TEST(PolicyGradientRates, LinearClasses) {
  const World bandit = test::world({{"family", std::string("bandit")},
                                    {"arms", test::integer(6)},
                                    {"features", test::integer(3)},
                                    {"prompts", test::integer(3)},
                                    {"beta", 0.9}});
  const auto first = make_linear_model(
      test::settings({{"class", std::string("first")}, {"k", test::integer(3)}}), bandit, Role::policy);
  const PolicyGradientRates rates = policy_gradient_rates(bandit, *first);
  EXPECT_EQ(rates.curvature.size(), 3u);
  expect_rates(linear(bandit, *first), rates);

  const World tokens = test::world({{"family", std::string("tokens")},
                                    {"horizon", test::integer(4)},
                                    {"degree", test::integer(1)},
                                    {"headroom", 0.3}});
  const auto degree = make_linear_model(
      test::settings({{"class", std::string("degree")}, {"degree", test::integer(1)}}), tokens, Role::policy);
  expect_rates(linear(tokens, *degree), policy_gradient_rates(tokens, *degree));
}

// The class "tabular" has a free logit for all actions of a state but one: another metric, other rates. Two
// arms, one logit: p (1 - p), half of what two logits have.
TEST(PolicyGradientRates, FreeLogits) {
  const World arms = test::arms_world({0.7, 0.0}, 0.8);
  const auto one = make_linear_model(test::settings({{"class", std::string("tabular")}}), arms, Role::policy);
  const double p = 1 / (1 + std::exp(-0.7 / 0.8));
  const PolicyGradientRates rates = policy_gradient_rates(arms, *one);
  ASSERT_EQ(rates.curvature.size(), 1u);
  EXPECT_NEAR(rates.curvature[0], p * (1 - p), 1e-15);

  const World walk = test::world({{"family", std::string("walk")}, {"horizon", test::integer(2)}});
  const auto tabular_class =
      make_linear_model(test::settings({{"class", std::string("tabular")}}), walk, Role::policy);
  expect_rates(linear(walk, *tabular_class), policy_gradient_rates(walk, *tabular_class));
}

// What theory says of a world is met by the arm that lives in it: with the fitted reward for a truth, a
// course of exact REINFORCE closes in on its plan at the predicted rate, and diverges from it, or rests
// elsewhere, just beyond the largest stable step. RLOO has the same expectation.
TEST(PolicyGradientRates, CoursesOfArmsContractAsPredicted) {
  for (const World& world :
       {test::world({{"family", "bandit"}, {"arms", test::integer(3)}, {"beta", 0.7}}),
        test::world({{"family", "tokens"}, {"horizon", test::integer(2)}, {"degree", test::integer(1)}}),
        test::world(
            {{"family", "walk"}, {"horizon", test::integer(2)}, {"truth", "terminal"}, {"beta", 1.4}})}) {
    const PreferenceData data = test::reference_pairs(world, 200);
    const auto course = [&](const std::string& algorithm, double rate, std::int64_t steps) {
      ArmSpec spec = test::reward_arm(algorithm, test::model_class("dense"), test::penalty("reference-kl"));
      spec.policy = test::model_class("tabular");
      spec.course = test::settings({{"kind", "gradient"}, {"steps", steps}, {"rate", rate}});
      return test::fit(spec, world, data);
    };
    World fitted = world;
    fitted.reward = course("rm+rloo", 0.1, 1).edge_reward;
    SoftPlan plan;
    soft_plan(fitted.graph, fitted.log_reference, fitted.reward, fitted.beta, plan);
    const auto gap = [&](const ArmResult& arm) { return kl_to_optimum(fitted, arm.policy, plan); };

    const auto tabular_class = make_linear_model(test::model_class("tabular"), fitted, Role::policy);
    const PolicyGradientRates rates = policy_gradient_rates(fitted, *tabular_class);
    const double rate = 1 / (fitted.beta * rates.curvature.back());
    // So many steps that the slowest direction alone is left, and few enough that rounding is not.
    const double predicted = rates.contraction(rate);
    const auto steps = static_cast<std::int64_t>(std::log(1e-5) / std::log(predicted)) + 1;
    for (const std::string algorithm : {"rm+reinforce", "rm+rloo"}) {
      const double before = gap(course(algorithm, rate, steps)),
                   after = gap(course(algorithm, rate, steps + 1));
      EXPECT_NEAR(std::sqrt(after / before), predicted, 2e-3) << algorithm;
    }
    EXPECT_LT(gap(course("rm+reinforce", 0.98 * rates.largest_stable_step(), 3000)), 1e-9);
    EXPECT_GT(gap(course("rm+reinforce", 1.05 * rates.largest_stable_step(), 3000)), 1e-6);
  }
}

// Natural gradient on a walk of three steps. Its direction is eta (Q - beta log pi/pi_ref), Q the soft Q of
// pi itself: F times it is the gradient. Then log pi - log pi* contracts by 1 - eta beta per step, and at eta
// = 1/beta three steps are exact from anywhere, two are not.
TEST(PolicyGradientRates, NaturalGradient) {
  const World world =
      test::world({{"family", std::string("walk")}, {"horizon", test::integer(3)}, {"beta", 0.6}});
  const TokenGraph& graph = world.graph;
  SoftPlan plan;
  soft_plan(graph, world.log_reference, world.reward, world.beta, plan);
  const Ascent ascent = tabular(world);
  const auto edges = static_cast<Eigen::Index>(graph.edges());
  const auto direction = [&](const Vector& log_pi) {
    Vector out(edges);
    std::vector<long double> value(graph.states(), 0);
    for (std::size_t s = graph.inner_states(); s-- > 0;) {
      const EdgeRange leaving = graph.leaving(static_cast<StateId>(s));
      for (EdgeId e = leaving.begin; e < leaving.end; ++e) {
        const auto i = static_cast<std::size_t>(e);
        out(e) = world.reward[i] + value[static_cast<std::size_t>(graph.successor(e))] -
                 world.beta * (log_pi(e) - world.log_reference[i]);
        value[s] += std::exp(log_pi(e)) * out(e);
      }
    }
    return out;
  };
  const auto distance = [&](const Vector& theta) {
    const Vector log_pi = ascent.log_policy(theta);
    long double largest = 0;
    for (Eigen::Index e = 0; e < edges; ++e)
      largest = std::max(largest, std::fabs(log_pi(e) - plan.log_policy[static_cast<std::size_t>(e)]));
    return static_cast<double>(largest);
  };
  const std::vector<double> random = test::normal_vector(graph.edges(), 3);
  const Vector start = Eigen::Map<const Eigen::VectorXd>(random.data(), edges).cast<long double>();
  {
    const Ascent::At here = ascent.at(start);
    const Vector gradient = here.fisher * direction(ascent.log_policy(start));
    for (Eigen::Index e = 0; e < edges; ++e)
      EXPECT_NEAR(static_cast<double>(gradient(e)), static_cast<double>(here.gradient(e)), 1e-15);
  }
  const double step = 0.25 / world.beta;
  Vector theta = start;
  double before = distance(theta);
  while (before > 1e-8) {
    theta += step * direction(ascent.log_policy(theta));
    before = distance(theta);
  }
  theta += step * direction(ascent.log_policy(theta));
  EXPECT_NEAR(distance(theta) / before, natural_gradient_contraction(world.beta, step), 1e-6);

  theta = start;
  for (int t = 0; t < 3; ++t) {
    EXPECT_GT(distance(theta), 1e-4) << t;
    theta += direction(ascent.log_policy(theta)) / world.beta;
  }
  EXPECT_LT(distance(theta), 1e-14);
  EXPECT_EQ(natural_gradient_contraction(2, 0.5), 0);
}

// Unregularised bandit, dV/dtheta_a = pi_a (r_a - V), in double.
struct Bandit {
  std::vector<double> reward;
  double best = *std::max_element(reward.begin(), reward.end());

  std::vector<double> policy(const std::vector<double>& theta) const {
    const double top = *std::max_element(theta.begin(), theta.end());
    std::vector<double> pi;
    double sum = 0;
    for (const double t : theta) sum += std::exp(t - top);
    for (const double t : theta) pi.push_back(std::exp(t - top) / sum);
    return pi;
  }
  double gap(const std::vector<double>& theta) const {
    const std::vector<double> pi = policy(theta);
    double out = 0;
    for (std::size_t a = 0; a < pi.size(); ++a) out += pi[a] * (best - reward[a]);
    return out;
  }
  std::vector<double> gradient(const std::vector<double>& theta) const {
    const std::vector<double> pi = policy(theta);
    const double loss = gap(theta);
    std::vector<double> out;
    for (std::size_t a = 0; a < pi.size(); ++a) out.push_back(pi[a] * (loss - (best - reward[a])));
    return out;
  }
  // The flow from time 1 on, in log time, by Runge-Kutta steps of h, a divisor of log_time: error h^4.
  double scaled_gap_after(std::vector<double> theta, double log_time, double h) const {
    const auto slope = [&](const std::vector<double>& at, double tau) {
      std::vector<double> g = gradient(at);
      for (double& v : g) v *= std::exp(tau);
      return g;
    };
    const auto moved = [](std::vector<double> at, const std::vector<double>& by, double scale) {
      for (std::size_t a = 0; a < at.size(); ++a) at[a] += scale * by[a];
      return at;
    };
    const auto steps = static_cast<int>(std::lround(log_time / h));
    for (int step = 0; step < steps; ++step) {
      const double tau = step * h;
      const auto k1 = slope(theta, tau);
      const auto k2 = slope(moved(theta, k1, h / 2), tau + h / 2);
      const auto k3 = slope(moved(theta, k2, h / 2), tau + h / 2);
      const auto k4 = slope(moved(theta, k3, h), tau + h);
      for (std::size_t a = 0; a < theta.size(); ++a)
        theta[a] += h / 6 * (k1[a] + 2 * k2[a] + 2 * k3[a] + k4[a]);
    }
    return std::exp(log_time) * gap(theta);
  }
};

// Two arms: the closed form against the flow; plain ascent with steps eta = 0.4 against both, and between the
// published bounds D^2 / (6 t) and 5 / (c^2 t), c the smallest pi_t(a*), here pi_1(a*) (as recalled).
TEST(PolicyGradientRates, TwoArmsUnregularised) {
  const Bandit bandit{{0.9, 0.2}};
  const double d = 0.7;
  for (const double odds : {2.0, 0.0, -3.0}) {
    const std::vector<double> start{odds, 0.0};
    const double worse = 1 / (1 + std::exp(odds));
    EXPECT_NEAR(two_arm_gap(d, worse, 0), d * worse, 1e-15);
    // Time 1 of the integration is time 0 of the closed form.
    for (const double log_time : {1.0, 4.0, 12.0}) {
      const double time = std::exp(log_time);
      EXPECT_NEAR(
          bandit.scaled_gap_after(start, log_time, 1.0 / 256) / (time * two_arm_gap(d, worse, time - 1)), 1,
          1e-8);
    }
    // sinh x + x = D t: at large t, 1 / (2 t) less log t / t of it.
    EXPECT_NEAR(1e15 * two_arm_gap(d, worse, 1e15), unregularised_gap_constant(bandit.reward, start), 1e-12);

    std::vector<double> theta = start;
    for (int t = 1; t <= 200'000; ++t) {
      const double gap = bandit.gap(theta);
      EXPECT_GE(gap, d * d / (6 * t));
      EXPECT_LE(gap, 5 / ((1 - worse) * (1 - worse) * t));
      const std::vector<double> g = bandit.gradient(theta);
      for (std::size_t a = 0; a < 2; ++a) theta[a] += 0.4 * g[a];
    }
    // Euler against the flow: relative log(t) / t.
    EXPECT_NEAR(bandit.gap(theta) / two_arm_gap(d, worse, 0.4 * 200'000), 1, 1e-3);
    EXPECT_NEAR(0.4 * 200'000 * bandit.gap(theta), 0.5, 2e-3);
  }
}

// More arms, ties among the best, unequal starts, by the flow to log t = 60. The limit is approached like
// t^{-2c}, c = constant / B; in all cases here that is below 1e-7.
TEST(PolicyGradientRates, UnregularisedConstant) {
  struct Case {
    std::vector<double> reward, start;
    double constant;
  };
  for (const Case& c :
       {Case{{1.0, 0.4, 0.1}, {0, 0, 0}, 2.0 / 3}, Case{{0.2, 1.0, 0.9, 0.5}, {1, -1, 0.5, 0}, 3.0 / 4},
        // Two best arms in step: Q = 1/2, B = 1: 1 / (1 + 1/2).
        Case{{1.0, 1.0, 0.3}, {0.5, 0.5, 0}, 2.0 / 3},
        // Three in step, two others: 2 / (1 + 2/3).
        Case{{1.0, 1.0, 0.3, 1.0, 0.6}, {0, 0, 0.2, 0, 0}, 6.0 / 5}}) {
    EXPECT_NEAR(unregularised_gap_constant(c.reward, c.start), c.constant, 1e-15);
    EXPECT_NEAR(Bandit{c.reward}.scaled_gap_after(c.start, 60, 1.0 / 64), c.constant, 1e-6);
  }
  // Two best arms out of step: the leader takes all, the share of the other falls like a power of t, so the
  // limit is that of one best arm: 1/2 rather than 2/3, within the other's share at log t = 60.
  const std::vector<double> reward{1.0, 1.0, 0.3}, start{0.5, 1.5, 0};
  EXPECT_NEAR(unregularised_gap_constant(reward, start), 0.5, 1e-15);
  EXPECT_NEAR(Bandit{reward}.scaled_gap_after(start, 60, 1.0 / 64), 0.5, 1e-6);
  EXPECT_EQ(unregularised_gap_constant(std::vector<double>{2, 2}, std::vector<double>{0, 0}), 0);
}

}  // namespace
}  // namespace twostage
