#include "sim/numerics/elementary.hpp"

#include "sim/numerics/multiversion.hpp"

namespace twostage::num {
namespace {

// Free functions of raw pointers: what target_clones can multiply on every supported compiler.
#define TWOSTAGE_ELEMENTWISE(kernel, function)                                     \
  TWOSTAGE_MULTIVERSION void kernel(const double* x, double* out, std::size_t n) { \
    TWOSTAGE_INDEPENDENT                                                           \
    for (std::size_t i = 0; i < n; ++i) out[i] = function(x[i]);                   \
  }

TWOSTAGE_ELEMENTWISE(exp_kernel, exp)
TWOSTAGE_ELEMENTWISE(log_kernel, log)
TWOSTAGE_ELEMENTWISE(softplus_kernel, softplus)
TWOSTAGE_ELEMENTWISE(sigmoid_kernel, sigmoid)
TWOSTAGE_ELEMENTWISE(exp_residual_kernel, exp_residual)
#undef TWOSTAGE_ELEMENTWISE

TWOSTAGE_MULTIVERSION void logistic_parts_kernel(const double* x, double* small, double* tail,
                                                 std::size_t n) {
  TWOSTAGE_INDEPENDENT
  for (std::size_t i = 0; i < n; ++i) {
    const double e = exp(-std::fabs(x[i]));
    small[i] = e;
    tail[i] = detail::log1p_unit(e);
  }
}

TWOSTAGE_MULTIVERSION void logistic_kernel(const double* x, double* missed, double* win, double* lose,
                                           std::size_t n) {
  TWOSTAGE_INDEPENDENT
  for (std::size_t i = 0; i < n; ++i) {
    const double e = exp(-std::fabs(x[i]));
    missed[i] = (x[i] < 0.0 ? -x[i] : 0.0) + detail::log1p_unit(e);
    win[i] = (x[i] > 0.0 ? 1.0 : e) / (1.0 + e);
    lose[i] = (x[i] < 0.0 ? 1.0 : e) / (1.0 + e);
  }
}

TWOSTAGE_MULTIVERSION void sincos_kernel(const double* x, double* sin, double* cos, std::size_t n) {
  TWOSTAGE_INDEPENDENT
  for (std::size_t i = 0; i < n; ++i) {
    const SinCos sc = sincos(x[i]);
    sin[i] = sc.sin;
    cos[i] = sc.cos;
  }
}

}  // namespace

void exp(std::span<const double> x, std::span<double> out) {
  exp_kernel(x.data(), out.data(), x.size());
}
void log(std::span<const double> x, std::span<double> out) {
  log_kernel(x.data(), out.data(), x.size());
}
void softplus(std::span<const double> x, std::span<double> out) {
  softplus_kernel(x.data(), out.data(), x.size());
}
void sigmoid(std::span<const double> x, std::span<double> out) {
  sigmoid_kernel(x.data(), out.data(), x.size());
}
void exp_residual(std::span<const double> x, std::span<double> out) {
  exp_residual_kernel(x.data(), out.data(), x.size());
}
void logistic_parts(std::span<const double> x, std::span<double> small, std::span<double> tail) {
  logistic_parts_kernel(x.data(), small.data(), tail.data(), x.size());
}
void logistic(std::span<const double> x, std::span<double> missed, std::span<double> win,
              std::span<double> lose) {
  logistic_kernel(x.data(), missed.data(), win.data(), lose.data(), x.size());
}
void sincos(std::span<const double> x, std::span<double> sin, std::span<double> cos) {
  sincos_kernel(x.data(), sin.data(), cos.data(), x.size());
}

}  // namespace twostage::num
