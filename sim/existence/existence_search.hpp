// Floating-point searches that propose witnesses for sim/existence/existence.cpp. Nothing here is a proof.
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <vector>

#include "sim/existence/difference_matrix.hpp"

namespace twostage {

// Selected columns of a difference matrix, each divided by the power of two that brings its length into
// [1, 2) (zero columns stay), as sparse rows of doubles.
struct FloatColumns {
  std::size_t columns = 0;
  std::vector<std::size_t> start = {0};  // [rows + 1]
  std::vector<std::size_t> index;
  std::vector<double> value;
  std::vector<int> exponent;  // [columns] of that power of two

  std::size_t rows() const { return start.size() - 1; }
  double dot(std::size_t row, const Eigen::VectorXd& theta) const;
  void add(std::size_t row, double factor, Eigen::VectorXd& sum) const;  // sum += factor x_row
};
FloatColumns float_columns(const DifferenceMatrix& matrix, const std::vector<std::size_t>& columns);

// Z^T Z, or Z^T diag(w) Z.
Eigen::MatrixXd gram_matrix(const FloatColumns& z);
Eigen::MatrixXd gram_matrix(const FloatColumns& z, const std::vector<double>& w);

// A largest set of numerically independent columns, ascending, by Cholesky with diagonal pivoting.
std::vector<std::size_t> independent_columns(const Eigen::MatrixXd& gram);

// Newton's method for the maximum-likelihood estimate, theta_0 = 0. With y_i = sigma(-x_i theta) and the
// Newton step s, the linearised weights y_i - sigma'(x_i theta) x_i s have Z^T y = 0 by construction: once
// they are positive they are Stiemke weights, usually long before convergence.
class NewtonSearch {
 public:
  explicit NewtonSearch(const FloatColumns& z);
  bool step();  // false when the Hessian has become singular
  const std::vector<double>& weights() const { return weights_; }  // linearised; empty unless all > 0
  const Eigen::VectorXd& theta() const { return theta_; }
  bool separated() const { return separated_; }                 // x_i theta > 0 in all rows
  const std::vector<double>& sigmas() const { return sigma_; }  // y_i at theta, positive

 private:
  const FloatColumns& z_;
  Eigen::VectorXd theta_;
  std::vector<double> sigma_;
  std::vector<double> weights_;
  bool separated_ = false;
};

// min |Z^T y|^2 over y >= y0, by the active-set method of Lawson & Hanson (1974) with an updated Cholesky
// factor. Its optimum theta = Z^T y satisfies Z theta >= 0 with x_i theta > 0 only where y_i = y0_i: a zero
// optimum is Stiemke weights y, any other a separating direction.
struct NearestToZero {
  Eigen::VectorXd theta;
  std::vector<double> weights;
  double scale = 0;  // |Z^T y0|, or what its rounding could hide
};
NearestToZero nearest_to_zero(const FloatColumns& z, const std::vector<double>& y0);

}  // namespace twostage
