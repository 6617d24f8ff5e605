#include "results/verdict/bootstrap.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
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
// means. What a column lacks is 0 there, and marked in `present_`.
class Statistic {
 public:
  explicit Statistic(const Sample& sample)
      : weights_(sample.weights),
        link_(sample.link),
        rows_(sample.replicates()),
        centred_(sample.columns),
        present_(weights_.size()),
        influence_(rows_),
        gradient_(weights_.size()),
        shift_(weights_.size()) {
    for (std::size_t k = 0; k < weights_.size(); ++k) {
      mark_present(k);
      centre_.push_back(num::sum(column(k)) / count_[k]);
      for (double& x : column(k)) x -= centre_[k];
      for (std::size_t r = 0; r < present_[k].size(); ++r) column(k)[r] *= present_[k][r];
    }
  }

  // Of the shortest column.
  double fewest() const { return std::ranges::min(count_); }

  struct Value {
    double theta;
    double standard_error;
  };

  Value at(std::span<const double> multiplicity) {
    const double n = static_cast<double>(rows_);
    double theta = 0;
    for (std::size_t k = 0; k < weights_.size(); ++k) {
      const double own = present_[k].empty() ? n : num::dot(multiplicity, present_[k]);
      if (own < 2) return {std::nan(""), std::nan("")};
      shift_[k] = num::dot(multiplicity, column(k)) / own;
      const double mean = centre_[k] + shift_[k];
      if (link_ == Link::log && !(mean > 0)) return {std::nan(""), std::nan("")};
      theta += weights_[k] * (link_ == Link::log ? num::log(mean) : mean);
      gradient_[k] = link_ == Link::log ? weights_[k] / mean : weights_[k];
      if (own < n) gradient_[k] *= n / own * std::sqrt(own / (own - 1) * (n - 1) / n);
    }
    // Delta method: the variance of sum_k gradient_k x_k over the rows.
    std::ranges::fill(influence_, 0.0);
    for (std::size_t k = 0; k < weights_.size(); ++k) {
      num::axpy(gradient_[k], column(k), influence_);
      // The mean of a whole column moves every row alike, which the variance does not see.
      if (!present_[k].empty()) num::axpy(-gradient_[k] * shift_[k], present_[k], influence_);
    }
    const double sum = num::dot(multiplicity, influence_);
    for (double& y : influence_) y *= y;
    const double squares = num::dot(multiplicity, influence_);
    const double variance = std::fmax(0.0, squares - sum * sum / n) / (n - 1);
    return {theta, std::sqrt(variance / n)};
  }

 private:
  std::span<double> column(std::size_t k) { return std::span(centred_).subspan(k * rows_, rows_); }

  void mark_present(std::size_t k) {
    const auto lacking = std::ranges::count_if(column(k), [](double x) { return std::isnan(x); });
    count_.push_back(static_cast<double>(rows_) - static_cast<double>(lacking));
    if (lacking == 0) return;
    for (double& x : column(k)) {
      present_[k].push_back(std::isnan(x) ? 0 : 1);
      if (std::isnan(x)) x = 0;
    }
  }

  std::span<const double> weights_;
  Link link_;
  std::size_t rows_;
  std::vector<double> count_;                 // per column: the rows it has
  std::vector<double> centre_;                // per column
  std::vector<double> centred_;               // column after column
  std::vector<std::vector<double>> present_;  // per column: 1 where it has the row; empty when it has all
  std::vector<double> influence_;
  std::vector<double> gradient_;
  std::vector<double> shift_;  // of the resample's mean from the sample's
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

// A statistic with the t values of the resamples seen so far.
class StudentisedStatistic {
 public:
  explicit StudentisedStatistic(const Sample& sample) : statistic_(sample) {
    const std::vector<double> once(sample.replicates(), 1.0);
    estimate_ = statistic_.at(once);
  }

  // A statistic that does not exist or does not vary needs no resampling.
  bool varies() const { return estimate_.standard_error > 0; }

  double fewest() const { return statistic_.fewest(); }

  void add(std::span<const double> multiplicity) {
    const auto [theta, standard_error] = statistic_.at(multiplicity);
    const double shift = theta - estimate_.theta;
    if (std::isnan(shift))
      ++undefined_;
    else if (standard_error > 0)
      t_.push_back(shift / standard_error);
    else
      t_.push_back(shift == 0 ? 0 : std::copysign(infinity, shift));
  }

  // `k`: the place of the quantile from either end; `student`: the least distance of an end, in standard
  // errors.
  BootstrapResult result(std::size_t k, double student) {
    const auto [theta, standard_error] = estimate_;
    if (standard_error == 0) return {theta, 0, {theta, theta}};
    // Undefined draws lie beyond both ends: they take the first places from either side.
    if (std::isnan(theta) || k <= undefined_) return {theta, standard_error, {-infinity, infinity}};
    const auto place = static_cast<std::ptrdiff_t>(k - undefined_ - 1);
    const auto lowest = t_.begin() + place;
    std::ranges::nth_element(t_, lowest);
    const double t_low = std::fmin(*lowest, -student);
    const auto highest = t_.end() - 1 - place;
    std::ranges::nth_element(t_, highest);
    const double t_high = std::fmax(*highest, student);
    return {theta, standard_error, {theta - t_high * standard_error, theta - t_low * standard_error}};
  }

 private:
  Statistic statistic_;
  Statistic::Value estimate_;
  std::vector<double> t_;
  std::size_t undefined_ = 0;
};

}  // namespace

std::size_t resample_count(double tail) {
  if (!(tail > 0 && tail < 0.5))
    throw std::invalid_argument("resample_count: the tail lies between 0 and 1/2");
  const double wanted = std::fmax(20.0, std::ceil(2000 * tail)) / tail;
  return static_cast<std::size_t>(std::ceil(std::fmin(wanted, 200000.0))) - 1;
}

std::vector<BootstrapResult> studentised_bootstrap(std::span<const Sample> samples, double tail,
                                                   const RandomSource& source, std::uint64_t address) {
  if (samples.empty()) return {};
  const std::size_t replicates = samples[0].replicates();
  std::vector<StudentisedStatistic> statistics;
  for (const Sample& sample : samples) {
    if (sample.replicates() != replicates || replicates < minimal_replicates ||
        sample.columns.size() != replicates * sample.weights.size())
      throw std::invalid_argument("studentised_bootstrap: too few replicates, or columns of unequal length");
    statistics.emplace_back(sample);
    if (statistics.back().fewest() < static_cast<double>(minimal_replicates))
      throw std::invalid_argument("studentised_bootstrap: a column lacks too many replicates");
  }

  const std::size_t resamples = resample_count(tail);
  if (std::ranges::any_of(statistics, &StudentisedStatistic::varies)) {
    std::vector<double> multiplicity(replicates);
    for (std::size_t b = 0; b < resamples; ++b) {
      draw_multiplicity(source.stream(Purpose::bootstrap, 0, address, b), multiplicity);
      for (StudentisedStatistic& statistic : statistics)
        if (statistic.varies()) statistic.add(multiplicity);
    }
  }
  const auto k = static_cast<std::size_t>(std::floor(static_cast<double>(resamples + 1) * tail + 1e-9));
  std::vector<BootstrapResult> results;
  for (StudentisedStatistic& statistic : statistics) {
    const boost::math::students_t student(statistic.fewest() - 1);
    results.push_back(statistic.result(k, quantile(complement(student, tail))));
  }
  return results;
}

}  // namespace twostage
