// The comparisons of a data set as rows x = psi(first) - psi(second) of a linear reward class, so that
// margins are X theta. Rows equal up to sign are one row with counts, which changes no likelihood: under a
// terminal reward hundreds of pairs become a few dozen rows. Stored sparse or dense, whichever is smaller
// work.
#pragma once

#include "sim/model/score_model.hpp"
#include "sim/preference/preference_data.hpp"

namespace twostage {

class ComparisonRows {
 public:
  ComparisonRows(const LinearModel& model, const PairTable& table);

  std::size_t rows() const { return wins_.size(); }
  std::size_t columns() const { return columns_; }
  std::size_t entries() const { return value_.size(); }       // that are stored
  std::span<const double> wins() const { return wins_; }      // first preferred
  std::span<const double> losses() const { return losses_; }  // second preferred
  double ties() const { return ties_; }  // comparisons with x = 0: they cost log 2 whatever theta is

  void margins(std::span<const double> theta, std::span<double> out) const;          // X theta
  void add_transposed(std::span<const double> weight, std::span<double> out) const;  // out += X^T weight
  void add_row(std::size_t r, double weight, std::span<double> out) const;           // out += weight x_r
  std::vector<double> column_squares() const;  // |X_j|^2, each comparison with its count
  // lower += X^T diag(weight) X, row-major, lower triangle.
  void add_gram(std::span<const double> weight, std::span<double> lower) const;
  void add_gram_diagonal(std::span<const double> weight, std::span<double> out) const;
  // out += X^T diag(weight) X v.
  void add_gram_times(std::span<const double> weight, std::span<const double> v, std::span<double> out) const;

 private:
  bool dense() const { return index_.empty(); }
  std::size_t columns_;
  std::vector<std::size_t> begin_;   // sparse: [rows + 1]
  std::vector<std::int32_t> index_;  // sparse: increasing within a row; empty when dense
  std::vector<double> value_;        // sparse: like index_; dense: [rows x columns]
  std::vector<double> wins_;
  std::vector<double> losses_;
  double ties_ = 0;
};

}  // namespace twostage
