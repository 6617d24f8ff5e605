#include "theory/bounds/online_dpo_rates.hpp"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "sim/numerics/elementary.hpp"
#include "sim/numerics/reduce.hpp"

namespace twostage {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;

bool guided(OnlinePairs pairs) {
  return pairs == OnlinePairs::reward_guided || pairs == OnlinePairs::policy_guided;
}

void check(const OnlineDpo& problem, std::size_t errors) {
  if (problem.reward.size() < 2) throw std::invalid_argument("online DPO: at least two completions");
  if (errors != problem.reward.size())
    throw std::invalid_argument("online DPO: one error for each completion");
  if (problem.pairs == OnlinePairs::on_policy && problem.log_reference.size() != problem.reward.size())
    throw std::invalid_argument("online DPO: on-policy pairs need log pi_ref of each completion");
  if (!(problem.beta > 0)) throw std::invalid_argument("online DPO: beta must be positive");
}

void centre(std::span<double> x) {
  const double mean = num::sum(x) / static_cast<double>(x.size());
  for (double& v : x) v -= mean;
}

double inverse_slope(double x) {  // 1 / sigma'(x)
  return 2 + num::exp(x) + num::exp(-x);
}

// pi of the policy whose implicit reward is r - e.
std::vector<double> policy(const OnlineDpo& problem, std::span<const double> error) {
  std::vector<double> logit(error.size());
  for (std::size_t y = 0; y < logit.size(); ++y)
    logit[y] = problem.log_reference[y] + (problem.reward[y] - error[y]) / problem.beta;
  const double normaliser = num::log_sum_exp(logit);
  for (double& v : logit) v = num::exp(v - normaliser);
  return logit;
}

// w(y,z), symmetric; the diagonal meets delta = 0.
MatrixXd pair_weights(const OnlineDpo& problem, std::span<const double> error) {
  const auto k = static_cast<Index>(problem.reward.size());
  const std::vector<double> pi =
      problem.pairs == OnlinePairs::on_policy ? policy(problem, error) : std::vector<double>{};
  MatrixXd w(k, k);
  double total = 0;
  for (Index y = 0; y < k; ++y)
    for (Index z = 0; z < k; ++z) {
      const auto a = static_cast<std::size_t>(y);
      const auto b = static_cast<std::size_t>(z);
      const double truth = problem.reward[a] - problem.reward[b];
      switch (problem.pairs) {
        case OnlinePairs::uniform:
          w(y, z) = 4;
          break;
        case OnlinePairs::on_policy:
          w(y, z) = 2 * pi[a] * pi[b];
          break;
        case OnlinePairs::reward_guided:
          w(y, z) = inverse_slope(truth);
          break;
        case OnlinePairs::policy_guided:
          w(y, z) = inverse_slope(truth - (error[a] - error[b]));
          break;
      }
      total += w(y, z);
    }
  // sum w = 2 sum m: as a distribution over ordered pairs the masses are m / sum m.
  if (!problem.weighted) w *= 2 / total;
  return w;
}

}  // namespace

std::vector<double> reference_error(const OnlineDpo& problem) {
  std::vector<double> error = problem.reward;
  centre(error);
  return error;
}

std::vector<double> online_dpo_step(const OnlineDpo& problem, std::span<const double> error) {
  check(problem, error.size());
  const MatrixXd w = pair_weights(problem, error);
  const double step = problem.learning_rate * problem.beta * problem.beta;
  std::vector<double> next(error.begin(), error.end());
  for (std::size_t y = 0; y < error.size(); ++y) {
    double pull = 0;
    for (std::size_t z = 0; z < error.size(); ++z) {
      const double delta = error[y] - error[z];
      const double truth = problem.reward[y] - problem.reward[z];
      // sigma(a) - sigma(b) = sigma(a) sigma(-b) (1 - e^{b - a}): nothing cancels.
      pull -= w(static_cast<Index>(y), static_cast<Index>(z)) * num::sigmoid(truth) *
              num::sigmoid(delta - truth) * num::expm1(-delta);
    }
    next[y] -= step * pull;
  }
  centre(next);
  return next;
}

double largest_pair_error(std::span<const double> error) {
  const auto [low, high] = std::ranges::minmax(error);
  return high - low;
}

double mean_pair_error(std::span<const double> error) {
  double sum = 0;
  for (std::size_t y = 0; y < error.size(); ++y)
    for (std::size_t z = 0; z < y; ++z) sum += 2 * std::fabs(error[y] - error[z]);
  return sum / static_cast<double>(error.size() * error.size());
}

OnlineDpoRates online_dpo_rates(const OnlineDpo& problem) {
  check(problem, problem.reward.size());
  const auto k = static_cast<Index>(problem.reward.size());
  const MatrixXd w = pair_weights(problem, std::vector<double>(problem.reward.size(), 0.0));
  MatrixXd laplacian = MatrixXd::Zero(k, k);
  for (Index y = 0; y < k; ++y)
    for (Index z = 0; z < k; ++z) {
      if (y == z) continue;
      const double truth =
          problem.reward[static_cast<std::size_t>(y)] - problem.reward[static_cast<std::size_t>(z)];
      const double weight =
          problem.beta * problem.beta * w(y, z) * num::sigmoid(truth) * num::sigmoid(-truth);
      laplacian(y, y) += weight;
      laplacian(y, z) -= weight;
    }
  const Eigen::SelfAdjointEigenSolver<MatrixXd> spectrum(laplacian, Eigen::EigenvaluesOnly);

  OnlineDpoRates out;
  // All weights are positive, so the graph is connected and only the constants are in the null space.
  out.curvature.assign(spectrum.eigenvalues().data() + 1, spectrum.eigenvalues().data() + k);
  const double smallest = out.curvature.front();
  const double largest = out.curvature.back();
  out.contraction = std::max(std::fabs(1 - problem.learning_rate * smallest),
                             std::fabs(1 - problem.learning_rate * largest));
  out.best_learning_rate = 2 / (smallest + largest);
  out.best_contraction = (largest - smallest) / (largest + smallest);
  return out;
}

std::vector<double> online_dpo_quadratic(const OnlineDpo& problem, std::span<const double> error) {
  check(problem, error.size());
  if (!guided(problem.pairs) || !problem.weighted)
    throw std::invalid_argument("online DPO: only guided, weighted pairs converge quadratically");
  const double sign = problem.pairs == OnlinePairs::policy_guided ? 1 : -1;
  std::vector<double> next(error.size(), 0.0);
  for (std::size_t y = 0; y < error.size(); ++y) {
    for (std::size_t z = 0; z < error.size(); ++z) {
      const double delta = error[y] - error[z];
      const double tanh_half = 2 * num::sigmoid(problem.reward[y] - problem.reward[z]) - 1;
      next[y] += tanh_half * delta * delta;
    }
    next[y] *= sign / (2 * static_cast<double>(error.size()));
  }
  return next;
}

double online_dpo_quadratic_constant(const OnlineDpo& problem) {
  check(problem, problem.reward.size());
  if (!guided(problem.pairs) || !problem.weighted)
    throw std::invalid_argument("online DPO: only guided, weighted pairs converge quadratically");
  const std::vector<double>& r = problem.reward;
  const auto [worst, best] = std::ranges::minmax_element(r);
  const auto tanh_half = [](double x) { return 2 * num::sigmoid(x) - 1; };
  double apart = 2 * tanh_half(*best - *worst);  // e(best) - e(worst) = 1
  double together = 0;                           // e(best) = e(worst), all others at distance 1
  for (auto z = r.begin(); z != r.end(); ++z) {
    if (z == best || z == worst) continue;
    const double above = tanh_half(*best - *z);
    const double below = tanh_half(*z - *worst);
    apart += std::max(above, below);
    together += above + below;
  }
  return std::max(apart, together) / (2 * static_cast<double>(r.size()));
}

std::size_t online_dpo_iterations(const OnlineDpo& problem, std::span<const double> error, double gap,
                                  std::size_t most) {
  std::vector<double> at(error.begin(), error.end());
  for (std::size_t t = 0; t <= most; ++t) {
    if (mean_pair_error(at) < gap) return t;
    at = online_dpo_step(problem, at);
  }
  return most + 1;
}

double iterations_at_rate(double contraction, double from, double to) {
  if (to >= from || contraction <= 0) return to >= from ? 0 : 1;
  if (contraction >= 1) return std::numeric_limits<double>::infinity();
  return num::log(to / from) / num::log(contraction);
}

}  // namespace twostage
