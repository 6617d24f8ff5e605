// Two arms, uniform reference, rewards log 3 and 0, beta = 1: pi*(0) = 3/4 and V = log(1/2 * 3 + 1/2) =
// log 2.
#include <cmath>
#include <cstdio>

#include "sim/plan/sweeps.hpp"

int main() {
  const twostage::TokenGraph graph(2, {0, 1, 3}, {1, 2});
  const double half = std::log(0.5);
  const double reference[] = {half, half};
  const double reward[] = {std::log(3.0), 0.0};
  twostage::SoftPlan plan;
  twostage::soft_plan(graph, reference, reward, 1.0, plan);
  const double p = std::exp(plan.log_policy[0]);
  std::printf("pi*(0) = %.6f, V = %.6f\n", p, plan.value[0]);
  return std::fabs(p - 0.75) < 1e-12 && std::fabs(plan.value[0] - std::log(2.0)) < 1e-12 ? 0 : 1;
}
