#include "theory/information/information.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "sim/completions/completions.hpp"
#include "sim/plan/sweeps.hpp"

namespace twostage {
namespace {

// E[sigma'(Delta) x x^T], E[psi] and covariances, completion by completion.
struct BruteForce {
  std::vector<double> information, covariance, mean, with_reward;
};

BruteForce enumerate(const EdgeFeatures& features, const World& world, const PairPolicies& pairs) {
  const Completions all = all_completions(world.graph, 5000);
  const std::size_t p = features.parameters;
  std::vector<std::vector<double>> psi;
  for (std::size_t i = 0; i < all.rows(); ++i) {
    std::vector<double> row(p, 0.0);
    for (const EdgeId e : all.path(i))
      for (std::size_t k = 0; k < features.indices(e).size(); ++k)
        row[static_cast<std::size_t>(features.indices(e)[k])] += features.values(e)[k];
    psi.push_back(row);
  }
  BruteForce out{std::vector<double>(p * p, 0.0), std::vector<double>(p * p, 0.0),
                 std::vector<double>(p, 0.0), std::vector<double>(p, 0.0)};
  for (std::size_t prompt = 0; prompt < world.graph.prompts(); ++prompt) {
    std::vector<double> mean(p, 0.0);
    double mean_reward = 0;
    for (std::size_t i = all.first(prompt); i < all.first(prompt + 1); ++i) {
      const double p_first = std::exp(path_sum(pairs.log_first, all.path(i)));
      mean_reward += p_first * path_sum(world.reward, all.path(i));
      for (std::size_t k = 0; k < p; ++k) mean[k] += p_first * psi[i][k];
    }
    for (std::size_t k = 0; k < p; ++k) out.mean[k] += world.rho[prompt] * mean[k];
    for (std::size_t i = all.first(prompt); i < all.first(prompt + 1); ++i) {
      const double r_i = path_sum(world.reward, all.path(i));
      const double p_i = world.rho[prompt] * std::exp(path_sum(pairs.log_first, all.path(i)));
      for (std::size_t k = 0; k < p; ++k) {
        out.with_reward[k] += p_i * (psi[i][k] - mean[k]) * (r_i - mean_reward);
        for (std::size_t l = 0; l < p; ++l)
          out.covariance[k * p + l] += p_i * (psi[i][k] - mean[k]) * (psi[i][l] - mean[l]);
      }
      for (std::size_t j = all.first(prompt); j < all.first(prompt + 1); ++j) {
        const double s = 1 / (1 + std::exp(path_sum(world.reward, all.path(j)) - r_i));
        const double weight = p_i * std::exp(path_sum(pairs.log_second, all.path(j))) * s * (1 - s);
        for (std::size_t k = 0; k < p; ++k)
          for (std::size_t l = 0; l < p; ++l)
            out.information[k * p + l] += weight * (psi[i][k] - psi[j][k]) * (psi[i][l] - psi[j][l]);
      }
    }
  }
  return out;
}

void expect_near(const std::vector<double>& a, const std::vector<double>& b, double tolerance) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t k = 0; k < a.size(); ++k) EXPECT_NEAR(a[k], b[k], tolerance) << k;
}

World walk(std::int64_t horizon) {
  Settings given;
  given.set("family", std::string("walk"));
  given.set("truth", std::string("dense"));
  given.set("horizon", horizon);
  given.set("prompts", std::int64_t{2});
  given.set("reference", std::string("random"));
  given.set("headroom", 0.8);
  given.set("beta", 0.7);
  return make_world(resolve_world(given), {RandomSource(3, "information-test"), 0}, 1e9);
}

std::unique_ptr<const LinearModel> model_of(const World& world, const char* name, Role role) {
  Settings spec;
  spec.set("class", std::string(name));
  return make_linear_model(spec, world, role);
}

// Merged histories, two prompts, a random reference, both members of a pair from one policy and from two.
TEST(Information, QuadratureMatchesEnumeration) {
  const World world = walk(4);
  SoftPlan optimum;
  soft_plan(world.graph, world.log_reference, world.reward, world.beta, optimum);
  const auto dense = model_of(world, "dense", Role::reward);
  const EdgeFeatures rewards = reward_features(*dense, world);
  const EdgeFeatures policies = policy_features(rewards, world, optimum.log_policy);
  for (const EdgeFeatures& features : {rewards, policies})
    for (const PairPolicies& pairs : {PairPolicies{world.log_reference, world.log_reference},
                                      PairPolicies{optimum.log_policy, world.log_reference}}) {
      const BruteForce expected = enumerate(features, world, pairs);
      expect_near(pair_information(features, world, pairs), expected.information, 1e-14);
      expect_near(path_covariance(features, world, pairs.log_first), expected.covariance, 1e-13);
      expect_near(path_covariance_with(features, world, pairs.log_first, world.reward), expected.with_reward,
                  1e-13);
      expect_near(mean_features(features, world, pairs.log_first), expected.mean, 1e-13);
    }
}

// The features of a policy are derivatives of beta log pi / pi_ref in its logits.
TEST(Information, PolicyFeaturesAreDerivatives) {
  const World world = walk(3);
  const auto tabular = model_of(world, "tabular", Role::policy);
  const EdgeFeatures phi = reward_features(*tabular, world);
  std::vector<double> theta(tabular->parameters(), 0.1);
  const auto policy_at = [&](const std::vector<double>& at) {
    std::vector<double> scores(world.graph.edges()), log_policy(world.graph.edges());
    tabular->scores(at, scores);
    softmax_policy(world.graph, world.log_reference, scores, log_policy);
    return log_policy;
  };
  const EdgeFeatures psi = policy_features(phi, world, policy_at(theta));
  const double h = 1e-6;
  for (std::size_t k = 0; k < theta.size(); k += 3) {
    std::vector<double> up = theta, down = theta;
    up[k] += h;
    down[k] -= h;
    const auto high = policy_at(up), low = policy_at(down);
    for (EdgeId e = 0; static_cast<std::size_t>(e) < world.graph.edges(); ++e) {
      double value = 0;
      for (std::size_t j = 0; j < psi.indices(e).size(); ++j)
        if (psi.indices(e)[j] == static_cast<std::int32_t>(k)) value = psi.values(e)[j];
      const auto edge = static_cast<std::size_t>(e);
      EXPECT_NEAR(value, world.beta * (high[edge] - low[edge]) / (2 * h), 1e-9);
    }
  }
}

}  // namespace
}  // namespace twostage
