#include "theory/design/optimal_design.hpp"
#include "theory/information/atoms.hpp"

#include <gtest/gtest.h>

#include <Eigen/LU>
#include <cmath>
#include <map>
#include <stdexcept>

#include "sim/plan/sweeps.hpp"
#include "tests/support/hand_made.hpp"
#include "tests/support/samplers.hpp"
#include "tests/support/worlds.hpp"
#include "theory/asymptotics/local_asymptotics.hpp"

namespace twostage {
namespace {

using test::integer;

constexpr double kTight = 1e-10;

// One parameter for each value list: psi of the edges, [edges x parameters].
EdgeFeatures features_of(const std::vector<std::vector<double>>& rows) {
  EdgeFeatures out{rows[0].size(), {0}, {}, {}};
  for (const auto& row : rows) {
    for (std::size_t k = 0; k < row.size(); ++k) {
      out.index.push_back(static_cast<std::int32_t>(k));
      out.value.push_back(row[k]);
    }
    out.begin.push_back(out.index.size());
  }
  return out;
}

// One indicator an edge: tabular, with the null direction of a constant.
EdgeFeatures indicators(std::size_t edges) {
  std::vector<std::vector<double>> rows(edges, std::vector<double>(edges, 0.0));
  for (std::size_t e = 0; e < edges; ++e) rows[e][e] = 1;
  return features_of(rows);
}

PairPolicies reference_pairs(const World& world) {
  return {world.log_reference, world.log_reference};
}

double slope(double delta) {
  const double s = 1 / (1 + std::exp(-delta));
  return s * (1 - s);
}

World tokens() {
  return test::world({{"family", std::string("tokens")},
                      {"horizon", integer(4)},
                      {"degree", integer(2)},
                      {"headroom", 0.8},
                      {"reference", std::string("random")},
                      {"prompts", integer(2)},
                      {"beta", 0.7}});
}

World walk() {
  return test::world({{"family", std::string("walk")},
                      {"horizon", integer(3)},
                      {"headroom", 0.6},
                      {"reference", std::string("random")},
                      {"prompts", integer(2)}});
}

EdgeFeatures class_of(const World& world, const char* name) {
  return reward_features(
      *make_linear_model(test::settings({{"class", std::string(name)}}), world, Role::reward), world);
}

// Two arms have one pair, so every design is the design: I = sigma'(D), C = p (1 - p) with p = sigma(D /
// beta). Half of the pairs of the uniform reference compare an arm with itself: efficiency 1/2.
TEST(OptimalDesign, TwoArmsHaveOnePair) {
  for (const double d : {0.0, 0.7, 3.0}) {
    const World world = test::arms_world({d, 0.0}, 2.0);
    const EdgeFeatures psi = features_of({{1}, {0}});
    for (const auto criterion : {DesignCriterion::determinant, DesignCriterion::regret}) {
      const OptimalDesign best = optimal_design(world, psi, criterion);
      ASSERT_EQ(best.pairs.size(), 1u);
      EXPECT_EQ(best.pairs[0].weight, 1);
      EXPECT_NEAR(best.gap, 0, 1e-14);
      EXPECT_NEAR(best.information[0], slope(d), 1e-15);
      EXPECT_NEAR(best.value,
                  criterion == DesignCriterion::regret ? slope(d / 2) / slope(d) : std::log(slope(d)), 1e-12);
      EXPECT_NEAR(design_efficiency(world, psi, best, reference_pairs(world)), 0.5, 1e-12);
    }
  }
}

// Flat reward, K arms: the criteria are strictly concave in I, I is a Laplacian in one-to-one relation to the
// weights, and arms may be permuted: the optimum is unique and uniform over the N = K (K - 1) / 2 pairs.
// I = (K 1 - 11^T) / (4 N) has the eigenvalue K / (4 N) = 1 / (2 (K - 1)) on K - 1 directions, C has 1 / K:
//   log det = -(K - 1) log(2 (K - 1)),   tr(I^-1 C) = 2 (K - 1)^2 / K.
// Pairs i.i.d. from the uniform reference differ with probability 1 - 1/K and are then uniform.
TEST(OptimalDesign, FlatBanditIsUniform) {
  for (const std::size_t arms : {3u, 5u, 8u}) {
    const auto k = static_cast<double>(arms);
    const World world = test::arms_world(std::vector<double>(arms, 0.0), 1.0);
    const EdgeFeatures psi = indicators(arms);
    for (const auto criterion : {DesignCriterion::determinant, DesignCriterion::regret}) {
      const OptimalDesign best = optimal_design(world, psi, criterion, kTight);
      EXPECT_EQ(best.dimension, arms - 1);
      ASSERT_EQ(best.pairs.size(), arms * (arms - 1) / 2);
      for (const DesignedPair& pair : best.pairs) EXPECT_NEAR(pair.weight, 2 / (k * (k - 1)), 1e-9);
      EXPECT_NEAR(
          best.value,
          criterion == DesignCriterion::regret ? 2 * (k - 1) * (k - 1) / k : -(k - 1) * std::log(2 * (k - 1)),
          1e-9);
      EXPECT_LE(best.gap, kTight);
      EXPECT_NEAR(design_efficiency(world, psi, best, reference_pairs(world)), 1 - 1 / k, 1e-9);
    }
  }
}

// Three arms, rewards (0, 0, D): the product of the Laplacian's eigenvalues is three times the sum over
// spanning trees, c12 c13 + c12 c23 + c13 c23 with c = w sigma'. With w13 = w23 = v (the optimum is unique
// and arms 1, 2 may be swapped), m = 1/4, s = sigma'(D): 2 (1 - 2v) v m s + v^2 s^2 is largest at v = m / (4
// m - s) = 1 / (4 (1 - s)).
TEST(OptimalDesign, ThreeArmsByMatrixTreeTheorem) {
  for (const double d : {0.5, 2.0, 5.0}) {
    const World world = test::arms_world({0.0, 0.0, d}, 1.0);
    const double s = slope(d);
    const double v = 1 / (4 * (1 - s));
    const OptimalDesign best = optimal_design(world, indicators(3), DesignCriterion::determinant, kTight);
    const double trees = 2 * (1 - 2 * v) * v * s / 4 + v * v * s * s;
    EXPECT_NEAR(best.value, std::log(3 * trees), 1e-9);
    ASSERT_EQ(best.pairs.size(), 3u);
    double flat = 0;  // the pair that carries 1 - 2v
    for (const DesignedPair& pair : best.pairs) flat = std::max(flat, pair.weight);
    EXPECT_NEAR(flat, 1 - 2 * v, 1e-5);
  }
}

// A line, r = theta x with theta unknown: one parameter, so all weight goes to the distance z that maximises
// sigma'(theta z) z^2. On {-1, 0, 1}: the extreme pair while 4 sigma'(2 theta) > sigma'(theta), else the
// short ones. On a fine grid y = theta z solves d/dy (log sigma'(y) + 2 log y) = 2 / y - tanh(y / 2) = 0.
TEST(OptimalDesign, LineTradesDistanceAgainstCertainty) {
  const EdgeFeatures three = features_of({{-1}, {0}, {1}});
  for (const double theta : {0.3, 1.0, 1.6, 2.0, 4.0}) {
    const World world = test::arms_world({-theta, 0.0, theta}, 1.0);
    const double best = std::max(4 * slope(2 * theta), slope(theta));
    for (const auto criterion : {DesignCriterion::determinant, DesignCriterion::regret})
      EXPECT_NEAR(optimal_design(world, three, criterion, kTight).information[0], best, 1e-10 * best)
          << theta;
    const OptimalDesign design = optimal_design(world, three, DesignCriterion::regret, kTight);
    EXPECT_EQ(design.pairs.size() == 1, 4 * slope(2 * theta) > slope(theta)) << theta;
  }
  double low = 1, high = 4;
  while (high - low > 1e-12) {
    const double y = (low + high) / 2;
    (2 / y > std::tanh(y / 2) ? low : high) = y;
  }
  const double theta = 5;
  const double step = 1.0 / 64;
  std::vector<double> reward;
  std::vector<std::vector<double>> rows;
  for (int k = 0; k <= 64; ++k) {
    rows.push_back({k * step});
    reward.push_back(theta * k * step);
  }
  const World world = test::arms_world(reward, 1.0);
  const OptimalDesign design = optimal_design(world, features_of(rows), DesignCriterion::determinant, kTight);
  const double bound = slope(low) * low * low / (theta * theta);
  EXPECT_LE(design.information[0], bound);
  // The grid misses the best distance by half a step; (log sigma'(y) + 2 log y)'' > -1 near y = 2.4.
  EXPECT_GE(design.information[0], bound * (1 - theta * theta * step * step / 8));
  // Atoms are sorted by features, and features are k steps.
  for (const DesignedPair& pair : design.pairs)
    EXPECT_NEAR(static_cast<double>(pair.second - pair.first) * step, low / theta, step / 2);
}

// Two prompts of K flat arms with a class of their own each: a block each, I_s = rho_s / (2 (K - 1)) and C_s
// = rho_s / K on K - 1 directions, so that rho cancels in the trace: 2 . 2 (K - 1)^2 / K = 9 for K = 4. A
// design that could choose the prompt would ask them as sqrt(rho_s) and reach (sqrt(.2) + sqrt(.8))^2 4.5 =
// 8.1.
TEST(OptimalDesign, PromptsKeepTheirWeights) {
  const std::size_t arms = 4;
  World world = test::arms_world(std::vector<double>(arms, 0.0), 1.0);
  world.graph = forest(world.graph, 2);
  world.rho = {0.2, 0.8};
  world.log_reference.insert(world.log_reference.end(), arms, world.log_reference[0]);
  world.reward.assign(2 * arms, 0.0);
  const OptimalDesign best = optimal_design(world, indicators(2 * arms), DesignCriterion::regret, kTight);
  EXPECT_EQ(best.dimension, 6u);
  EXPECT_NEAR(best.value, 9, 1e-9);
  std::map<std::size_t, double> sum;
  for (const DesignedPair& pair : best.pairs) sum[pair.prompt] += pair.weight;
  EXPECT_NEAR(sum[0], 1, 1e-14);
  EXPECT_NEAR(sum[1], 1, 1e-14);
}

// Psi and truth of every completion, by walking every path.
struct Listed {
  std::vector<Eigen::VectorXd> psi;
  std::vector<double> truth;
};
Listed list(const World& world, const EdgeFeatures& features, std::size_t prompt) {
  Listed out;
  for (const test::Path& path : test::completions(world.graph, prompt)) {
    Eigen::VectorXd psi = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(features.parameters));
    for (const EdgeId e : path)
      for (std::size_t k = 0; k < features.indices(e).size(); ++k)
        psi(features.indices(e)[k]) += features.values(e)[k];
    out.psi.push_back(psi);
    out.truth.push_back(test::sum_along(world.reward, path));
  }
  return out;
}

// The certificate again, from scratch: sensitivities of all pairs of all completions at the information that
// the design returns, in classes whose parameters are all identified.
TEST(OptimalDesign, EquivalenceTheoremByEnumeration) {
  const World world = tokens();
  const EdgeFeatures features = class_of(world, "degree");
  const auto p = static_cast<Eigen::Index>(features.parameters);
  SoftPlan optimum;
  soft_plan(world.graph, world.log_reference, world.reward, world.beta, optimum);
  const std::vector<double> c = path_covariance(features, world, optimum.log_policy);
  for (const auto criterion : {DesignCriterion::determinant, DesignCriterion::regret}) {
    const OptimalDesign best = optimal_design(world, features, criterion);
    const Eigen::MatrixXd inverse =
        Eigen::Map<const Eigen::MatrixXd>(best.information.data(), p, p).inverse();
    const Eigen::MatrixXd curvature = Eigen::Map<const Eigen::MatrixXd>(c.data(), p, p);
    const bool regret = criterion == DesignCriterion::regret;
    const Eigen::MatrixXd weight = regret ? Eigen::MatrixXd(inverse * curvature * inverse) : inverse;
    double bound = 0;
    for (std::size_t s = 0; s < 2; ++s) {
      const Listed all = list(world, features, s);
      double largest = 0;
      for (std::size_t i = 0; i < all.psi.size(); ++i)
        for (std::size_t j = 0; j < i; ++j) {
          const Eigen::VectorXd x = all.psi[i] - all.psi[j];
          largest = std::max(largest, slope(all.truth[i] - all.truth[j]) * x.dot(weight * x));
        }
      bound += world.rho[s] * largest;
    }
    const double mean = regret ? (inverse * curvature).trace() : static_cast<double>(p);
    EXPECT_GE(bound, mean * (1 - 1e-10));
    EXPECT_LE(bound, mean * (1 + kDesignTolerance) * (1 + 1e-9));
    EXPECT_NEAR(bound / mean - 1, best.gap, 1e-9);
    if (regret) {
      EXPECT_NEAR(best.value, mean, 1e-9 * mean);
    }
  }
}

// The information returned is that of the weights returned, rows being those of atoms_of.
TEST(OptimalDesign, WeightsMakeTheInformation) {
  const World world = walk();
  const EdgeFeatures features = class_of(world, "terminal");
  const OptimalDesign best = optimal_design(world, features, DesignCriterion::regret);
  const Atoms atoms = atoms_of(features, world, reference_pairs(world), 1000);
  const auto p = static_cast<Eigen::Index>(features.parameters);
  Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(p, p);
  for (const DesignedPair& pair : best.pairs) {
    const auto i = static_cast<Eigen::Index>(pair.first), j = static_cast<Eigen::Index>(pair.second);
    ASSERT_GE(i, atoms.begin[pair.prompt]);
    ASSERT_LT(j, atoms.begin[pair.prompt + 1]);
    const Eigen::VectorXd x = (atoms.psi.row(i) - atoms.psi.row(j)).transpose();
    sum += world.rho[pair.prompt] * pair.weight * slope(atoms.truth(i) - atoms.truth(j)) * x * x.transpose();
  }
  EXPECT_LT((sum - Eigen::Map<const Eigen::MatrixXd>(best.information.data(), p, p)).cwiseAbs().maxCoeff(),
            1e-12);
}

// The largest sensitivity is at least the mean, so that no design has a negative gap: also not where the
// information is next to singular and the search has to end early.
TEST(OptimalDesign, CertificatesHoldNextToSingularity) {
  int designs = 0;
  for (const double scale : {10.0, 15.0, 18.0, 20.0, 22.0, 25.0})
    for (const double beta : {0.5, 2.0}) {
      const World world = test::arms_world({scale, 0.0, -0.5 * scale, -scale}, beta);
      const EdgeFeatures psi = class_of(world, "dense");
      OptimalDesign best;
      try {
        best = optimal_design(world, psi, DesignCriterion::regret);
      } catch (const std::runtime_error&) {
        continue;
      }
      ++designs;
      EXPECT_GE(best.gap, -1e-6) << scale << " " << beta;
      EXPECT_GE(best.pairs.size(), 3u);
      double weights = 0;
      for (const DesignedPair& pair : best.pairs) weights += pair.weight;
      EXPECT_NEAR(weights, 1, 1e-12);
    }
  EXPECT_GE(designs, 8);
}

// No sampler does better than the best choice of pairs, by either criterion; and the efficiency for regret is
// the ratio of the limits of n E[regret].
TEST(OptimalDesign, NoSamplerIsMoreEfficient) {
  for (const World& world : {tokens(), walk()})
    for (const char* name : {"degree", "dense", "terminal"}) {
      if (std::string(name) == (world.family == "walk" ? "degree" : "terminal")) continue;
      const EdgeFeatures features = class_of(world, name);
      SoftPlan optimum;
      soft_plan(world.graph, world.log_reference, world.reward, world.beta, optimum);
      const OptimalDesign volume = optimal_design(world, features, DesignCriterion::determinant);
      const OptimalDesign best = optimal_design(world, features, DesignCriterion::regret);
      EXPECT_LE(volume.gap, kDesignTolerance);
      EXPECT_LE(best.gap, kDesignTolerance);
      for (const std::string& kind : test::drawing_samplers()) {
        const PairPolicies pairs = make_pair_policies(test::settings({{"kind", kind}}), world, optimum);
        const double by_volume = design_efficiency(world, features, volume, pairs);
        const double by_regret = design_efficiency(world, features, best, pairs);
        EXPECT_LT(by_volume, 1) << kind;
        EXPECT_LT(by_regret, 1) << kind;
        EXPECT_GT(by_volume, 0) << kind;
        const LocalLimit law = local_limit(world, features, pairs);
        EXPECT_NEAR(by_regret, best.value / (2 * world.beta) / law.limit, 1e-8) << kind;
        EXPECT_EQ(best.dimension, law.dimension);
      }
    }
}

// A sampler that never draws an arm tells nothing of it, however well it tells the others apart.
TEST(OptimalDesign, SamplersThatLackADirectionAreWorthNothing) {
  const World world = test::arms_world({0.3, 0.0, 0.1, 0.2}, 1.0);
  for (const double never : {-40.0, -1000.0}) {
    const std::vector<double> policy = {std::log(0.5), std::log(0.3), std::log(0.2), never};
    for (const auto criterion : {DesignCriterion::determinant, DesignCriterion::regret}) {
      const OptimalDesign best = optimal_design(world, indicators(4), criterion);
      EXPECT_EQ(design_efficiency(world, indicators(4), best, {policy, policy}), 0);
    }
  }
}

// psi'_k = 2 psi_k + psi_{k-1} is triangular with determinant 2^d: log det I rises by 2 d log 2;
// efficiencies, the trace and the gap do not depend on coordinates.
TEST(OptimalDesign, CoordinatesDoNotMatter) {
  const World world = tokens();
  const EdgeFeatures psi = class_of(world, "degree");
  std::vector<std::vector<double>> rows;
  for (EdgeId e = 0; static_cast<std::size_t>(e) < psi.edges(); ++e) {
    std::vector<double> row(psi.parameters, 0.0);
    for (std::size_t k = 0; k < psi.indices(e).size(); ++k) {
      const auto at = static_cast<std::size_t>(psi.indices(e)[k]);
      row[at] += 2 * psi.values(e)[k];
      if (at + 1 < row.size()) row[at + 1] += psi.values(e)[k];
    }
    rows.push_back(row);
  }
  const EdgeFeatures other = features_of(rows);
  for (const auto criterion : {DesignCriterion::determinant, DesignCriterion::regret}) {
    const OptimalDesign here = optimal_design(world, psi, criterion, kTight);
    const OptimalDesign there = optimal_design(world, other, criterion, kTight);
    const auto d = static_cast<double>(here.dimension);
    EXPECT_NEAR(there.value - here.value,
                criterion == DesignCriterion::determinant ? 2 * d * std::log(2.0) : 0, 1e-8);
    EXPECT_NEAR(design_efficiency(world, psi, here, reference_pairs(world)),
                design_efficiency(world, other, there, reference_pairs(world)), 1e-9);
  }
}

TEST(OptimalDesign, SaysWhenThereIsNothingOrTooMuch) {
  const World world = test::arms_world({0.0, 1.0}, 1.0);
  const EdgeFeatures blind = features_of({{1}, {1}});
  const OptimalDesign nothing = optimal_design(world, blind, DesignCriterion::regret);
  EXPECT_EQ(nothing.dimension, 0u);
  EXPECT_TRUE(nothing.pairs.empty());
  EXPECT_EQ(design_efficiency(world, blind, nothing, reference_pairs(world)), 1);
  const World wide = test::arms_world(std::vector<double>(66, 0.0), 1.0);
  EXPECT_THROW(optimal_design(wide, indicators(66), DesignCriterion::regret), InputError);
  const World many = test::world({{"family", std::string("tokens")}, {"horizon", integer(11)}});
  EXPECT_THROW(optimal_design(many, class_of(many, "degree"), DesignCriterion::regret), InputError);
}

}  // namespace
}  // namespace twostage
