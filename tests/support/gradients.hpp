// Derivatives by central differences, for comparison with exact ones.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

#include "sim/minimise/smooth_function.hpp"
#include "sim/random/draw.hpp"
#include "sim/random/stream.hpp"

namespace twostage::test {

inline std::vector<double> normal_vector(std::size_t n, std::uint64_t index, double scale = 1) {
  auto stream = RandomSource(99, "test vectors").stream(Purpose::optimiser, 0, 0, index);
  std::vector<double> x(n);
  for (double& v : x) v = scale * draw_normal(stream);
  return x;
}

// Error of a central difference: third derivative h^2 / 6 plus rounding eps |f| / h, both near 1e-9 (1 + |f|)
// at h = 1e-5 for functions with derivatives of order one.
constexpr double kStep = 1e-5;

inline void expect_gradient(num::SmoothFunction& f, std::vector<double> x, double tolerance) {
  std::vector<double> gradient(x.size()), unused(x.size());
  f.evaluate(x, gradient);
  for (std::size_t k = 0; k < x.size(); ++k) {
    const double at = x[k];
    x[k] = at + kStep;
    const double up = f.evaluate(x, unused);
    x[k] = at - kStep;
    const double down = f.evaluate(x, unused);
    x[k] = at;
    EXPECT_NEAR(gradient[k], (up - down) / (2 * kStep), tolerance) << "derivative " << k;
  }
}

inline void expect_hessian(num::TwiceDifferentiable& f, std::vector<double> x, double tolerance) {
  const std::size_t n = x.size();
  std::vector<double> hessian(n * n), up(n), down(n);
  f.evaluate(x, up);
  f.hessian(hessian);
  for (std::size_t k = 0; k < n; ++k) {
    const double at = x[k];
    x[k] = at + kStep;
    f.evaluate(x, up);
    x[k] = at - kStep;
    f.evaluate(x, down);
    x[k] = at;
    for (std::size_t i = k; i < n; ++i)
      EXPECT_NEAR(hessian[i * n + k], (up[i] - down[i]) / (2 * kStep), tolerance)
          << "entry " << i << ", " << k;
  }
}

}  // namespace twostage::test
