#include "results/verdict/bootstrap.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include "sim/numerics/elementary.hpp"
#include "sim/numerics/reduce.hpp"

namespace twostage {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// The statistic and its standard error for any multiplicity of the rows, from columns centred at the sample's
// means.
class Statistic {
 public:
  Statistic(std::span<const double> columns, std::span<const double> weights, Link link)
      : weights_(weights),
        link_(link),
        rows_(columns.size() / weights.size()),
        centred_(columns.begin(), columns.end()),
        influence_(rows_),
        gradient_(weights.size()) {
    for (std::size_t k = 0; k < weights.size(); ++k) {
      centre_.push_back(num::sum(columns.subspan(k * rows_, rows_)) / static_cast<double>(rows_));
      for (double& x : column(k)) x -= centre_[k];
    }
  }

  std::size_t rows() const { return rows_; }

  struct Value {
    double theta;
    double standard_error;
  };

  Value at(std::span<const double> multiplicity) {
    const double n = static_cast<double>(rows_);
    double theta = 0;
    for (std::size_t k = 0; k < weights_.size(); ++k) {
      const double mean = centre_[k] + num::dot(multiplicity, column(k)) / n;
      if (link_ == Link::log && !(mean > 0)) return {std::nan(""), std::nan("")};
      theta += weights_[k] * (link_ == Link::log ? num::log(mean) : mean);
      gradient_[k] = link_ == Link::log ? weights_[k] / mean : weights_[k];
    }
    // Delta method: the variance of sum_k gradient_k x_k over the rows.
    std::ranges::fill(influence_, 0.0);
    for (std::size_t k = 0; k < weights_.size(); ++k) num::axpy(gradient_[k], column(k), influence_);
    const double sum = num::dot(multiplicity, influence_);
    for (double& y : influence_) y *= y;
    const double squares = num::dot(multiplicity, influence_);
    const double variance = std::fmax(0.0, squares - sum * sum / n) / (n - 1);
    return {theta, std::sqrt(variance / n)};
  }

 private:
  std::span<double> column(std::size_t k) { return std::span(centred_).subspan(k * rows_, rows_); }

  std::span<const double> weights_;
  Link link_;
  std::size_t rows_;
  std::vector<double> centre_;   // per column
  std::vector<double> centred_;  // column after column
  std::vector<double> influence_;
  std::vector<double> gradient_;
};

// Multiplicities of one resample: each word of the stream gives two row numbers (the bias, rows / 2^32, is
// nothing).
void draw_multiplicity(Philox4x64 engine, std::span<double> multiplicity) {
  const std::uint64_t rows = multiplicity.size();
  std::ranges::fill(multiplicity, 0.0);
  for (std::size_t drawn = 0; drawn < rows; drawn += 2) {
    const std::uint64_t word = engine();
    multiplicity[((word >> 32) * rows) >> 32] += 1;
    if (drawn + 1 < rows) multiplicity[((word & 0xffffffffU) * rows) >> 32] += 1;
  }
}

}  // namespace

std::size_t resample_count(double tail) {
  if (!(tail > 0 && tail < 0.5))
    throw std::invalid_argument("resample_count: the tail lies between 0 and 1/2");
  const double wanted = std::fmax(20.0, std::ceil(2000 * tail)) / tail;
  return static_cast<std::size_t>(std::ceil(std::fmin(wanted, 200000.0))) - 1;
}

BootstrapResult studentised_bootstrap(std::span<const double> columns, std::span<const double> weights,
                                      Link link, double tail, const RandomSource& source,
                                      std::uint64_t address) {
  if (weights.empty() || columns.size() % weights.size() != 0 ||
      columns.size() / weights.size() < minimal_replicates)
    throw std::invalid_argument("studentised_bootstrap: too few rows, or columns of unequal length");
  Statistic statistic(columns, weights, link);
  std::vector<double> multiplicity(statistic.rows(), 1.0);
  const auto [theta, standard_error] = statistic.at(multiplicity);
  BootstrapResult result{theta, standard_error, {-infinity, infinity}};
  if (std::isnan(theta)) return result;
  if (standard_error == 0) {
    result.interval = {theta, theta};
    return result;
  }

  const std::size_t resamples = resample_count(tail);
  std::vector<double> t;
  t.reserve(resamples);
  std::size_t undefined = 0;
  for (std::size_t b = 0; b < resamples; ++b) {
    draw_multiplicity(source.stream(Purpose::bootstrap, 0, address, b), multiplicity);
    const auto [theta_b, error_b] = statistic.at(multiplicity);
    const double shift = theta_b - theta;
    if (std::isnan(shift))
      ++undefined;
    else if (error_b > 0)
      t.push_back(shift / error_b);
    else
      t.push_back(shift == 0 ? 0 : std::copysign(infinity, shift));
  }
  // Undefined draws lie beyond both ends: they take the first places from either side.
  const auto k = static_cast<std::size_t>(std::floor(static_cast<double>(resamples + 1) * tail + 1e-9));
  if (k <= undefined) return result;
  const std::size_t place = k - undefined - 1;
  std::ranges::nth_element(t, t.begin() + static_cast<std::ptrdiff_t>(place));
  const double lowest = t[place];
  std::ranges::nth_element(t, t.end() - 1 - static_cast<std::ptrdiff_t>(place));
  const double highest = t[t.size() - 1 - place];
  result.interval = {theta - highest * standard_error, theta - lowest * standard_error};
  return result;
}

}  // namespace twostage
