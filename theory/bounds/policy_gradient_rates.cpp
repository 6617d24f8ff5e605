#include "theory/bounds/policy_gradient_rates.hpp"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "sim/numerics/elementary.hpp"
#include "sim/plan/sweeps.hpp"
#include "theory/distributions/increasing_root.hpp"
#include "theory/information/edge_features.hpp"

namespace twostage {
namespace {

using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Eigen::Index;
using Eigen::MatrixXd;

std::vector<double> optimal_policy(const World& world) {
  SoftPlan plan;
  soft_plan(world.graph, world.log_reference, world.reward, world.beta, plan);
  return plan.log_policy;
}

}  // namespace

double PolicyGradientRates::contraction(double step) const {
  if (curvature.empty()) return 0;
  return std::max(std::fabs(1 - step * beta * curvature.front()),
                  std::fabs(1 - step * beta * curvature.back()));
}

double PolicyGradientRates::best_step() const {
  if (curvature.empty()) throw std::logic_error("policy gradient: nothing to move");
  return 2 / (beta * (curvature.front() + curvature.back()));
}

double PolicyGradientRates::best_contraction() const {
  if (curvature.empty()) return 0;
  return (curvature.back() - curvature.front()) / (curvature.back() + curvature.front());
}

double PolicyGradientRates::largest_stable_step() const {
  if (curvature.empty()) throw std::logic_error("policy gradient: nothing to move");
  return 2 / (beta * curvature.back());
}

PolicyGradientRates policy_gradient_rates(const World& world) {
  const TokenGraph& graph = world.graph;
  const std::vector<double> log_policy = optimal_policy(world);
  std::vector<double> edge_mass(graph.edges()), state_mass;
  occupancy(graph, world.rho, log_policy, edge_mass, state_mass);

  PolicyGradientRates out{world.beta, {}};
  for (std::size_t s = 0; s < graph.inner_states(); ++s) {
    if (!(state_mass[s] > 0)) continue;  // never visited
    const EdgeRange leaving = graph.leaving(static_cast<StateId>(s));
    const auto actions = static_cast<Index>(leaving.size());
    Eigen::VectorXd pi(actions);
    for (Index a = 0; a < actions; ++a)
      pi(a) = num::exp(log_policy[static_cast<std::size_t>(leaving.begin) + static_cast<std::size_t>(a)]);
    MatrixXd block = -pi * pi.transpose();
    block.diagonal() += pi;
    const Eigen::SelfAdjointEigenSolver<MatrixXd> spectrum(block, Eigen::EigenvaluesOnly);
    // The first one belongs to the constants.
    for (Index k = 1; k < actions; ++k) {
      const double curvature = state_mass[s] * spectrum.eigenvalues()(k);
      if (curvature > 0) out.curvature.push_back(curvature);
    }
  }
  std::ranges::sort(out.curvature);
  return out;
}

PolicyGradientRates policy_gradient_rates(const World& world, const LinearModel& model) {
  const std::vector<double> log_policy = optimal_policy(world);
  // These features are those of the implicit reward, beta times the score's.
  const EdgeFeatures features = policy_features(reward_features(model, world), world, log_policy);
  std::vector<double> fisher = path_covariance(features, world, log_policy);
  for (double& v : fisher) v /= world.beta * world.beta;
  const auto p = static_cast<Index>(features.parameters);
  const Eigen::SelfAdjointEigenSolver<MatrixXd> spectrum(Eigen::Map<const RowMajor>(fisher.data(), p, p),
                                                         Eigen::EigenvaluesOnly);
  const double floor = spectrum.eigenvalues().maxCoeff() * 1e-11 * static_cast<double>(p);
  PolicyGradientRates out{world.beta, {}};
  for (Index k = 0; k < p; ++k)
    if (spectrum.eigenvalues()(k) > floor) out.curvature.push_back(spectrum.eigenvalues()(k));
  return out;
}

double natural_gradient_contraction(double beta, double step) {
  return std::fabs(1 - step * beta);
}

double unregularised_gap_constant(std::span<const double> reward, std::span<const double> start) {
  if (reward.empty() || reward.size() != start.size())
    throw std::invalid_argument("unregularised_gap_constant: one start logit for each arm");
  const double best = std::ranges::max(reward);
  double suboptimal = 0;
  double leaders = 0;
  double lead = -std::numeric_limits<double>::infinity();
  for (std::size_t a = 0; a < reward.size(); ++a) {
    if (reward[a] < best) {
      ++suboptimal;
    } else if (start[a] > lead) {
      lead = start[a];
      leaders = 1;
    } else if (start[a] == lead) {
      ++leaders;
    }
  }
  return suboptimal / (1 + suboptimal / leaders);
}

double two_arm_gap(double difference, double worse, double time) {
  if (!(difference > 0) || !(worse > 0) || !(worse < 1) || !(time >= 0))
    throw std::invalid_argument("two_arm_gap: difference > 0, 0 < worse < 1, time >= 0");
  const auto clock = [](double x) { return (num::expm1(x) - num::expm1(-x)) / 2 + x; };
  const double target = clock(num::log1p(-worse) - num::log(worse)) + difference * time;
  // sinh x + x = c has |x| <= log(1 + 2 |c|).
  const double reach = num::log1p(2 * std::fabs(target));
  const double odds = increasing_root(
      [&](double x) {
        return ValueAndSlope{clock(x) - target, (num::exp(x) + num::exp(-x)) / 2 + 1};
      },
      -reach, reach);
  return difference * num::sigmoid(-odds);
}

}  // namespace twostage
