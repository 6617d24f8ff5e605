#include "sim/minimise/conjugate_gradient.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "sim/numerics/interruption.hpp"
#include "sim/numerics/reduce.hpp"

namespace twostage::num {

ConjugateGradientEnd conjugate_gradient(WithProducts& f, std::span<const double> b, std::span<double> x,
                                        const ConjugateGradientOptions& options) {
  const std::size_t n = b.size();
  std::vector<double> diagonal(n);
  f.prepare_products(diagonal);
  for (double& d : diagonal) d += options.damping;
  if (!std::ranges::all_of(diagonal, [](double d) { return d > 0 && std::isfinite(d); }))
    return {Solved::failed, 0};
  std::ranges::fill(x, 0.0);
  std::vector<double> residual(b.begin(), b.end()), scaled(n), direction(n, 0.0), product(n);
  double goal = 0, before = 0;
  for (int k = 0;; ++k) {
    for (std::size_t i = 0; i < n; ++i) scaled[i] = residual[i] / diagonal[i];
    const double size = dot(residual, scaled);
    if (!std::isfinite(size)) return {Solved::failed, k};
    if (k == 0) goal = options.tolerance * options.tolerance * size;
    if (size <= goal) return {Solved::yes, k};
    if (k == options.max_products) return {Solved::too_long, k};
    const double back = k == 0 ? 0 : size / before;
    for (std::size_t i = 0; i < n; ++i) direction[i] = scaled[i] + back * direction[i];
    before = size;
    may_interrupt();
    f.hessian_times(direction, product);
    if (options.damping > 0) axpy(options.damping, direction, product);
    const double curvature = dot(direction, product);
    if (!(curvature > 0)) return {Solved::no_curvature, k + 1};
    const double step = size / curvature;
    axpy(step, direction, x);
    axpy(-step, product, residual);
  }
}

}  // namespace twostage::num
