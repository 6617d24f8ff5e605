// Laws that regrets have, or nearly, with their means: what intervals of means must cover.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "results/verdict/statistics/likelihood_interval.hpp"
#include "sim/random/draw.hpp"
#include "sim/random/stream.hpp"

namespace twostage::test {

// One replicate: a value for each column of a statistic sum_k weights_k log mean_k whose true value is
// `truth`.
struct Law {
  std::string name;
  double truth;
  std::vector<double> weights;
  std::function<void(Philox4x64&, double* row)> draw;
};

inline double square_of_normal(Philox4x64& engine) {
  const double z = draw_normal(engine);
  return z * z;
}

// The mean of one column.
inline Law single(const char* name, double mean, double (*value)(Philox4x64&)) {
  return {name, std::log(mean), {1.0}, [value](Philox4x64& engine, double* row) { row[0] = value(engine); }};
}

// The limit law of a regret of one direction: n regret is a chi-square of one degree.
inline Law chi_square() {
  return single("chi-square 1", 1, square_of_normal);
}

// The limit law of regrets, paired: weighted chi-squares with weights 1, 1/2, ..., 1/15; the second arm has
// the first four of the terms. The means are harmonic sums: 1 + ... + 1/15 and 25/12.
inline Law chi_square_ratio() {
  return {"weighted chi-squares",
          std::log(3.3182289932289932 / (25.0 / 12)),
          {1.0, -1.0},
          [](Philox4x64& engine, double* row) {
            row[0] = 0;
            for (int i = 1; i <= 15; ++i) {
              row[0] += square_of_normal(engine) / i;
              if (i == 4) row[1] = row[0];
            }
          }};
}

inline Law lognormal() {
  return single("lognormal 1", std::exp(0.5),
                [](Philox4x64& engine) { return std::exp(draw_normal(engine)); });
}

// Two arms on the same data: correlation 0.7 of the logarithms.
inline Law lognormal_ratio() {
  return {"lognormal 1 ratio", 0, {1.0, -1.0}, [](Philox4x64& engine, double* row) {
            const double shared = std::sqrt(0.7) * draw_normal(engine);
            row[0] = std::exp(shared + std::sqrt(0.3) * draw_normal(engine));
            row[1] = std::exp(shared + std::sqrt(0.3) * draw_normal(engine));
          }};
}

// P(X > x) = x^-power from 1 on: the variance is finite from power 2 on.
inline Law pareto(const char* name, double power) {
  return {name, std::log(power / (power - 1)), {1.0}, [power](Philox4x64& engine, double* row) {
            row[0] = std::pow(1 - draw_uniform(engine), -1 / power);
          }};
}

// Chi-squares of one degree, one in `rarity` of them `times` as large.
inline Law rare_large(const char* name, double rarity, double times) {
  return {name, std::log(1 + (times - 1) / rarity), {1.0}, [=](Philox4x64& engine, double* row) {
            const bool large = draw_uniform(engine) * rarity < 1;
            row[0] = (large ? times : 1.0) * square_of_normal(engine);
          }};
}

// One with probability 1/10, else zero.
inline Law atoms() {
  return single("atoms", 0.1, [](Philox4x64& engine) { return draw_uniform(engine) < 0.1 ? 1.0 : 0.0; });
}

// Lognormal with probability 1/10, else zero.
inline Law mostly_zero() {
  return single("mostly zero", 0.1 * std::exp(0.5), [](Philox4x64& engine) {
    return draw_uniform(engine) < 0.1 ? std::exp(draw_normal(engine)) : 0.0;
  });
}

// The slope of the logarithm of a mean over four cells with an eighth, a quarter, a half and all of the
// replicates, which share what they have (lognormals, log-correlation 1/2).
inline Law lacking_slope(std::size_t replicates) {
  return {"slope, cells lacking",
          0,
          {-0.3, -0.1, 0.1, 0.3},
          [replicates, r = std::size_t{0}](Philox4x64& engine, double* row) mutable {
            const double shared = std::sqrt(0.5) * draw_normal(engine);
            for (std::size_t k = 0; k < 4; ++k) {
              const double x = std::exp(shared + std::sqrt(0.5) * draw_normal(engine));
              row[k] = r < replicates >> (3 - k) ? x : std::nan("");
            }
            r = (r + 1) % replicates;
          }};
}

// What a count whose mean is at most `expected` exceeds with probability below 1e-6 (a Poisson tail at five
// standard deviations and four): the false-alarm rate, a side, on a stream chosen anew.
inline double most_misses(double expected) {
  return expected + 5 * std::sqrt(expected) + 4;
}

// How often the ends of an interval miss, by tail.
struct Misses {
  std::vector<double> tails;  // falling, so that intervals widen
  std::vector<int> low;       // the truth lies below the interval
  std::vector<int> high;      // above
  int unbounded = 0;          // data sets without a finite interval at the first tail
  double width = 0;           // mean of the bounded at the first tail, in standard errors to each side
};

// Over `data_sets` samples of a fixed stream. An interval at a smaller tail contains those at larger ones, so
// only the data sets that were missed are looked at again.
inline Misses misses(const Law& law, std::size_t replicates, int data_sets, std::vector<double> tails) {
  const RandomSource source(7, law.name);
  const std::size_t columns = law.weights.size();
  Misses out{std::move(tails), std::vector<int>(8), std::vector<int>(8)};
  Sample sample{std::vector<double>(columns * replicates), law.weights, Link::log};
  std::vector<double> row(columns);
  for (int d = 0; d < data_sets; ++d) {
    Philox4x64 engine = source.stream(Purpose::data, 0, replicates, static_cast<std::uint64_t>(d));
    for (std::size_t r = 0; r < replicates; ++r) {
      law.draw(engine, row.data());
      for (std::size_t k = 0; k < columns; ++k) sample.columns[k * replicates + r] = row[k];
    }
    for (std::size_t t = 0; t < out.tails.size(); ++t) {
      const MeanInterval result = likelihood_interval(sample, out.tails[t]);
      if (std::isnan(result.estimate)) break;
      if (t == 0) {
        const double width = (result.interval.high - result.interval.low) / 2 / result.standard_error;
        if (std::isfinite(width))
          out.width += width;
        else
          ++out.unbounded;
      }
      const bool low = law.truth < result.interval.low;
      const bool high = law.truth > result.interval.high;
      if (!low && !high) break;
      if (low) ++out.low[t];
      if (high) ++out.high[t];
    }
  }
  out.width /= std::max(1, data_sets - out.unbounded);
  return out;
}

}  // namespace twostage::test
