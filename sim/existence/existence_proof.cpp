#include "sim/existence/existence_proof.hpp"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <limits>

#include "sim/existence/existence_search.hpp"

namespace twostage {
namespace {

using num::BigInteger;

// Upper bound of the size of rank proofs by residues, in machine operations.
constexpr double kResidueWork = 2e10;

bool is_narrow(Int128 x) {
  return x < (static_cast<Int128>(1) << 40) && x > -(static_cast<Int128>(1) << 40);
}

bool is_narrow(const BigInteger& x) {
  return abs(x) < (std::int64_t{1} << 40);
}

// X theta row by row, handed to `sign_of` until it says stop. Products of narrow numbers stay below 2^80,
// so their sums need no big integers.
template <class Visit>
void products(const DifferenceMatrix& x, const std::vector<BigInteger>& theta, Visit visit) {
  const bool narrow =
      std::all_of(theta.begin(), theta.end(), [](const BigInteger& t) { return is_narrow(t); }) &&
      std::all_of(x.value.begin(), x.value.end(), [](Int128 v) { return is_narrow(v); });
  if (narrow) {
    std::vector<std::int64_t> word;
    for (const BigInteger& t : theta) word.push_back(static_cast<std::int64_t>(t));
    for (std::size_t i = 0; i < x.rows(); ++i) {
      Int128 sum = 0;
      for (std::size_t t = x.start[i]; t < x.start[i + 1]; ++t)
        sum += x.value[t] * word[static_cast<std::size_t>(x.index[t])];
      if (!visit(sum < 0 ? -1 : sum > 0 ? 1 : 0)) return;
    }
    return;
  }
  for (std::size_t i = 0; i < x.rows(); ++i) {
    BigInteger sum = 0;
    for (std::size_t t = x.start[i]; t < x.start[i + 1]; ++t)
      sum += BigInteger(x.value[t]) * theta[static_cast<std::size_t>(x.index[t])];
    if (!visit(sum.sign())) return;
  }
}

bool exact_weights_vanish(const DifferenceMatrix& x, const std::vector<BigInteger>& y) {
  if (y.size() != x.rows()) return false;
  std::vector<BigInteger> sum(x.columns);
  for (std::size_t i = 0; i < x.rows(); ++i) {
    if (y[i] <= 0) return false;
    for (std::size_t t = x.start[i]; t < x.start[i + 1]; ++t)
      sum[static_cast<std::size_t>(x.index[t])] += y[i] * BigInteger(x.value[t]);
  }
  return std::all_of(sum.begin(), sum.end(), [](const BigInteger& s) { return s == 0; });
}

// Rigorous lower bounds of the smallest eigenvalue of G = Z^T Z, Z = X_C with columns scaled by powers of
// two (rank and weights are blind to that), after Rump (BIT 46, 2006) and Higham (2002, theorem 10.3). With
// u = 2^-53, m rows and r columns: the computed Gram matrix is off by at most gamma_{m+2} |Z|^T|Z|, entry by
// entry, the u of converting the integers included, and | |Z|^T|Z| | <= trace G. If floating-point Cholesky
// of fl(G - c I) runs to its end, then G - c I plus a perturbation of norm <= gamma_{r+1} / (1 -
// gamma_{r+1}) trace is R^T R >= 0. So lambda_min(G) >= c - 2 (m + r + 8) u trace, where the factor 2 also
// covers the rounding of the trace and the denominators; underflow (r^3 2^-1074) drowns in it.
class EigenvalueBound {
 public:
  explicit EigenvalueBound(const FloatColumns& z)
      : gram_(gram_matrix(z)),
        error_(2.0 * static_cast<double>(z.rows() + z.columns + 8) * 0x1p-53 * gram_.trace()) {}

  double error() const { return error_; }
  double mean() const { return gram_.trace() / static_cast<double>(std::max<Eigen::Index>(1, gram_.rows())); }

  // A proved lower bound close below `shift`, or 0.
  double try_shift(double shift) const {
    Eigen::MatrixXd shifted = gram_;
    shifted.diagonal().array() -= shift;
    const Eigen::LLT<Eigen::MatrixXd> cholesky(shifted);
    if (cholesky.info() != Eigen::Success || !cholesky.matrixLLT().diagonal().allFinite()) return 0;
    return shift - error_;
  }

 private:
  Eigen::MatrixXd gram_;
  double error_;
};

// y > 0 can be corrected to an exact solution that is still positive: delta of least norm with
// Z^T delta = -Z^T y has |delta| <= |Z^T y| / sigma_min(Z). The other columns of X depend on those of Z (the
// rank is proved elsewhere), so X^T (y + delta) = 0 too. Returns whether sigma_min(Z) > 0 was proved in
// `full_rank` even where the weights fail.
bool weights_can_be_corrected(const FloatColumns& z, const std::vector<double>& y, bool& full_rank) {
  full_rank = z.columns == 0;
  if (y.size() != z.rows()) return false;
  double least = std::numeric_limits<double>::infinity();
  for (const double w : y) {
    if (!(w > 0) || !std::isfinite(w)) return false;
    least = std::fmin(least, w);
  }
  if (z.columns == 0) return true;
  // |fl(sum) - sum| <= gamma_{m+2} sum |z_ij| y_i in each column.
  std::vector<double> sum(z.columns, 0.0), size(z.columns, 0.0);
  for (std::size_t i = 0; i < z.rows(); ++i)
    for (std::size_t t = z.start[i]; t < z.start[i + 1]; ++t) {
      const double term = z.value[t] * y[i];
      sum[z.index[t]] += term;
      size[z.index[t]] += std::fabs(term);
    }
  double square = 0;
  for (std::size_t k = 0; k < z.columns; ++k) {
    const double bound = std::fabs(sum[k]) + 2.0 * static_cast<double>(z.rows() + 4) * 0x1p-53 * size[k];
    square += bound * bound;
  }
  const double residual = std::sqrt(square) * (1 + 1e-6);  // its own rounding included
  const EigenvalueBound bound(z);
  for (const double shift : {2 * bound.error(), 1e-6 * bound.mean(), 1e-3 * bound.mean()}) {
    const double eigenvalue = bound.try_shift(shift);
    if (!(eigenvalue > 0)) return false;
    full_rank = true;
    if (residual < least * std::sqrt(eigenvalue) * (1 - 1e-6)) return true;
  }
  return false;
}

std::size_t rank_modulo(const DifferenceMatrix& x, const std::vector<std::size_t>& columns, std::uint32_t q) {
  std::vector<std::size_t> place(x.columns, columns.size());
  for (std::size_t k = 0; k < columns.size(); ++k) place[columns[k]] = k;
  num::ModularMatrix residues(x.rows(), columns.size(), q);
  for (std::size_t i = 0; i < x.rows(); ++i)
    for (std::size_t t = x.start[i]; t < x.start[i + 1]; ++t) {
      const std::size_t k = place[static_cast<std::size_t>(x.index[t])];
      if (k < columns.size()) residues.row(i)[k] = residue(x.value[t], q);
    }
  return num::echelon(residues, columns.size()).rank();
}

// rank X <= r, by residues: every minor of order r + 1 is at most the product of the r + 1 longest rows
// (Hadamard), and zero modulo each prime that shows rank <= r; once the product of the primes is larger,
// the minor is zero.
bool rank_is_at_most(const DifferenceMatrix& x, std::size_t r) {
  std::vector<double> bits;  // log2 of the length of each row, rounded up
  for (std::size_t i = 0; i < x.rows(); ++i) {
    double square = 0;
    for (std::size_t t = x.start[i]; t < x.start[i + 1]; ++t)
      square += static_cast<double>(x.value[t]) * static_cast<double>(x.value[t]);
    bits.push_back(0.5 * (std::ilogb(square) + 1.001));
  }
  std::sort(bits.rbegin(), bits.rend());
  double hadamard = 1;
  for (std::size_t i = 0; i < std::min(r + 1, bits.size()); ++i) hadamard += bits[i];
  const auto primes = static_cast<std::size_t>(hadamard / 29) + 1;  // each is above 2^29
  const double work =
      static_cast<double>(primes) * static_cast<double>(x.rows() * x.columns) * static_cast<double>(r);
  if (primes > num::prime_count() || work > kResidueWork) return false;
  std::vector<std::size_t> all(x.columns);
  for (std::size_t k = 0; k < x.columns; ++k) all[k] = k;
  for (std::size_t k = 0; k < primes; ++k)
    if (rank_modulo(x, all, num::prime(k)) > r) return false;
  return true;
}

// Every column outside C depends on those in C: one vanishing combination for each.
bool others_depend(const DifferenceMatrix& x, const ExistenceCertificate& certificate) {
  std::vector<bool> inside(x.columns, false);
  for (const std::size_t k : certificate.columns) inside[k] = true;
  std::vector<bool> explained = inside;
  for (const ColumnDependence& dependence : certificate.dependences) {
    std::size_t other = x.columns;
    for (const auto& [column, coefficient] : dependence) {
      if (column >= x.columns) return false;
      if (coefficient == 0 || inside[column]) continue;
      if (other != x.columns) return false;
      other = column;
    }
    if (other == x.columns || !vanishes(x, dependence)) return false;
    explained[other] = true;
  }
  return std::find(explained.begin(), explained.end(), false) == explained.end();
}

}  // namespace

bool separates(const DifferenceMatrix& matrix, const std::vector<BigInteger>& theta) {
  if (theta.size() != matrix.columns) return false;
  bool strict = false, feasible = true;
  products(matrix, theta, [&](int sign) {
    strict = strict || sign > 0;
    return feasible = sign >= 0;
  });
  return feasible && strict;
}

bool vanishes(const DifferenceMatrix& matrix, const ColumnDependence& dependence) {
  std::vector<BigInteger> theta(matrix.columns, 0);
  for (const auto& [column, coefficient] : dependence) theta[column] += coefficient;
  bool zero = true;
  products(matrix, theta, [&](int sign) { return zero = sign == 0; });
  return zero;
}

bool verify(const ExistenceCertificate& certificate, const DifferenceMatrix& matrix, std::size_t class_rank) {
  if (certificate.outcome == Existence::no_exact_test) return false;
  if (certificate.outcome == Existence::not_attained) return separates(matrix, certificate.direction);

  const std::vector<std::size_t>& columns = certificate.columns;
  for (std::size_t k = 0; k < columns.size(); ++k)
    if (columns[k] >= matrix.columns || (k > 0 && columns[k] <= columns[k - 1])) return false;
  if ((certificate.outcome == Existence::unique) != (columns.size() == class_rank) ||
      columns.size() > class_rank)
    return false;

  bool independent = false;
  bool attained = weights_can_be_corrected(float_columns(matrix, columns), certificate.weights, independent);
  if (!attained) attained = exact_weights_vanish(matrix, certificate.exact_weights);
  if (!attained) return false;
  if (!independent) independent = rank_modulo(matrix, columns, num::prime(0)) == columns.size();
  if (!independent) return false;
  return columns.size() == class_rank || others_depend(matrix, certificate) ||
         rank_is_at_most(matrix, columns.size());
}

}  // namespace twostage
