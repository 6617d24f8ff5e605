#include "sim/numerics/modular.hpp"

#include <gtest/gtest.h>

#include <random>

namespace twostage::num {
namespace {

TEST(Modular, PrimesArePrimeDistinctAndDescending) {
  for (std::size_t k = 0; k < 40; ++k) {
    const std::uint32_t q = prime(k);
    for (std::uint32_t d = 2; d * d <= q; ++d) ASSERT_NE(q % d, 0U) << q;
    if (k > 0) {
      EXPECT_LT(q, prime(k - 1));
    }
  }
  EXPECT_EQ(prime(0), (1U << 30) - 35);  // the largest prime below 2^30
}

// det of the integer matrix [[2,1,0],[7,-3,5],[1,1,4]] = 2(-12-5) - 1(28-5) = -57.
TEST(Modular, EliminationGivesTheDeterminantModuloThePrime) {
  const std::uint32_t q = prime(3);
  ModularMatrix a(3, 3, q);
  a.entries = {2, 1, 0, 7, q - 3, 5, 1, 1, 4};
  const Echelon e = echelon(a, 3);
  EXPECT_EQ(e.rank(), 3U);
  EXPECT_EQ(e.determinant, q - 57);
}

// A product of a 9 x r and an r x 7 random matrix has rank r (modulo a prime near 2^30 it fails with
// probability about 1e-9), and the pivot rows times pivot columns are a non-singular block.
TEST(Modular, RankOfAProductIsItsInnerDimension) {
  std::mt19937_64 random(5);
  for (std::size_t r = 0; r <= 7; ++r) {
    const std::uint32_t q = prime(r);
    ModularMatrix a(9, 7, q);
    for (std::size_t k = 0; k < r; ++k) {
      std::vector<std::uint64_t> left(9), right(7);
      for (auto& x : left) x = random() % q;
      for (auto& x : right) x = random() % q;
      for (std::size_t i = 0; i < 9; ++i)
        for (std::size_t j = 0; j < 7; ++j)
          a.row(i)[j] = static_cast<std::uint32_t>((a.row(i)[j] + left[i] * right[j]) % q);
    }
    const ModularMatrix original = a;
    const Echelon e = echelon(a, 7);
    ASSERT_EQ(e.rank(), r);
    ModularMatrix block(r, r, q);
    for (std::size_t i = 0; i < r; ++i)
      for (std::size_t j = 0; j < r; ++j)
        block.row(i)[j] = original.entries[e.pivot_rows[i] * 7 + e.pivot_columns[j]];
    const Echelon square = echelon(block, r);
    EXPECT_EQ(square.rank(), r);
  }
}

TEST(Modular, ChineseRemaindersRebuildSignedIntegersAndSettle) {
  const BigInteger big = (BigInteger(1) << 100) + 12345;
  const std::vector<BigInteger> wanted = {0, 1, -1, big, -big};
  ChineseRemainder remainder(wanted.size());
  for (std::size_t k = 0; k < 5; ++k) {
    std::vector<std::uint32_t> residues;
    for (const BigInteger& x : wanted) {
      BigInteger r = x % prime(k);
      if (r < 0) r += prime(k);
      residues.push_back(static_cast<std::uint32_t>(r));
    }
    remainder.add(residues, prime(k));
    EXPECT_EQ(remainder.changed(), k < 4) << k;  // 101 bits and a sign: four primes of 30 bits
  }
  EXPECT_EQ(remainder.values(), wanted);
}

}  // namespace
}  // namespace twostage::num
