// Exact linear algebra through arithmetic modulo primes below 2^30, where nothing grows: Gaussian
// elimination costs a few machine instructions an entry, and the Chinese remainder theorem puts integers
// of any size together from their residues.
//
// Two facts make residues a proof. A rank modulo a prime never exceeds the rank over the rationals. And a
// minor divisible by primes whose product exceeds its Hadamard bound is zero.
#pragma once

#include <boost/multiprecision/cpp_int.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace twostage::num {

using BigInteger = boost::multiprecision::cpp_int;

// The k-th prime below 2^30, from the largest down; k < prime_count().
std::uint32_t prime(std::size_t k);
std::size_t prime_count();

// x modulo q, in [0, q).
std::uint32_t residue(const BigInteger& x, std::uint32_t q);

// A dense matrix of residues, row by row.
struct ModularMatrix {
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::uint32_t modulus = 2;
  std::vector<std::uint32_t> entries;

  ModularMatrix(std::size_t rows_, std::size_t columns_, std::uint32_t modulus_)
      : rows(rows_), columns(columns_), modulus(modulus_), entries(rows_ * columns_, 0) {}
  std::uint32_t* row(std::size_t i) { return entries.data() + i * columns; }
};

struct Echelon {
  std::vector<std::size_t> pivot_rows;     // original row of the k-th pivot
  std::vector<std::size_t> pivot_columns;  // its column, ascending
  std::uint32_t determinant = 1;           // product of the pivots with the sign of the row exchanges
  std::size_t rank() const { return pivot_columns.size(); }
};

// Brings the first `pivot_columns` columns to row echelon form with unit pivots; the others follow.
Echelon echelon(ModularMatrix& matrix, std::size_t pivot_columns);

// Integers known modulo a growing product of primes; values() are the representatives nearest to zero.
class ChineseRemainder {
 public:
  explicit ChineseRemainder(std::size_t length) : residue_(length) {}
  void add(std::span<const std::uint32_t> residues, std::uint32_t modulus);
  std::vector<BigInteger> values() const;
  bool changed() const { return changed_; }  // did the last prime change any value?

 private:
  BigInteger modulus_ = 1;
  std::vector<BigInteger> residue_;  // nearest to zero
  bool changed_ = true;
};

}  // namespace twostage::num
