#include "theory/asymptotics/second_order.hpp"

#include <gtest/gtest.h>

#include <Eigen/Cholesky>
#include <Eigen/QR>
#include <array>
#include <cmath>

#include "tests/support/hand_made.hpp"
#include "tests/support/worlds.hpp"
#include "theory/asymptotics/expansion.hpp"

namespace twostage {
namespace {

using Vector = Eigen::Matrix<long double, Eigen::Dynamic, 1>;
using Matrix = Eigen::Matrix<long double, Eigen::Dynamic, Eigen::Dynamic>;
using Kind = PenaltyTerm::Kind;

PairPolicies reference_pairs(const World& world) {
  return {world.log_reference, world.log_reference};
}

std::unique_ptr<const LinearModel> model_of(const World& world, const char* name, std::int64_t knob,
                                            Role role) {
  Settings spec;
  spec.set("class", std::string(name));
  if (knob > 0) spec.set(std::string(name) == "first" ? "k" : "degree", knob);
  return make_linear_model(spec, world, role);
}

World tokens(std::int64_t horizon, std::int64_t degree, std::int64_t prompts) {
  return test::world({{"family", std::string("tokens")},
                      {"horizon", horizon},
                      {"degree", degree},
                      {"headroom", 0.4},
                      {"beta", 0.8},
                      {"prompts", prompts},
                      {"reference", std::string("random")}});
}

// The terms at theta_n, found by Newton.
SecondOrder terms(const LinearModel& model, const World& world, const PairPolicies& pairs,
                  const PenaltyTerm& penalty, double n) {
  const auto jet = linear_jet(model, world, pairs, 1000);
  Population population(*jet, world, penalty);
  population.set_pairs(n);
  Eigen::VectorXd theta = jet->start();
  Eigen::VectorXd gradient(theta.size());
  const std::span<double> out{gradient.data(), static_cast<std::size_t>(gradient.size())};
  for (int i = 0; i < 50; ++i) {
    population.evaluate({theta.data(), static_cast<std::size_t>(theta.size())}, out);
    theta -= population.hessian().completeOrthogonalDecomposition().solve(gradient);
  }
  population.evaluate({theta.data(), static_cast<std::size_t>(theta.size())}, out);
  return second_order(*jet, world, penalty, n);
}

// The regret of the estimate as a function of the frequencies of labelled pairs, by listing completions and
// Newton in long double; nothing of it is theory/.
class Listed {
 public:
  Listed(const LinearModel& model, const World& world, const PairPolicies& pairs, PenaltyTerm penalty)
      : penalty_(penalty), beta_(world.beta) {
    for (std::size_t prompt = 0; prompt < world.graph.prompts(); ++prompt) {
      Prompt own;
      own.rho = world.rho[prompt];
      std::vector<long double> first, second;
      for (const test::Path& path : test::completions(world.graph, prompt)) {
        FeatureRow row;
        model.add_path(path, 1, row);
        Vector psi = Vector::Zero(static_cast<Eigen::Index>(model.parameters()));
        for (std::size_t k = 0; k < row.index.size(); ++k) psi(row.index[k]) += row.value[k];
        own.psi.push_back(psi);
        own.truth.push_back(test::sum_along(world.reward, path));
        own.reference.push_back(
            std::exp(static_cast<long double>(test::sum_along(world.log_reference, path))));
        first.push_back(std::exp(static_cast<long double>(test::sum_along(pairs.log_first, path))));
        second.push_back(std::exp(static_cast<long double>(test::sum_along(pairs.log_second, path))));
      }
      for (std::size_t i = 0; i < first.size(); ++i)
        for (std::size_t j = 0; j < i; ++j) {
          const long double w = own.rho * (first[i] * second[j] + first[j] * second[i]);
          const long double label = 1 / (1 + std::exp(own.truth[j] - own.truth[i]));
          // The winner less the loser: softplus(-theta . x).
          draws_.push_back({w * label, own.psi[i] - own.psi[j]});
          draws_.push_back({w * (1 - label), own.psi[j] - own.psi[i]});
        }
      prompts_.push_back(std::move(own));
    }
    // Two equal completions tell nothing.
    long double rest = 1;
    for (const Draw& draw : draws_) rest -= draw.probability;
    draws_.push_back({rest, Vector::Zero(static_cast<Eigen::Index>(model.parameters()))});
    start_ = Vector::Zero(static_cast<Eigen::Index>(model.parameters()));
    start_ = estimate(0, 0, 0, 0, 60);
  }

  // E D_a^2 G / 2 and E D_a^3 G / 6 + E D_a^2 D_b^2 G / 8 by differences with an error of order step^4.
  std::pair<double, double> moments(long double step) const {
    constexpr std::array<long double, 5> second = {-1.0L / 12, 4.0L / 3, -2.5L, 4.0L / 3, -1.0L / 12};
    constexpr std::array<long double, 7> third = {1.0L / 8, -1, 13.0L / 8, 0, -13.0L / 8, 1, -1.0L / 8};
    long double first = 0, rest = 0;
    for (std::size_t a = 0; a < draws_.size(); ++a) {
      long double two = 0, three = 0;
      for (std::size_t i = 0; i < third.size(); ++i)
        three += third[i] * regret(a, (static_cast<long double>(i) - 3) * step, a, 0);
      for (std::size_t i = 0; i < second.size(); ++i)
        two += second[i] * regret(a, (static_cast<long double>(i) - 2) * step, a, 0);
      first += draws_[a].probability * two / (step * step) / 2;
      rest += draws_[a].probability * three / (step * step * step) / 6;
      for (std::size_t b = 0; b <= a; ++b) {
        long double four = 0;
        for (std::size_t i = 0; i < second.size(); ++i)
          for (std::size_t j = 0; j < second.size(); ++j)
            four += second[i] * second[j] *
                    regret(a, (static_cast<long double>(i) - 2) * step, b,
                           (static_cast<long double>(j) - 2) * step);
        const long double both = (a == b ? 1 : 2) * draws_[a].probability * draws_[b].probability;
        rest += both * four / (step * step * step * step) / 8;
      }
    }
    return {static_cast<double>(first), static_cast<double>(rest)};
  }

 private:
  struct Draw {
    long double probability;
    Vector x;
  };
  struct Prompt {
    long double rho;
    std::vector<Vector> psi;
    std::vector<long double> truth;
    std::vector<long double> reference;
  };

  // Weights q_i exp(r_i / beta), normalised.
  std::vector<long double> planned(const Prompt& prompt, const Vector& theta) const {
    std::vector<long double> out;
    long double total = 0;
    for (std::size_t i = 0; i < prompt.psi.size(); ++i) {
      out.push_back(prompt.reference[i] * std::exp(prompt.psi[i].dot(theta) / beta_));
      total += out.back();
    }
    for (long double& p : out) p /= total;
    return out;
  }

  // At frequencies p + s (e_a - p) + t (e_b - p).
  Vector estimate(std::size_t a, long double s, std::size_t b, long double t, int iterations) const {
    Vector theta = start_;
    for (int iteration = 0; iteration < iterations; ++iteration) {
      Vector gradient = Vector::Zero(theta.size());
      Matrix hessian = Matrix::Zero(theta.size(), theta.size());
      for (std::size_t c = 0; c < draws_.size(); ++c) {
        const long double weight = (1 - s - t) * draws_[c].probability + (c == a ? s : 0) + (c == b ? t : 0);
        const long double loses = 1 / (1 + std::exp(draws_[c].x.dot(theta)));
        gradient -= weight * loses * draws_[c].x;
        hessian += weight * loses * (1 - loses) * draws_[c].x * draws_[c].x.transpose();
      }
      if (penalty_.kind == Kind::ridge) {
        gradient += penalty_.lambda * theta;
        hessian.diagonal().array() += penalty_.lambda;
      }
      // lambda times E_s0 log E_ref exp(r/beta) - E_ref r/beta, and E_s0 Var_ref(r) / (2 beta^2).
      const bool kl = penalty_.kind == Kind::reference_kl;
      if (kl || penalty_.kind == Kind::variance)
        for (const Prompt& prompt : prompts_) {
          const std::vector<long double> law = kl ? planned(prompt, theta) : prompt.reference;
          Vector mean = Vector::Zero(theta.size()), mean_reference = Vector::Zero(theta.size());
          for (std::size_t i = 0; i < law.size(); ++i) {
            mean += law[i] * prompt.psi[i];
            mean_reference += prompt.reference[i] * prompt.psi[i];
          }
          Matrix covariance = Matrix::Zero(theta.size(), theta.size());
          for (std::size_t i = 0; i < law.size(); ++i)
            covariance += law[i] * (prompt.psi[i] - mean) * (prompt.psi[i] - mean).transpose();
          covariance *= penalty_.lambda * prompt.rho / (beta_ * beta_);
          hessian += covariance;
          gradient += kl ? Vector(penalty_.lambda * prompt.rho / beta_ * (mean - mean_reference))
                         : Vector(covariance * theta);
        }
      theta -= hessian.ldlt().solve(gradient);
    }
    return theta;
  }

  // beta E_s0 KL(plan || optimum).
  long double regret(std::size_t a, long double s, std::size_t b, long double t) const {
    const Vector theta = estimate(a, s, b, t, 6);
    long double out = 0;
    for (const Prompt& prompt : prompts_) {
      std::vector<long double> best;
      long double total = 0;
      for (std::size_t i = 0; i < prompt.truth.size(); ++i) {
        best.push_back(prompt.reference[i] * std::exp(prompt.truth[i] / beta_));
        total += best.back();
      }
      const std::vector<long double> law = planned(prompt, theta);
      for (std::size_t i = 0; i < law.size(); ++i)
        out += beta_ * prompt.rho * law[i] * std::log(law[i] * total / best[i]);
    }
    return out;
  }

  std::vector<Prompt> prompts_;
  std::vector<Draw> draws_;
  PenaltyTerm penalty_;
  long double beta_;
  Vector start_;
};

struct Case {
  const char* name;
  World world;
  std::int64_t parameters;  // of class "first"
  PenaltyTerm penalty;      // lambda over n
};

class NumericalTwin : public testing::TestWithParam<int> {
 public:
  static std::vector<Case> cases() {
    const World arms = test::arms_world({0, 0.75, -0.5}, 0.8, {0.5, -0.25, 1, 0.5, -0.75, 1});
    std::vector<Case> out;
    out.push_back({"three_arms", arms, 2, {}});
    out.push_back({"three_arms_missed", arms, 1, {}});
    out.push_back({"tokens_missed", tokens(3, 2, 1), 3, {}});
    out.push_back({"prompts", tokens(2, 2, 2), 3, {}});
    out.push_back({"prompts_missed", tokens(2, 2, 2), 2, {}});
    out.push_back({"reference_kl", tokens(2, 2, 2), 2, {Kind::reference_kl, 0.05}});
    out.push_back({"reference_kl_truth", tokens(2, 2, 1), 3, {Kind::reference_kl, 0.05}});
    out.push_back({"variance", tokens(2, 2, 1), 2, {Kind::variance, 0.05}});
    out.push_back({"ridge", tokens(2, 2, 2), 3, {Kind::ridge, 0.05}});
    return out;
  }
};

// Steps of .002 in long double: truncation and rounding leave about 1e-6.
TEST_P(NumericalTwin, MatchTheTerms) {
  const Case own = cases()[static_cast<std::size_t>(GetParam())];
  const auto model = model_of(own.world, "first", own.parameters, Role::reward);
  PairPolicies pairs = reference_pairs(own.world);
  const auto [first, second] = Listed(*model, own.world, pairs, own.penalty).moments(0.002L);
  const SecondOrder found = terms(*model, own.world, pairs, own.penalty, 1);
  EXPECT_NEAR(found.first, first, 1e-5 * std::fabs(first));
  EXPECT_NEAR(found.second, second, 1e-5 * std::fabs(second));
}

INSTANTIATE_TEST_SUITE_P(Worlds, NumericalTwin,
                         testing::Range(0, static_cast<int>(NumericalTwin::cases().size())),
                         [](const auto& info) {
                           return std::string(
                               NumericalTwin::cases()[static_cast<std::size_t>(info.param)].name);
                         });

// Two arms, uniform reference: of n pairs m ~ Bin(n, 1/2) tell, and k ~ Bin(m, p) are won by the first. Then
// sigma(d) = k / m (without a penalty), the policy plays it with probability sigma(d / beta), and the exact
// mean regret given 0 < k < m is a double sum. The excluded cases have a probability below 1e-9 for the n
// used. The coefficient of 1/n^2 is what n^2 (exact - floor - first / n) = c + c_1/n + ... tends to.
double exact_two_arms(double difference, double beta, int n, double ridge) {
  const double p = 1 / (1 + std::exp(-difference));
  const double best = 1 / (1 + std::exp(-difference / beta));
  double sum = 0, mass = 0;
  for (int m = 1; m <= n; ++m) {
    const double log_m =
        std::lgamma(n + 1.0) - std::lgamma(m + 1.0) - std::lgamma(n - m + 1.0) - n * std::log(2.0);
    if (log_m < -45) continue;
    for (int k = ridge > 0 ? 0 : 1; k < m + (ridge > 0 ? 1 : 0); ++k) {
      const double probability =
          std::exp(log_m + std::lgamma(m + 1.0) - std::lgamma(k + 1.0) - std::lgamma(m - k + 1.0) +
                   k * std::log(p) + (m - k) * std::log1p(-p));
      if (probability < 1e-19) continue;
      double d = ridge > 0 ? 0 : std::log(k / static_cast<double>(m - k));
      if (ridge > 0)  // m sigma(d) - k + ridge n d = 0
        for (int i = 0; i < 40; ++i) {
          const double s = 1 / (1 + std::exp(-d));
          const double step = (m * s - k + ridge * n * d) / (m * s * (1 - s) + ridge * n);
          d -= step;
          if (std::fabs(step) < 1e-15) break;
        }
      const double s = 1 / (1 + std::exp(-d / beta));
      sum += probability * beta * (s * std::log(s / best) + (1 - s) * std::log((1 - s) / (1 - best)));
      mass += probability;
    }
  }
  return sum / mass;
}

struct Arms {
  double difference, beta, ridge;  // ridge / 2 d^2 per pair
};

class TwoArms : public testing::TestWithParam<Arms> {};

TEST_P(TwoArms, RemainderOfTheExactMean) {
  const double difference = GetParam().difference, beta = GetParam().beta, ridge = GetParam().ridge;
  // One feature, 1 on the first arm.
  const World world = test::arms_world({difference, 0}, beta, {1, 0});
  const auto model = model_of(world, "first", 1, Role::reward);
  const PairPolicies pairs = reference_pairs(world);
  const PenaltyTerm penalty{ridge > 0 ? Kind::ridge : Kind::none, ridge};
  const SecondOrder found = terms(*model, world, pairs, penalty, 1);
  const double floor = Expansion({Route::Kind::plan, model.get(), penalty}, world, pairs).at(1).pseudo_true;
  const auto remainder = [&](int n) {
    return n * (n * (exact_two_arms(difference, beta, n, ridge) - floor) - found.first);
  };
  // Three steps of Richardson in 1/n leave c_3 / n^3.
  const double a = remainder(150), b = remainder(300), c = remainder(600), d = remainder(1200);
  const double ab = 2 * b - a, bc = 2 * c - b, cd = 2 * d - c;
  const double limit = (8 * (4 * cd - bc) / 3 - (4 * bc - ab) / 3) / 7;
  EXPECT_NEAR(found.second, limit, 1e-3 * std::fabs(limit));
}

INSTANTIATE_TEST_SUITE_P(Worlds, TwoArms,
                         testing::Values(Arms{0, 1, 0}, Arms{0.8, 1, 0}, Arms{0.8, 0.4, 0},
                                         Arms{0.8, 0.7, 0.02}, Arms{-1.1, 1.5, 0.1}));

// By hand for equal arms and beta = 1, where regret and noise are even: with q = k/m and e = q - 1/2,
// KL(q || 1/2) = 2 e^2 + 4/3 e^4 + ..., E e^2 = 1/(4m), E e^4 = 3/(16 m^2) + O(m^-3), E 1/m = 2/n + 4/n^2 *
// 1/2 (E 1/m = (1 + var/mean^2) / mean, var/mean^2 = 1/n) and E 1/m^2 = 4/n^2, so E regret = (1/2)(2/n +
// 2/n^2) + (4/3)(3/16)(4/n^2) = 1/n + 2/n^2.
TEST(SecondOrder, EqualArmsByHand) {
  const World world = test::arms_world({0, 0}, 1, {1, 0});
  const auto model = model_of(world, "first", 1, Role::reward);
  const SecondOrder found = terms(*model, world, reference_pairs(world), {}, 1);
  EXPECT_NEAR(found.first, 1, 1e-12);
  EXPECT_NEAR(found.second, 2, 1e-12);
}

// All rewards in the coordinates of a basis and in those of edges, which leave a constant free: one class.
TEST(SecondOrder, DoesNotDependOnCoordinates) {
  const World world = tokens(3, 2, 2);
  const PairPolicies pairs = reference_pairs(world);
  for (const PenaltyTerm penalty :
       {PenaltyTerm{}, PenaltyTerm{Kind::reference_kl, 4}, PenaltyTerm{Kind::variance, 4}}) {
    const auto edges = model_of(world, "dense", 0, Role::reward);
    const auto basis = model_of(world, "degree", 3, Role::reward);
    ASSERT_NE(edges->parameters(), 0u);
    const SecondOrder one = terms(*edges, world, pairs, penalty, 100);
    const SecondOrder other = terms(*basis, world, pairs, penalty, 100);
    EXPECT_NEAR(one.first, other.first, 1e-9 * other.first);
    EXPECT_NEAR(one.second, other.second, 1e-8 * std::fabs(other.second));
  }
}

// The term in 1/n has two derivations.
TEST(SecondOrder, TheFirstOrderIsTheExpansion) {
  const World world = tokens(3, 2, 2);
  const PairPolicies pairs = reference_pairs(world);
  const auto model = model_of(world, "degree", 1, Role::reward);
  for (const PenaltyTerm penalty :
       {PenaltyTerm{}, PenaltyTerm{Kind::reference_kl, 4}, PenaltyTerm{Kind::ridge, 4}}) {
    const ExpectedRegret expected =
        Expansion({Route::Kind::plan, model.get(), penalty}, world, pairs).at(300);
    const SecondOrder found = terms(*model, world, pairs, penalty, 300);
    EXPECT_NEAR(found.first / 300, expected.shift + expected.variance, 1e-9 * expected.regret);
  }
}

TEST(SecondOrder, RefusesWhatCostsTooMuch) {
  // Eight atoms, six parameters.
  const World world = tokens(3, 2, 1);
  const auto model = model_of(world, "degree", 2, Role::reward);
  Expansion expansion({Route::Kind::plan, model.get(), {}}, world, reference_pairs(world));
  const double cost = second_order_cost(8, 6);
  EXPECT_FALSE(expansion.second_order(100, 0.99 * cost));
  ASSERT_TRUE(expansion.second_order(100, cost));
  EXPECT_NEAR(*expansion.second_order(100, cost), 4 * *expansion.second_order(200, cost), 1e-12);
  const auto policy = model_of(world, "degree", 1, Role::policy);
  EXPECT_FALSE(Expansion({Route::Kind::direct, policy.get(), {}}, world, reference_pairs(world))
                   .second_order(100, 1e9));
}

}  // namespace
}  // namespace twostage
