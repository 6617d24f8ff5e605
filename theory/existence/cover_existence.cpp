#include "theory/existence/cover_existence.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "sim/numerics/elementary.hpp"
#include "theory/distributions/stirling.hpp"

namespace twostage {
namespace {

// P(Bin(n, 1/2) <= k) for k <= n/2, from the largest term down.
double fair_binomial_lower(double n, double k) {
  double term = 1;
  double sum = 1;
  for (double j = k; j > 0 && term > 1e-18 * sum; --j) {
    term *= j / (n - j + 1);
    sum += term;
  }
  return num::exp(log_fair_binomial_term(n, k)) * sum;
}

}  // namespace

CoverProbability cover_existence(std::size_t pairs, std::size_t dimension) {
  if (dimension == 0) return {1, 0};
  if (pairs <= dimension) return {0, 1};
  const double n = static_cast<double>(pairs) - 1;
  const double d = static_cast<double>(dimension);
  if (2 * d <= n + 1) {  // P(Bin < d) is the smaller tail
    const double separable = fair_binomial_lower(n, d - 1);
    return {1 - separable, separable};
  }
  const double exists = fair_binomial_lower(n, n - d);  // P(Bin >= d), mirrored
  return {exists, 1 - exists};
}

CoverProbability cover_existence(std::size_t pairs, std::size_t dimension, double distinct) {
  if (!(distinct >= 0 && distinct <= 1))
    throw std::invalid_argument("cover_existence: a probability must lie in [0, 1]");
  if (distinct == 1) return cover_existence(pairs, dimension);
  if (distinct == 0) return cover_existence(0, dimension);
  // Rows beyond 40 standard deviations weigh less than e^-300.
  const double n = static_cast<double>(pairs);
  const double mean = n * distinct;
  const double reach = 40 * std::sqrt(n * distinct * (1 - distinct)) + 400;
  const auto low = static_cast<std::size_t>(std::max(0.0, mean - reach));
  const auto high = static_cast<std::size_t>(std::min(n, mean + reach));
  CoverProbability out{0, 0};
  for (std::size_t rows = low; rows <= high; ++rows) {
    const double weight = num::exp(log_binomial_term(n, static_cast<double>(rows), distinct));
    if (weight == 0) continue;
    const CoverProbability given = cover_existence(rows, dimension);
    out.exists += weight * given.exists;
    out.separable += weight * given.separable;
  }
  return out;
}

}  // namespace twostage
