#include "sim/existence/existence_rounding.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "sim/existence/existence_proof.hpp"

namespace twostage {
namespace {

using num::BigInteger;

// Bits kept of the rounded coordinates: few first, because short witnesses are quick to check and easy to
// read; many where rows that should stay positive are nearly zero.
constexpr std::array<int, 4> kBits = {3, 10, 24, 44};

// round(2^bits proposal / max |proposal|), back in the columns of X: coordinate k is divided by 2^exponent.
std::vector<BigInteger> rounded(const FloatColumns& z, const std::vector<std::size_t>& columns,
                                std::size_t width, const Eigen::VectorXd& proposal, int bits) {
  std::vector<BigInteger> theta(width, 0);
  const double scale = std::ldexp(1.0, bits) / proposal.lpNorm<Eigen::Infinity>();
  const int highest = *std::max_element(z.exponent.begin(), z.exponent.end());
  for (std::size_t k = 0; k < columns.size(); ++k) {
    const auto whole = static_cast<std::int64_t>(std::round(proposal[static_cast<Eigen::Index>(k)] * scale));
    theta[columns[k]] = whole;
    theta[columns[k]] <<= highest - z.exponent[k];
  }
  return theta;
}

void make_primitive(std::vector<BigInteger>& theta) {
  BigInteger content = 0;
  for (const BigInteger& t : theta) content = gcd(content, t);
  if (content > 1)
    for (BigInteger& t : theta) t /= content;
}

// theta with its coordinates on the pivot columns replaced so that X_rows theta = 0. Cramer's rule: times
// the determinant of the pivot block all coordinates are integers, which their residues determine. The
// candidates (one for each rounding) share the eliminations.
std::vector<BigInteger> solve_pivots(const DifferenceMatrix& matrix, const std::vector<std::size_t>& rows,
                                     const std::vector<std::size_t>& columns,
                                     const std::vector<std::vector<BigInteger>>& candidates) {
  const std::uint32_t q0 = num::prime(0);
  std::vector<std::size_t> place(matrix.columns, columns.size());
  for (std::size_t k = 0; k < columns.size(); ++k) place[columns[k]] = k;
  num::ModularMatrix tight(rows.size(), columns.size(), q0);
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (std::size_t t = matrix.start[rows[i]]; t < matrix.start[rows[i] + 1]; ++t)
      if (const std::size_t k = place[static_cast<std::size_t>(matrix.index[t])]; k < columns.size())
        tight.row(i)[k] = residue(matrix.value[t], q0);
  const num::Echelon pivots = num::echelon(tight, columns.size());
  const std::size_t r = pivots.rank();
  if (r == columns.size()) return {};  // only theta = 0 is left

  std::vector<std::size_t> pivot_place(matrix.columns, r);
  for (std::size_t k = 0; k < r; ++k) pivot_place[columns[pivots.pivot_columns[k]]] = k;
  double hadamard = 64;  // bits of the numbers sought
  for (std::size_t k = 0; k < r; ++k) {
    const std::size_t i = rows[pivots.pivot_rows[k]];
    double square = 0;
    for (std::size_t t = matrix.start[i]; t < matrix.start[i + 1]; ++t)
      square += static_cast<double>(matrix.value[t]) * static_cast<double>(matrix.value[t]);
    hadamard += 0.5 * (std::ilogb(square) + 1);
  }
  const std::size_t count = candidates.size();
  std::vector<num::ChineseRemainder> remainder(count, num::ChineseRemainder(r + 1));
  for (std::size_t step = 0; step < num::prime_count() && static_cast<double>(step) < hadamard / 29 + 8;
       ++step) {
    const std::uint32_t q = num::prime(step);
    const auto times = [q](std::uint32_t a, std::uint32_t b) {
      return static_cast<std::uint32_t>(std::uint64_t{a} * b % q);
    };
    num::ModularMatrix block(r, r + count, q);
    for (std::size_t k = 0; k < r; ++k) {
      const std::size_t i = rows[pivots.pivot_rows[k]];
      for (std::size_t t = matrix.start[i]; t < matrix.start[i + 1]; ++t) {
        const auto column = static_cast<std::size_t>(matrix.index[t]);
        const std::uint32_t x = residue(matrix.value[t], q);
        if (pivot_place[column] < r) {
          block.row(k)[pivot_place[column]] = x;
          continue;
        }
        for (std::size_t c = 0; c < count; ++c) {
          std::uint32_t& right = block.row(k)[r + c];
          right = (right + times(q - x, num::residue(candidates[c][column], q))) % q;
        }
      }
    }
    const num::Echelon solved = num::echelon(block, r);
    if (solved.rank() < r) continue;  // this prime divides the determinant
    for (std::size_t c = 0; c < count; ++c) {
      std::vector<std::uint32_t> x(r + 1);
      x[r] = solved.determinant;
      for (std::size_t k = r; k-- > 0;) {
        std::uint64_t sum = block.row(k)[r + c];
        for (std::size_t j = k + 1; j < r; ++j) sum += q - times(block.row(k)[j], x[j]);
        x[k] = static_cast<std::uint32_t>(sum % q);
      }
      for (std::size_t k = 0; k < r; ++k) x[k] = times(x[k], solved.determinant);
      remainder[c].add(x, q);
      if (remainder[c].changed()) continue;
      const std::vector<BigInteger> numerators = remainder[c].values();
      const BigInteger& determinant = numerators[r];
      std::vector<BigInteger> theta = candidates[c];
      for (std::size_t k = 0; k < matrix.columns; ++k)
        theta[k] = pivot_place[k] < r ? numerators[pivot_place[k]] : theta[k] * determinant;
      if (determinant < 0)
        for (BigInteger& t : theta) t = -t;
      make_primitive(theta);
      if (separates(matrix, theta)) return theta;
    }
  }
  return {};
}

}  // namespace

std::vector<BigInteger> exact_direction(const DifferenceMatrix& matrix, const FloatColumns& z,
                                        const std::vector<std::size_t>& columns,
                                        const Eigen::VectorXd& proposal, double tolerance) {
  if (columns.empty() || !proposal.allFinite() || proposal.isZero(0)) return {};
  std::vector<double> product(z.rows());
  double largest = 0;
  for (std::size_t i = 0; i < z.rows(); ++i) {
    product[i] = z.dot(i, proposal);
    largest = std::fmax(largest, std::fabs(product[i]));
  }
  std::vector<std::size_t> tight;
  for (std::size_t i = 0; i < z.rows(); ++i) {
    if (product[i] < -tolerance * largest) return {};
    if (product[i] <= tolerance * largest) tight.push_back(i);
  }
  std::vector<std::vector<BigInteger>> candidates;
  for (const int bits : kBits) {
    std::vector<BigInteger> theta = rounded(z, columns, matrix.columns, proposal, bits);
    if (separates(matrix, theta)) {
      make_primitive(theta);
      return theta;
    }
    candidates.push_back(std::move(theta));
  }
  return tight.empty() ? std::vector<BigInteger>{} : solve_pivots(matrix, tight, columns, candidates);
}

std::vector<ColumnDependence> small_dependences(const DifferenceMatrix& matrix,
                                                const std::vector<std::size_t>& columns) {
  constexpr int kLargestDenominator = 12;
  std::vector<std::size_t> all(matrix.columns);
  for (std::size_t k = 0; k < all.size(); ++k) all[k] = k;
  const FloatColumns z = float_columns(matrix, all);
  const Eigen::MatrixXd gram = gram_matrix(z);
  const Eigen::LLT<Eigen::MatrixXd> solver(gram(columns, columns));
  std::vector<ColumnDependence> found;
  for (std::size_t j = 0, k = 0; j < matrix.columns; ++j) {
    if (k < columns.size() && columns[k] == j) {
      ++k;
      continue;
    }
    const Eigen::VectorXd scaled = solver.solve(gram(columns, static_cast<Eigen::Index>(j)));
    for (int denominator = 1; denominator <= kLargestDenominator; ++denominator) {
      ColumnDependence dependence = {{j, denominator}};
      bool close = true;
      for (std::size_t c = 0; c < columns.size() && close; ++c) {
        const double wanted = std::ldexp(-denominator * scaled[static_cast<Eigen::Index>(c)],
                                         z.exponent[j] - z.exponent[columns[c]]);
        const double whole = std::round(wanted);
        close = std::fabs(wanted - whole) < 1e-5 && std::fabs(whole) < 0x1p40;
        if (close && whole != 0) dependence.emplace_back(columns[c], static_cast<std::int64_t>(whole));
      }
      if (!close || !vanishes(matrix, dependence)) continue;
      found.push_back(std::move(dependence));
      break;
    }
  }
  return found;
}

}  // namespace twostage
