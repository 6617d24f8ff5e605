#include "results/verdict/statistics/likelihood_interval.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "results/verdict/statistics/tilt.hpp"
#include "results/verdict/statistics/variation.hpp"
#include "sim/numerics/elementary.hpp"
#include "sim/numerics/reduce.hpp"

namespace twostage {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// The unseen row: (1 + 20 / n) times as far out as the furthest row and this many times the third.
constexpr double of_third = 3;

// theta and its derivative by each row, for any weights of the rows. The last row stands for what was not
// seen. Columns are centred at the sample's means; what a column lacks is 0 there, and marked in `present_`.
class Functional {
 public:
  explicit Functional(const Sample& sample)
      : weights_(sample.weights), link_(sample.link), observed_(sample.replicates()), rows_(observed_ + 1) {
    for (std::size_t k = 0; k < weights_.size(); ++k) {
      const auto column = sample.column(k);
      std::vector<double> present(rows_, 1.0);
      for (std::size_t r = 0; r < observed_; ++r) present[r] = std::isnan(column[r]) ? 0 : 1;
      std::vector<double> values(rows_, 0.0);
      for (std::size_t r = 0; r < observed_; ++r) values[r] = present[r] > 0 ? column[r] : 0;
      count_.push_back(num::sum(present) - 1);
      centre_.push_back(num::sum(values) / count_[k]);
      size_.push_back(0);
      for (std::size_t r = 0; r < observed_; ++r) size_[k] += std::fabs(values[r]) / count_[k];
      non_negative_.push_back(*std::ranges::min_element(values) >= 0);
      for (std::size_t r = 0; r < rows_; ++r) values[r] = present[r] * (values[r] - centre_[k]);
      values_.push_back(std::move(values));
      present_.push_back(std::move(present));
    }
    mean_ = centre_;
    share_.assign(weights_.size(), 1.0);
  }

  std::size_t rows() const { return rows_; }
  double fewest() const { return std::ranges::min(count_); }

  // What the unseen row would be, from the two rows by which it is told.
  void place_unseen(std::size_t first, double of_first, std::size_t third, double of_third) {
    for (std::size_t k = 0; k < weights_.size(); ++k) {
      present_[k].back() = std::fmax(present_[k][first], present_[k][third]);
      values_[k].back() = of_first * values_[k][first] + of_third * values_[k][third];
      if (link_ == Link::log && non_negative_[k])
        values_[k].back() = std::fmax(values_[k].back(), -present_[k].back() * centre_[k]);
    }
  }

  // NaN where a mean under a logarithm is not positive. The derivatives that follow are those at `q`.
  double at(std::span<const double> q) {
    double theta = 0;
    for (std::size_t k = 0; k < weights_.size(); ++k) {
      share_[k] = num::dot(q, present_[k]);
      mean_[k] = centre_[k] + num::dot(q, values_[k]) / share_[k];
      if (link_ == Link::log && !(mean_[k] > 0)) return std::nan("");
      theta += weights_[k] * (link_ == Link::log ? num::log(mean_[k]) : mean_[k]);
    }
    return theta;
  }

  void derivatives(std::span<double> y) const {
    std::ranges::fill(y, 0.0);
    for (std::size_t k = 0; k < weights_.size(); ++k) {
      const double factor = gradient(k) / share_[k];
      num::axpy(factor, values_[k], y);
      num::axpy(-factor * (mean_[k] - centre_[k]), present_[k], y);
    }
  }

  // Of what a row's derivative is a difference.
  double scale() const {
    double scale = 0;
    for (std::size_t k = 0; k < weights_.size(); ++k) scale += std::fabs(gradient(k)) * size_[k] / share_[k];
    return scale;
  }

 private:
  double gradient(std::size_t k) const { return link_ == Link::log ? weights_[k] / mean_[k] : weights_[k]; }

  std::span<const double> weights_;
  Link link_;
  std::size_t observed_;
  std::size_t rows_;
  // By column.
  std::vector<std::vector<double>> values_;
  std::vector<std::vector<double>> present_;
  std::vector<double> count_;
  std::vector<double> centre_;
  std::vector<double> size_;
  std::vector<bool> non_negative_;
  std::vector<double> mean_;
  std::vector<double> share_;
};

// The largest `sign` theta within the budget.
class Search {
 public:
  Search(Functional& theta, double sign, double budget)
      : theta_(theta),
        sign_(sign),
        budget_(budget),
        tilt_(theta.rows() - 1),
        y_(theta.rows()),
        target_(theta.rows()),
        q_(theta.rows()),
        trial_(theta.rows()) {}

  double largest(std::span<const double> uniform, double tolerance) {
    std::ranges::copy(uniform, q_.begin());
    double value = sign_ * theta_.at(q_);
    for (int step = 0; step < 100; ++step) {
      theta_.derivatives(y_);
      for (double& y : y_) y *= sign_;
      tilt_.furthest(y_, budget_, target_);
      if (num::dot(target_, y_) <= tolerance) break;
      const double before = std::exchange(value, advance(value));
      if (value == before || value == infinity) break;
    }
    return value;
  }

 private:
  // Towards the target as far as theta still rises: for a mean and a ratio the whole way. A mean under a
  // logarithm that is not positive there bounds nothing.
  double advance(double value) {
    constexpr int halvings = 10;
    double part = 1;
    for (int k = 0; k < halvings; ++k, part /= 2) {
      for (std::size_t r = 0; r < q_.size(); ++r) trial_[r] = q_[r] + part * (target_[r] - q_[r]);
      const double next = sign_ * theta_.at(trial_);
      if (std::isnan(next)) return infinity;
      if (next > value) {
        q_.swap(trial_);
        return next;
      }
    }
    theta_.at(q_);
    return value;
  }

  Functional& theta_;
  double sign_;
  double budget_;
  Tilt tilt_;
  std::vector<double> y_, target_, q_, trial_;
};

}  // namespace

std::size_t replicates_needed(double tail) {
  if (!(tail > 0 && tail < 0.5)) throw std::invalid_argument("replicates_needed: the tail lies in (0, 1/2)");
  return static_cast<std::size_t>(std::fmax(20, std::ceil(-3 * num::log(tail))));
}

MeanInterval likelihood_interval(const Sample& sample, double tail) {
  const std::size_t n = sample.replicates();
  const auto rows = static_cast<double>(n);
  if (sample.columns.size() != n * sample.weights.size())
    throw std::invalid_argument("likelihood_interval: columns of unequal length");
  Functional theta(sample);
  if (theta.fewest() < static_cast<double>(replicates_needed(tail)))
    throw std::invalid_argument("likelihood_interval: a column has too few replicates");

  std::vector<double> uniform(n + 1, 1 / rows);
  uniform.back() = 0;
  MeanInterval out;
  out.estimate = theta.at(uniform);
  out.interval = {-infinity, infinity};
  if (std::isnan(out.estimate)) return out;
  std::vector<double> y(n + 1);
  theta.derivatives(y);
  y.pop_back();
  out.standard_error = std::sqrt(num::dot(y, y) / rows / (rows - 1));

  out.differing = differing_rows(sample, y, theta.scale());
  out.varies = varies(out.differing, n, tail);
  if (!out.varies) return out;

  const double degrees = theta.fewest() - 1;
  const double t = quantile(complement(boost::math::students_t(degrees), tail));
  const double budget = (degrees + 1) / 2 * num::log(1 + t * t / degrees);
  const double of_first = 1 + 20 / theta.fewest();
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto end = [&](double sign) {
    std::ranges::partial_sort(order, order.begin() + 3, std::ranges::greater{},
                              [&](std::size_t r) { return std::pair(sign * y[r], r); });
    theta.place_unseen(order[0], of_first, order[2], of_third);
    return sign * Search(theta, sign, budget).largest(uniform, 1e-10 * out.standard_error);
  };
  out.interval = {end(-1), end(1)};
  return out;
}

}  // namespace twostage
