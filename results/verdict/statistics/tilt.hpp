// The distribution nearest to a sample that moves a mean furthest. Over weights q on n observed values y and
// one more value that was not observed,
//   maximise sum_r q_r y_r + q_unseen y_unseen   subject to   sum_r log(1 / (n q_r)) <= budget:
// the empirical likelihood of the weights is within exp(-budget) of its largest. Owen 2001, Empirical
// Likelihood, section 2.9; with a bounded support and its largest point as the unseen value the budget at
// which the mean reaches m is n KLinf of Honda and Takemura 2010 (COLT 2010), the exact rate of a mean above
// m.
//
// Stationarity: q_r = s / (nu - y_r) with nu >= every y. While nu stays above y_unseen nothing is put there
// and s makes the weights sum to one; if the budget is not spent at nu = y_unseen, the rest of it buys weight
// for the unseen value.
#pragma once

#include <span>
#include <vector>

namespace twostage {

// `values`: the observed ones, then the unseen one. Writes their weights, which sum to one. Uniform over the
// observed when no value lies above any other.
class Tilt {
 public:
  explicit Tilt(std::size_t observed);
  void furthest(std::span<const double> values, double budget, std::span<double> weights);

 private:
  struct Divergence {
    double at;     // sum_r log(1 / (n q_r)) when nothing is unseen
    double slope;  // d at / d nu
  };
  Divergence divergence(std::span<const double> values, double nu);
  double level_of(std::span<const double> values, double budget, double nearest);

  double n_;
  std::vector<double> inverse_;    // 1 / (nu - y_r)
  std::vector<double> logarithm_;  // of nu - y_r
};

}  // namespace twostage
