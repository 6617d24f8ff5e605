#include "sim/numerics/modular.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace twostage::num {
namespace {

std::uint32_t multiply(std::uint32_t a, std::uint32_t b, std::uint32_t q) {
  return static_cast<std::uint32_t>(std::uint64_t{a} * b % q);
}

std::uint32_t power(std::uint32_t base, std::uint32_t exponent, std::uint32_t q) {
  std::uint32_t result = 1;
  for (; exponent > 0; exponent >>= 1, base = multiply(base, base, q))
    if (exponent & 1) result = multiply(result, base, q);
  return result;
}

std::uint32_t inverse(std::uint32_t a, std::uint32_t q) {
  return power(a, q - 2, q);
}

// Miller-Rabin; the bases 2, 7, 61 decide every odd number below 4,759,123,141 (Jaeschke 1993).
bool is_prime(std::uint32_t q) {
  const int twos = __builtin_ctz(q - 1);
  for (const std::uint32_t base : {2U, 7U, 61U}) {
    std::uint32_t x = power(base, (q - 1) >> twos, q);
    bool witness = x != 1 && x != q - 1;
    for (int i = 1; i < twos && witness; ++i) {
      x = multiply(x, x, q);
      witness = x != q - 1;
    }
    if (witness) return false;
  }
  return true;
}

std::vector<std::uint32_t> largest_primes() {
  std::vector<std::uint32_t> primes;
  for (std::uint32_t q = (1U << 30) - 1; primes.size() < prime_count(); q -= 2)
    if (is_prime(q)) primes.push_back(q);
  return primes;
}

// y += factor x modulo q. Shoup's product: with shoup = floor(factor 2^32 / q) the quotient of factor x by
// q is known up to one, so that the product lies in [0, 2q), and 3q < 2^32.
void add_multiple(std::uint32_t factor, const std::uint32_t* x, std::uint32_t* y, std::size_t n,
                  std::uint32_t q) {
  const std::uint32_t shoup = static_cast<std::uint32_t>((std::uint64_t{factor} << 32) / q);
  for (std::size_t j = 0; j < n; ++j) {
    const std::uint32_t quotient = static_cast<std::uint32_t>(std::uint64_t{shoup} * x[j] >> 32);
    std::uint32_t sum = y[j] + factor * x[j] - quotient * q;
    sum = std::min(sum, sum - 2 * q);  // subtracts where that does not wrap around
    y[j] = std::min(sum, sum - q);
  }
}

}  // namespace

std::uint32_t residue(const BigInteger& x, std::uint32_t q) {
  const auto magnitude = static_cast<std::uint32_t>(integer_modulus(x, q));
  return x.sign() < 0 && magnitude != 0 ? q - magnitude : magnitude;
}

std::size_t prime_count() {
  return 512;
}

std::uint32_t prime(std::size_t k) {
  static const std::vector<std::uint32_t> primes = largest_primes();
  return primes.at(k);
}

Echelon echelon(ModularMatrix& matrix, std::size_t pivot_columns) {
  const std::uint32_t q = matrix.modulus;
  Echelon result;
  std::vector<std::size_t> origin(matrix.rows);
  for (std::size_t i = 0; i < matrix.rows; ++i) origin[i] = i;
  for (std::size_t column = 0; column < pivot_columns && result.rank() < matrix.rows; ++column) {
    const std::size_t k = result.rank();
    std::size_t pivot = k;
    while (pivot < matrix.rows && matrix.row(pivot)[column] == 0) ++pivot;
    if (pivot == matrix.rows) continue;
    if (pivot != k) {
      std::swap_ranges(matrix.row(k), matrix.row(k) + matrix.columns, matrix.row(pivot));
      std::swap(origin[k], origin[pivot]);
      result.determinant = q - result.determinant;
    }
    std::uint32_t* head = matrix.row(k) + column;
    const std::size_t length = matrix.columns - column;
    result.determinant = multiply(result.determinant, *head, q);
    const std::uint32_t scale = inverse(*head, q);
    for (std::size_t j = 0; j < length; ++j) head[j] = multiply(head[j], scale, q);
    for (std::size_t i = pivot + 1; i < matrix.rows; ++i) {
      std::uint32_t* row = matrix.row(i) + column;
      if (*row != 0) add_multiple(q - *row, head, row, length, q);
    }
    result.pivot_rows.push_back(origin[k]);
    result.pivot_columns.push_back(column);
  }
  return result;
}

void ChineseRemainder::add(std::span<const std::uint32_t> residues, std::uint32_t modulus) {
  if (residues.size() != residue_.size()) throw std::invalid_argument("ChineseRemainder: wrong length");
  const std::uint32_t lift = inverse(residue(modulus_, modulus), modulus);
  const BigInteger product = modulus_ * modulus;
  const BigInteger half = product >> 1;
  changed_ = false;
  for (std::size_t i = 0; i < residues.size(); ++i) {
    const std::uint32_t now = residue(residue_[i], modulus);
    if (now == residues[i]) continue;
    changed_ = true;
    const std::uint32_t gap = residues[i] > now ? residues[i] - now : residues[i] + modulus - now;
    residue_[i] += modulus_ * multiply(gap, lift, modulus);
    if (residue_[i] > half) residue_[i] -= product;
  }
  modulus_ = product;
}

std::vector<BigInteger> ChineseRemainder::values() const {
  return residue_;
}

}  // namespace twostage::num
