// The gradient of a class of rewards, psi = d r_theta / d theta, as features on edges: a completion's psi is
// the sum of its edges' rows, whatever the class.
//   a linear reward class          phi(e), the same at every theta
//   a policy class at pi_theta     beta (phi(s,a) - sum_b pi(b|s) phi(s,b)),
// the second since the implicit reward of a policy is beta log pi/pi_ref. Rows are sparse: a tabular class
// has as many entries a row as its state has free actions, whatever its number of parameters.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "sim/model/score_model.hpp"

namespace twostage {

struct EdgeFeatures {
  std::size_t parameters = 0;
  std::vector<std::size_t> begin;   // [edges + 1]
  std::vector<std::int32_t> index;  // increasing within a row
  std::vector<double> value;

  std::size_t edges() const { return begin.size() - 1; }
  std::span<const std::int32_t> indices(EdgeId e) const {
    const auto row = static_cast<std::size_t>(e);
    return {index.data() + begin[row], begin[row + 1] - begin[row]};
  }
  std::span<const double> values(EdgeId e) const {
    const auto row = static_cast<std::size_t>(e);
    return {value.data() + begin[row], begin[row + 1] - begin[row]};
  }
};

EdgeFeatures reward_features(const LinearModel& model, const World& world);

// `phi` as reward_features gives it for the same model.
EdgeFeatures policy_features(const EdgeFeatures& phi, const World& world, std::span<const double> log_policy);

// theta . psi of each edge: [edges].
std::vector<double> edge_rewards(const EdgeFeatures& features, std::span<const double> theta);

// E_{s0 ~ rho} Cov_pi(psi), row-major, all of the symmetric parameters x parameters matrix.
std::vector<double> path_covariance(const EdgeFeatures& features, const World& world,
                                    std::span<const double> log_policy);

// E_{s0 ~ rho} Cov_pi(psi, g) with the path sum g of `edge_values`: [parameters].
std::vector<double> path_covariance_with(const EdgeFeatures& features, const World& world,
                                         std::span<const double> log_policy,
                                         std::span<const double> edge_values);

// E_pi[psi]: [parameters].
std::vector<double> mean_features(const EdgeFeatures& features, const World& world,
                                  std::span<const double> log_policy);

}  // namespace twostage
