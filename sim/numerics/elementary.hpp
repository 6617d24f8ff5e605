// Elementary functions with fixed bits: built from + - * / and bit casts only, branch-free so that loops
// over arrays vectorise, identical for every compiler, optimisation level and instruction set.
#pragma once

#include <cmath>
#include <span>

namespace twostage::num {

inline double exp(double x) { return std::exp(x); }
inline double log(double x) { return std::log(x); }
inline double log1p(double x) { return std::log1p(x); }
inline double expm1(double x) { return std::expm1(x); }

// log(1 + e^x), without overflow and without loss for very negative x.
inline double softplus(double x) { return (x > 0 ? x : 0) + log1p(exp(x > 0 ? -x : x)); }

// 1 / (1 + e^-x).
inline double sigmoid(double x) {
  const double e = exp(x > 0 ? -x : x);
  return (x > 0 ? 1.0 : e) / (1.0 + e);
}

// e^x - 1 - x, never negative and accurate near 0: the integrand of every divergence in sim/plan.
inline double exp_residual(double x) { return std::fmax(0.0, std::expm1(x) - x); }

struct SinCos {
  double sin;
  double cos;
};
inline SinCos sincos(double x) { return {std::sin(x), std::cos(x)}; }  // |x| <= 2^20

// Elementwise over arrays of equal length; `out` may be `x` itself.
void exp(std::span<const double> x, std::span<double> out);
void log(std::span<const double> x, std::span<double> out);
void softplus(std::span<const double> x, std::span<double> out);
void sigmoid(std::span<const double> x, std::span<double> out);
void sincos(std::span<const double> x, std::span<double> sin, std::span<double> cos);

}  // namespace twostage::num
