#include "sim/world/indicator_basis.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

namespace twostage {
namespace {

// Two copies of a tree with three actions, then two: 3 edges leave each prompt and 6 its second layer. In the
// forest the second layers are edges 6..11 and 12..17.
TokenGraph two_copies() {
  const std::vector<int> actions = {3, 2};
  return forest({actions, {0, 1, 4, 10}, {1, 2, 3, 4, 5, 6, 7, 8, 9}}, 2);
}

constexpr double kOther = 42;

TEST(IndicatorBasis, PutsEachFunctionOnItsEdgeOfEveryCopy) {
  const IndicatorBasis basis(two_copies(), 1, {1, 5, 2});
  EXPECT_EQ(basis.size(), 3u);
  EXPECT_EQ(basis.count_up_to(0), 0u);
  EXPECT_EQ(basis.count_up_to(1), 3u);
  std::vector<double> edges(18, kOther);
  basis.synthesize(std::vector<double>{7, 8, 9}, edges);
  EXPECT_EQ(edges, (std::vector<double>{0, 0, 0, 0, 0, 0, 0, 7, 9, 0, 0, 8, 0, 7, 9, 0, 0, 8}));
  edges.assign(18, kOther);
  basis.synthesize_prompt(1, std::vector<double>{7, 8}, edges);  // the first two functions alone
  EXPECT_EQ(edges, (std::vector<double>{42, 42, 42, 0, 0, 0, 42, 42, 42, 42, 42, 42, 0, 7, 0, 0, 0, 8}));

  std::vector<double> weights(18);
  for (std::size_t e = 0; e < 18; ++e) weights[e] = std::exp2(static_cast<double>(e));
  std::vector<double> sums(3, kOther);
  basis.analyze(weights, sums);
  EXPECT_EQ(sums, (std::vector<double>{0x1p7 + 0x1p13, 0x1p11 + 0x1p17, 0x1p8 + 0x1p14}));
  basis.analyze_prompt(1, weights, sums);
  EXPECT_EQ(sums, (std::vector<double>{0x1p13, 0x1p17, 0x1p14}));

  std::vector<double> row = {10, 20, 30};
  basis.add_path(std::vector<EdgeId>{1, 8}, -2, row);
  basis.add_path(std::vector<EdgeId>{5, 17}, 3, row);
  basis.add_path(std::vector<EdgeId>{0, 6}, 5, row);
  EXPECT_EQ(row, (std::vector<double>{10, 23, 28}));
  std::vector<double> shorter = {10};
  basis.add_path(std::vector<EdgeId>{5, 17}, 3, shorter);
  EXPECT_EQ(shorter, (std::vector<double>{10}));
}

TEST(IndicatorBasis, RefusesPlacesOutsideTheLayerOrTwice) {
  EXPECT_THROW(IndicatorBasis(two_copies(), 0, {3}), std::invalid_argument);
  EXPECT_THROW(IndicatorBasis(two_copies(), 1, {6}), std::invalid_argument);
  EXPECT_THROW(IndicatorBasis(two_copies(), 1, {2, 2}), std::invalid_argument);
}

}  // namespace
}  // namespace twostage
