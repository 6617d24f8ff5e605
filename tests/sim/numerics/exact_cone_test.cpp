#include "sim/numerics/exact_cone.hpp"

#include <gtest/gtest.h>

#include <random>

namespace twostage::num {
namespace {

// Exactly one alternative is returned and it holds; duality makes this a complete check of the answer.
void expect_alternative_holds(const std::vector<BigInteger>& x, std::size_t rows, std::size_t columns) {
  const StiemkeAlternative s = stiemke(x, rows, columns);
  ASSERT_NE(s.direction.empty(), s.weights.empty());
  if (!s.direction.empty()) {
    bool strict = false;
    for (std::size_t i = 0; i < rows; ++i) {
      BigInteger product = 0;
      for (std::size_t k = 0; k < columns; ++k) product += x[i * columns + k] * s.direction[k];
      EXPECT_GE(product, 0);
      strict = strict || product > 0;
    }
    EXPECT_TRUE(strict);
  } else {
    for (std::size_t i = 0; i < rows; ++i) EXPECT_GT(s.weights[i], 0);
    for (std::size_t k = 0; k < columns; ++k) {
      BigInteger product = 0;
      for (std::size_t i = 0; i < rows; ++i) product += x[i * columns + k] * s.weights[i];
      EXPECT_EQ(product, 0);
    }
  }
}

TEST(Stiemke, KnownCones) {
  EXPECT_FALSE(stiemke({1, -1}, 2, 1).weights.empty());                // opposite rows
  EXPECT_FALSE(stiemke({1, 2}, 2, 1).direction.empty());               // a half line
  EXPECT_FALSE(stiemke({1, 0, 0, 1, -1, -1}, 3, 2).weights.empty());   // positively spanning the plane
  EXPECT_FALSE(stiemke({1, 0, -1, 0, 0, 1}, 3, 2).direction.empty());  // a line and one side
}

TEST(Stiemke, RandomMatricesGiveAValidWitness) {
  std::mt19937_64 random(11);
  int attained = 0;
  for (int trial = 0; trial < 300; ++trial) {
    const std::size_t rows = 1 + random() % 12;
    const std::size_t columns = 1 + random() % 5;
    std::vector<BigInteger> x(rows * columns);
    for (BigInteger& v : x) v = static_cast<int>(random() % 7) - 3;
    expect_alternative_holds(x, rows, columns);
    attained += stiemke(x, rows, columns).direction.empty();
  }
  EXPECT_GT(attained, 60);  // both alternatives are common
  EXPECT_LT(attained, 240);
}

}  // namespace
}  // namespace twostage::num
