#include "sim/existence/existence_search.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>

#include "sim/numerics/elementary.hpp"

namespace twostage {

double FloatColumns::dot(std::size_t row, const Eigen::VectorXd& theta) const {
  double sum = 0;
  for (std::size_t t = start[row]; t < start[row + 1]; ++t)
    sum += value[t] * theta[static_cast<Eigen::Index>(index[t])];
  return sum;
}

void FloatColumns::add(std::size_t row, double factor, Eigen::VectorXd& sum) const {
  for (std::size_t t = start[row]; t < start[row + 1]; ++t)
    sum[static_cast<Eigen::Index>(index[t])] += factor * value[t];
}

FloatColumns float_columns(const DifferenceMatrix& matrix, const std::vector<std::size_t>& columns) {
  FloatColumns z;
  z.columns = columns.size();
  std::vector<std::size_t> place(matrix.columns, columns.size());
  for (std::size_t k = 0; k < columns.size(); ++k) place[columns[k]] = k;
  std::vector<double> square(columns.size(), 0.0);
  for (std::size_t i = 0; i < matrix.rows(); ++i) {
    for (std::size_t t = matrix.start[i]; t < matrix.start[i + 1]; ++t) {
      const std::size_t k = place[static_cast<std::size_t>(matrix.index[t])];
      if (k == columns.size()) continue;
      const auto x = static_cast<double>(matrix.value[t]);
      z.index.push_back(k);
      z.value.push_back(x);
      square[k] += x * x;
    }
    z.start.push_back(z.index.size());
  }
  std::vector<double> factor;
  for (const double s : square) {
    z.exponent.push_back(s > 0 ? std::ilogb(std::sqrt(s)) : 0);
    factor.push_back(std::ldexp(1.0, -z.exponent.back()));
  }
  for (std::size_t t = 0; t < z.value.size(); ++t) z.value[t] *= factor[z.index[t]];
  return z;
}

Eigen::MatrixXd gram_matrix(const FloatColumns& z) {
  return gram_matrix(z, std::vector<double>(z.rows(), 1.0));
}

Eigen::MatrixXd gram_matrix(const FloatColumns& z, const std::vector<double>& w) {
  const auto r = static_cast<Eigen::Index>(z.columns);
  Eigen::MatrixXd gram = Eigen::MatrixXd::Zero(r, r);
  std::vector<double> dense(z.columns, 0.0);
  for (std::size_t i = 0; i < z.rows(); ++i) {
    const std::size_t first = z.start[i], last = z.start[i + 1];
    // A row filled by a third or more is quicker through a dense copy, whose inner loop vectorises.
    const bool full = 3 * (last - first) >= z.columns;
    if (full)
      for (std::size_t t = first; t < last; ++t) dense[z.index[t]] = z.value[t];
    for (std::size_t s = first; s < last; ++s) {
      double* column = gram.data() + z.index[s] * z.columns;
      const double scaled = w[i] * z.value[s];
      if (full) {
        for (std::size_t k = z.index[s]; k < z.columns; ++k) column[k] += scaled * dense[k];
      } else {
        for (std::size_t t = s; t < last; ++t) column[z.index[t]] += scaled * z.value[t];
      }
    }
    if (full)
      for (std::size_t t = first; t < last; ++t) dense[z.index[t]] = 0;
  }
  gram.triangularView<Eigen::StrictlyUpper>() = gram.transpose().eval();
  return gram;
}

std::vector<std::size_t> independent_columns(const Eigen::MatrixXd& gram) {
  constexpr double kDependent = 1e-10;  // of the squared length, which is in [1, 4)
  const Eigen::Index p = gram.rows();
  Eigen::MatrixXd l(p, p);                 // the Cholesky columns of the pivots so far
  Eigen::VectorXd rest = gram.diagonal();  // squared distance of each column to the span of the pivots
  std::vector<std::size_t> chosen;
  for (Eigen::Index k = 0; k < p; ++k) {
    Eigen::Index pivot = 0;
    const double square = rest.maxCoeff(&pivot);
    if (!(square > kDependent)) break;
    chosen.push_back(static_cast<std::size_t>(pivot));
    auto column = l.col(k);
    column = gram.col(pivot);
    for (Eigen::Index t = 0; t < k; ++t) column -= l(pivot, t) * l.col(t);
    column /= std::sqrt(square);
    rest -= column.cwiseAbs2();
    for (const std::size_t done : chosen) rest[static_cast<Eigen::Index>(done)] = 0;
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

NewtonSearch::NewtonSearch(const FloatColumns& z)
    : z_(z), theta_(Eigen::VectorXd::Zero(static_cast<Eigen::Index>(z.columns))), sigma_(z.rows(), 0.5) {}

bool NewtonSearch::step() {
  const std::size_t m = z_.rows();
  std::vector<double> curvature(m);
  Eigen::VectorXd slope = Eigen::VectorXd::Zero(theta_.size());
  for (std::size_t i = 0; i < m; ++i) {
    curvature[i] = sigma_[i] * (1 - sigma_[i]);
    z_.add(i, sigma_[i], slope);
  }
  const Eigen::LLT<Eigen::MatrixXd> hessian(gram_matrix(z_, curvature));
  if (hessian.info() != Eigen::Success) return false;
  const Eigen::VectorXd newton = hessian.solve(slope);
  if (!newton.allFinite()) return false;

  weights_.resize(m);
  double largest = 0, least = 1;
  for (std::size_t i = 0; i < m; ++i) {
    const double move = z_.dot(i, newton);
    largest = std::fmax(largest, std::fabs(move));
    weights_[i] = sigma_[i] - curvature[i] * move;
    least = std::fmin(least, weights_[i]);
  }
  if (!(least > 1e-9)) weights_.clear();

  // No row moves further than the quadratic model of softplus can be trusted.
  theta_ += std::fmin(1.0, 3.0 / largest) * newton;
  separated_ = true;
  for (std::size_t i = 0; i < m; ++i) {
    const double margin = z_.dot(i, theta_);
    separated_ = separated_ && margin > 0;
    sigma_[i] = std::fmax(num::sigmoid(-margin), 1e-9);
  }
  return true;
}

namespace {

// Cholesky factor L L^T of the Gram matrix of a changing list of rows.
class RowGramFactor {
 public:
  explicit RowGramFactor(std::size_t capacity)
      : l_(static_cast<Eigen::Index>(capacity), static_cast<Eigen::Index>(capacity)) {}

  // `cross` = products with the rows in the list, `square` = with itself. False when it depends on them.
  bool append(const Eigen::VectorXd& cross, double square) {
    if (size_ == l_.rows()) return false;
    const auto head = l_.topLeftCorner(size_, size_).triangularView<Eigen::Lower>();
    const Eigen::VectorXd row = head.solve(cross);
    const double rest = square - row.squaredNorm();
    if (!(rest > 1e-11 * square)) return false;
    l_.row(size_).head(size_) = row.transpose();
    l_(size_, size_) = std::sqrt(rest);
    ++size_;
    return true;
  }

  // Drops row k: the rows below move up, and rotations of neighbouring columns restore the triangle.
  void remove(Eigen::Index k) {
    for (Eigen::Index i = k; i + 1 < size_; ++i) l_.row(i).head(i + 2) = l_.row(i + 1).head(i + 2).eval();
    --size_;
    for (Eigen::Index j = k; j < size_; ++j) {
      const double a = l_(j, j), b = l_(j, j + 1);
      const double length = std::sqrt(a * a + b * b);
      for (Eigen::Index i = j; i < size_; ++i) {
        const double left = l_(i, j), right = l_(i, j + 1);
        l_(i, j) = (a * left + b * right) / length;
        l_(i, j + 1) = (a * right - b * left) / length;
      }
    }
  }

  Eigen::VectorXd solve(Eigen::VectorXd rhs) const {
    const auto head = l_.topLeftCorner(size_, size_);
    head.triangularView<Eigen::Lower>().solveInPlace(rhs);
    head.transpose().triangularView<Eigen::Upper>().solveInPlace(rhs);
    return rhs;
  }

 private:
  Eigen::MatrixXd l_;
  Eigen::Index size_ = 0;
};

}  // namespace

NearestToZero nearest_to_zero(const FloatColumns& z, const std::vector<double>& y0) {
  const std::size_t m = z.rows();
  const auto r = static_cast<Eigen::Index>(z.columns);
  Eigen::VectorXd base = Eigen::VectorXd::Zero(r);
  double mass = 0;
  std::vector<double> square(m, 0.0);
  for (std::size_t i = 0; i < m; ++i) {
    z.add(i, y0[i], base);
    for (std::size_t t = z.start[i]; t < z.start[i + 1]; ++t) square[i] += z.value[t] * z.value[t];
    mass += y0[i] * std::sqrt(square[i]);
  }
  NearestToZero result{base, y0, std::fmax(base.norm(), 1e-6 * mass)};
  const double zero = 1e-11 * result.scale;

  std::vector<std::size_t> passive;  // rows with z_i = y_i - y0_i > 0
  std::vector<double> excess;
  std::vector<bool> blocked(m, false);  // passive, or found dependent on the passive rows
  RowGramFactor factor(z.columns);
  Eigen::VectorXd spread = Eigen::VectorXd::Zero(r);  // one row, dense
  const std::size_t limit = 10 * (z.columns + 10);
  for (std::size_t iteration = 0; iteration < limit; ++iteration) {
    if (result.theta.norm() <= zero) break;
    std::size_t worst = m;
    double violation = 1e-10 * result.theta.norm();
    for (std::size_t i = 0; i < m; ++i) {
      if (blocked[i] || square[i] == 0) continue;
      const double v = -z.dot(i, result.theta) / std::sqrt(square[i]);
      if (v > violation) {
        violation = v;
        worst = i;
      }
    }
    if (worst == m) break;
    z.add(worst, 1.0, spread);
    Eigen::VectorXd cross(static_cast<Eigen::Index>(passive.size()));
    for (std::size_t k = 0; k < passive.size(); ++k)
      cross[static_cast<Eigen::Index>(k)] = z.dot(passive[k], spread);
    spread.setZero();
    blocked[worst] = true;
    if (!factor.append(cross, square[worst])) continue;
    passive.push_back(worst);
    excess.push_back(0);

    while (!passive.empty()) {
      Eigen::VectorXd rhs(static_cast<Eigen::Index>(passive.size()));
      for (std::size_t k = 0; k < passive.size(); ++k)
        rhs[static_cast<Eigen::Index>(k)] = -z.dot(passive[k], base);
      const Eigen::VectorXd target = factor.solve(rhs);
      double ratio = 1;
      std::size_t drop = passive.size();
      for (std::size_t k = 0; k < passive.size(); ++k) {
        const double goal = target[static_cast<Eigen::Index>(k)];
        if (goal > 0) continue;
        const double here = excess[k] / (excess[k] - goal);
        if (drop == passive.size() || here < ratio) {
          ratio = here;
          drop = k;
        }
      }
      if (drop == passive.size()) {
        for (std::size_t k = 0; k < passive.size(); ++k) excess[k] = target[static_cast<Eigen::Index>(k)];
        break;
      }
      if (!(ratio >= 0)) ratio = 0;
      for (std::size_t k = 0; k < passive.size(); ++k)
        excess[k] = std::fmax(0.0, excess[k] + ratio * (target[static_cast<Eigen::Index>(k)] - excess[k]));
      factor.remove(static_cast<Eigen::Index>(drop));
      passive.erase(passive.begin() + static_cast<std::ptrdiff_t>(drop));
      excess.erase(excess.begin() + static_cast<std::ptrdiff_t>(drop));
      std::fill(blocked.begin(), blocked.end(), false);
      for (const std::size_t i : passive) blocked[i] = true;
    }
    result.theta = base;
    for (std::size_t k = 0; k < passive.size(); ++k) z.add(passive[k], excess[k], result.theta);
  }
  for (std::size_t k = 0; k < passive.size(); ++k) result.weights[passive[k]] += excess[k];
  return result;
}

}  // namespace twostage
