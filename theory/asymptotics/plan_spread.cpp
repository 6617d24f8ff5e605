#include "theory/asymptotics/plan_spread.hpp"

#include "sim/numerics/elementary.hpp"

namespace twostage {

double PlanSpread::excess(double pairs) const {
  double sum = 0;
  for (Eigen::Index i = 0; i < weight.size(); ++i) {
    const double m = shift(i);
    const double v = variance(i) / pairs;
    const double log_mean = m + v / 2;
    // e^a (m + v - 1) + 1 = (e^a - 1 - a)(m + v - 1) + a (m + v) + v/2, and a (m + v) + v/2 is the
    // expansion's (m^2 + v)/2 and what follows.
    const double residual = num::exp_residual(log_mean);
    const double own = residual * (m + v - 1) + log_mean * (m + v) + v / 2 - (m * m + v) / 2;
    sum += weight(i) * (std::fabs(own) + slope(i) * num::exp_residual(v / 2));
  }
  return sum;
}

}  // namespace twostage
