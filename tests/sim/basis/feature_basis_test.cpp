#include "sim/basis/feature_basis.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <stdexcept>

namespace twostage {
namespace {

// Two prompts of three arms with two features each.
const std::vector<double>& features() {
  static const std::vector<double> f = {1, 0.5, -2, 0, 0.25, 4, 3, -1, 0, 0, -0.75, 2};
  return f;
}

// One step: `prompts` prompts of `arms` arms.
TokenGraph one_step(std::size_t prompts, int arms) {
  return forest(prefix_tree(std::array{arms}), prompts);
}

TEST(FeatureBasis, IsTheMatrix) {
  const FeatureBasis basis(2, one_step(2, 3), features());
  EXPECT_EQ(basis.size(), 2u);
  EXPECT_EQ(basis.max_degree(), 1);
  EXPECT_EQ(basis.count_up_to(0), 0u);
  EXPECT_EQ(basis.count_up_to(1), 2u);
  std::vector<double> edges(6, NAN);
  basis.synthesize(std::vector<double>{2, -1}, edges);
  EXPECT_EQ(edges, (std::vector<double>{1.5, -4, -3.5, 7, 0, -3.5}));
  basis.synthesize(std::vector<double>{2}, edges);  // the first function alone
  EXPECT_EQ(edges, (std::vector<double>{2, -4, 0.5, 6, 0, -1.5}));
  std::vector<double> sums(2);
  basis.analyze(std::vector<double>{1, 2, 3, 4, 5, 6}, sums);
  EXPECT_EQ(sums, (std::vector<double>{1 - 4 + 0.75 + 12 - 4.5, 0.5 + 12 - 4 + 12}));
  std::vector<double> row = {10, 20};
  basis.add_path(std::vector<EdgeId>{5}, -2, row);
  EXPECT_EQ(row, (std::vector<double>{11.5, 16}));
}

TEST(FeatureBasis, OnePromptAtATime) {
  const FeatureBasis basis(2, one_step(2, 3), features());
  std::vector<double> edges(6, 42.0);
  basis.synthesize_prompt(1, std::vector<double>{2, -1}, edges);
  EXPECT_EQ(edges, (std::vector<double>{42, 42, 42, 7, 0, -3.5}));
  std::vector<double> sums(2);
  basis.analyze_prompt(0, std::vector<double>{1, 2, 3, 4, 5, 6}, sums);
  EXPECT_EQ(sums, (std::vector<double>{1 - 4 + 0.75, 0.5 + 12}));
}

TEST(FeatureBasis, RoundsToItsGrid) {
  const FeatureBasis basis(1, one_step(1, 2), {0.1, -1.0 / 3});
  std::vector<double> edges(2);
  basis.synthesize(std::vector<double>{1}, edges);
  EXPECT_EQ(edges, (std::vector<double>{102.0 / 1024, -341.0 / 1024}));
  EXPECT_EQ(edges[0] * basis.integer_unit(0), 102.0);
}

TEST(FeatureBasis, KeepsGivenFeatures) {
  const auto basis = FeatureBasis::as_given(1, one_step(1, 2), {1.0 / 3, 0});
  EXPECT_EQ(basis.integer_unit(0), 0.0);
  std::vector<double> edges(2);
  basis.synthesize(std::vector<double>{3}, edges);
  EXPECT_EQ(edges, (std::vector<double>{1, 0}));
}

// In a forest of depth two the edges of a prompt lie in two runs: 2 + 4 edges a prompt, prompt 1 has edges
// 2, 3 of layer 0 and 8 .. 11 of layer 1.
TEST(FeatureBasis, DeeperForests) {
  const TokenGraph graph = forest(prefix_tree(std::array{2, 2}), 2);
  std::vector<double> features(12);
  for (std::size_t e = 0; e < 12; ++e) features[e] = static_cast<double>(e);
  const auto basis = FeatureBasis::as_given(1, graph, features);
  std::vector<double> edges(12, -1);
  basis.synthesize_prompt(1, std::vector<double>{2}, edges);
  EXPECT_EQ(edges, (std::vector<double>{-1, -1, 4, 6, -1, -1, -1, -1, 16, 18, 20, 22}));
  std::vector<double> sum(1);
  basis.analyze_prompt(0, std::vector<double>(12, 1), sum);
  EXPECT_EQ(sum[0], 0 + 1 + 4 + 5 + 6 + 7);
  std::vector<double> row = {0};
  basis.add_path(std::vector<EdgeId>{3, 11}, 1, row);
  EXPECT_EQ(row[0], 14);
}

TEST(FeatureBasis, RefusesRaggedRows) {
  EXPECT_THROW(FeatureBasis(2, one_step(2, 3), std::vector<double>(10)), std::invalid_argument);
  EXPECT_THROW(FeatureBasis(0, one_step(1, 2), {}), std::invalid_argument);
}

}  // namespace
}  // namespace twostage
