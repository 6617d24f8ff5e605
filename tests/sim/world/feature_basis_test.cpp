#include "sim/world/feature_basis.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

namespace twostage {
namespace {

// Two prompts of three arms with two features each.
const std::vector<double>& features() {
  static const std::vector<double> f = {1, 0.5, -2, 0, 0.25, 4, 3, -1, 0, 0, -0.75, 2};
  return f;
}

TEST(FeatureBasis, IsTheMatrix) {
  const FeatureBasis basis(2, 2, features());
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
  const FeatureBasis basis(2, 2, features());
  std::vector<double> edges(6, 42.0);
  basis.synthesize_prompt(1, std::vector<double>{2, -1}, edges);
  EXPECT_EQ(edges, (std::vector<double>{42, 42, 42, 7, 0, -3.5}));
  std::vector<double> sums(2);
  basis.analyze_prompt(0, std::vector<double>{1, 2, 3, 4, 5, 6}, sums);
  EXPECT_EQ(sums, (std::vector<double>{1 - 4 + 0.75, 0.5 + 12}));
}

TEST(FeatureBasis, RoundsToItsGrid) {
  const FeatureBasis basis(1, 1, {0.1, -1.0 / 3});
  std::vector<double> edges(2);
  basis.synthesize(std::vector<double>{1}, edges);
  EXPECT_EQ(edges, (std::vector<double>{102.0 / 1024, -341.0 / 1024}));
  EXPECT_EQ(edges[0] * basis.integer_unit(0), 102.0);
}

TEST(FeatureBasis, RefusesRaggedRows) {
  EXPECT_THROW(FeatureBasis(2, 2, std::vector<double>(10)), std::invalid_argument);
  EXPECT_THROW(FeatureBasis(0, 1, {}), std::invalid_argument);
}

}  // namespace
}  // namespace twostage
