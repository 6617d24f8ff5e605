#include "sim/basis/sparse_basis.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

namespace twostage {
namespace {

// Two copies of a tree with three actions, then two: edges 0..2 and 3..5 leave the prompts, 6..11 and 12..17
// their second layers.
TokenGraph two_copies() {
  return forest(prefix_tree(std::vector<int>{3, 2}), 2);
}

// Function 0 (degree 1) is 1 on edges 7 and 13, function 1 (degree 1) is 2 on edge 0 and -1 on 17, function 2
// (degree 3) is 3 on edges 7 and 17.
SparseBasis three_functions() {
  return {two_copies(), {1, 1, 3}, {{17, 1, -1}, {7, 0, 1}, {13, 0, 1}, {0, 1, 2}, {17, 2, 3}, {7, 2, 3}}};
}

constexpr double kOther = 42;

TEST(SparseBasis, CountsFunctionsByDegree) {
  const SparseBasis basis = three_functions();
  EXPECT_EQ(basis.size(), 3u);
  EXPECT_EQ(basis.max_degree(), 3);
  EXPECT_EQ(basis.count_up_to(0), 0u);
  EXPECT_EQ(basis.count_up_to(1), 2u);
  EXPECT_EQ(basis.count_up_to(2), 2u);
  EXPECT_EQ(basis.count_up_to(3), 3u);
  EXPECT_EQ(basis.integer_unit(0), 1);
  EXPECT_EQ(SparseBasis(two_copies(), {1}, {{0, 0, 0.5}}).integer_unit(0), 0);
}

TEST(SparseBasis, SumsItsEntries) {
  const SparseBasis basis = three_functions();
  std::vector<double> edges(18, kOther);
  basis.synthesize(std::vector<double>{7, 8, 9}, edges);
  EXPECT_EQ(edges, (std::vector<double>{16, 0, 0, 0, 0, 0, 0, 34, 0, 0, 0, 0, 0, 7, 0, 0, 0, 19}));
  edges.assign(18, kOther);
  basis.synthesize_prompt(1, std::vector<double>{7, 8}, edges);  // the first two functions alone
  EXPECT_EQ(edges, (std::vector<double>{42, 42, 42, 0, 0, 0, 42, 42, 42, 42, 42, 42, 0, 7, 0, 0, 0, -8}));
}

TEST(SparseBasis, AnalysesByTheTranspose) {
  const SparseBasis basis = three_functions();
  std::vector<double> weights(18);
  for (std::size_t e = 0; e < 18; ++e) weights[e] = std::exp2(static_cast<double>(e));
  std::vector<double> sums(3, kOther);
  basis.analyze(weights, sums);
  EXPECT_EQ(sums, (std::vector<double>{0x1p7 + 0x1p13, 2 - 0x1p17, 3 * (0x1p7 + 0x1p17)}));
  basis.analyze_prompt(1, weights, sums);
  EXPECT_EQ(sums, (std::vector<double>{0x1p13, -0x1p17, 3 * 0x1p17}));
}

TEST(SparseBasis, AddsAPathsFeatures) {
  const SparseBasis basis = three_functions();
  std::vector<double> row = {10, 20, 30};
  basis.add_path(std::vector<EdgeId>{0, 7}, -2, row);  // 1 of function 0, 2 of 1, 3 of 2
  basis.add_path(std::vector<EdgeId>{5, 17}, 3, row);  // -1 of function 1, 3 of 2
  basis.add_path(std::vector<EdgeId>{1, 8}, 5, row);   // none
  EXPECT_EQ(row, (std::vector<double>{8, 13, 33}));
  std::vector<double> shorter = {10};
  basis.add_path(std::vector<EdgeId>{5, 17}, 3, shorter);
  EXPECT_EQ(shorter, (std::vector<double>{10}));
}

TEST(SparseBasis, RefusesEntriesOutsideOrTwiceAndDegreesOutOfOrder) {
  EXPECT_THROW(SparseBasis(two_copies(), {1}, {{18, 0, 1}}), std::invalid_argument);
  EXPECT_THROW(SparseBasis(two_copies(), {1}, {{0, 1, 1}}), std::invalid_argument);
  EXPECT_THROW(SparseBasis(two_copies(), {1}, {{2, 0, 1}, {2, 0, 1}}), std::invalid_argument);
  EXPECT_THROW(SparseBasis(two_copies(), {2, 1}, {}), std::invalid_argument);
  EXPECT_THROW(SparseBasis(two_copies(), {}, {}), std::invalid_argument);
}

}  // namespace
}  // namespace twostage
