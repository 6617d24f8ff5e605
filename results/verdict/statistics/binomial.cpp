#include "results/verdict/statistics/binomial.hpp"

#include <algorithm>
#include <boost/math/distributions/beta.hpp>
#include <boost/math/distributions/binomial.hpp>
#include <cmath>
#include <stdexcept>

namespace twostage {

Bounds clopper_pearson(double successes, std::size_t trials, double tail) {
  const double n = static_cast<double>(trials);
  if (trials == 0 || successes < 0 || successes > n)
    throw std::invalid_argument("clopper_pearson: no such count");
  const double fewer = std::floor(successes);
  const double more = std::ceil(successes);
  Bounds bounds{0, 1};
  if (fewer > 0) bounds.low = quantile(boost::math::beta_distribution<>(fewer, n - fewer + 1), tail);
  if (more < n)
    bounds.high = quantile(complement(boost::math::beta_distribution<>(more + 1, n - more), tail));
  return bounds;
}

double sign_test(std::size_t wins, std::size_t losses) {
  if (wins + losses == 0) return 1;
  const boost::math::binomial_distribution<> even(static_cast<double>(wins + losses), 0.5);
  return std::min(1.0, 2 * cdf(even, static_cast<double>(std::min(wins, losses))));
}

}  // namespace twostage
