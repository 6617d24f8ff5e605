// Elementary functions with fixed bits: built from + - * / and bit casts only, branch-free so that loops
// over arrays vectorise, identical for every compiler, optimisation level and instruction set.
//
// Each function reduces its argument (Cody and Waite: a constant split into a short and a remaining part,
// so that the product with a small integer is exact), evaluates a polynomial, and reconstructs. The
// coefficients are weighted minimax fits (Remez exchange in 60 digits), rounded to double; the errors
// stated beside them are those of the rounded polynomials. Comparisons are written so that a NaN passes
// through. Bounds in ulp are asserted against MPFR in tests/sim/numerics/accuracy_test.cpp.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>

namespace twostage::num {

namespace detail {

inline constexpr double kInf = std::numeric_limits<double>::infinity();

inline std::uint64_t bits(double x) {
  return std::bit_cast<std::uint64_t>(x);
}
inline double from_bits(std::uint64_t u) {
  return std::bit_cast<double>(u);
}

// Polynomials in Estrin's order: short dependency chains, and one order of rounding for all.
inline double quad(double x, double xx, double a, double b, double c, double d) {
  return (a + b * x) + xx * (c + d * x);
}

// ln 2 and pi/2 in two parts; the first has trailing zeros enough for an exact product.
inline constexpr double kInvLn2 = 0x1.71547652b82fep+0;
inline constexpr double kLn2Hi = 0x1.62e42fefa3800p-1;  // 42 bits: exact times |k| <= 2^11
inline constexpr double kLn2Lo = 0x1.ef35793c76730p-45;
inline constexpr double kTwoOverPi = 0x1.45f306dc9c883p-1;
inline constexpr double kHalfPiHi = 0x1.921fb54400000p+0;  // 33 bits: exact times |n| <= 2^20
inline constexpr double kHalfPiLo = 0x1.0b4611a626331p-34;

// Adding 1.5 2^52 rounds to an integer and leaves it in the low bits of the sum.
inline constexpr double kRound = 0x1.8p52;

// x = k ln 2 + r with |r| <= ln(2)/2, for |x| < 2^11. The low twelve bits of `biased` hold k + 2046.
struct ExpReduced {
  double r;
  double k;
  std::uint64_t biased;
};
inline ExpReduced exp_reduce(double x) {
  constexpr double shift = kRound + 2046;
  const double t = x * kInvLn2 + shift;
  const double k = t - shift;
  return {(x - k * kLn2Hi) - k * kLn2Lo, k, bits(t)};
}

// y 2^k in two exact halves, so that a subnormal result is rounded once and overflow is infinity.
inline double exp_scale(double y, std::uint64_t biased) {
  const std::uint64_t half = biased >> 1;
  return (y * from_bits(half << 52)) * from_bits((biased - half) << 52);
}

// e^x - 1 - x = x^2 q(x) on [-1, 1]; relative error 2^-54.2.
inline double exp_tail(double x) {
  const double x2 = x * x;
  const double x4 = x2 * x2;
  const double q0 = quad(x, x2, 0.5, 0x1.5555555555555p-3, 0x1.5555555555506p-5, 0x1.111111111124bp-7);
  const double q1 =
      quad(x, x2, 0x1.6c16c16c20d88p-10, 0x1.a01a019ff4ee8p-13, 0x1.a01a0190d4d31p-16, 0x1.71de3a7239969p-19);
  const double q2 =
      quad(x, x2, 0x1.27e50672bd405p-22, 0x1.ae6442bf9b46ap-26, 0x1.1ee577479652cp-29, 0x1.6128d453cc811p-33);
  const double q3 = 0x1.997e1f8263953p-37 + 0x1.b0545a307eeffp-41 * x;
  return x2 * ((q0 + x4 * q1) + (x4 * x4) * (q2 + x4 * q3));
}

// e^x - 1 - x and e^x - 1, from one tail polynomial: at x itself where |x| <= 1, else at the reduced
// argument, e^x - 1 = 2^k (r + tail(r)) + (2^k - 1). 2^(k-1) in place of 2^k delays overflow.
struct ExpMinusOne {
  double residual;
  double expm1;
};
inline ExpMinusOne exp_minus_one(double x) {
  double c = x < -64.0 ? -64.0 : x;
  c = c > 710.0 ? 710.0 : c;
  const ExpReduced e = exp_reduce(c);
  const bool small = std::fabs(x) <= 1.0;
  const double z = small ? c : e.r;
  const double tail = exp_tail(z);
  const double half_scale = from_bits((e.biased - 1024) << 52);  // 2^(k-1)
  const double large = 2.0 * (half_scale * (z + tail) + (half_scale - 0.5));
  // The lower clamp must not enter the linear term; the upper one may: it avoids inf - inf.
  return {small ? tail : large - (x > 710.0 ? 710.0 : x), small ? z + tail : large};
}

// log(1 + f) + k ln 2 + low, for 1 + f in [0.7, 1.5]. With s = f/(2+f):
//   log(1+f) = 2 atanh(s) = f - f^2/2 + s (f^2/2 + s^2 P(s^2)),
// P of relative weight s^2/2 on s^2 <= 0.04: error 2^-61.4.
inline double log_reconstruct(double f, double k, double low) {
  const double s = f / (2.0 + f);
  const double w = s * s;
  const double w2 = w * w;
  const double p0 =
      quad(w, w2, 0x1.555555555554fp-1, 0x1.999999999c0f7p-2, 0x1.24924921ec0e7p-2, 0x1.c71c7488d8425p-3);
  const double p1 =
      quad(w, w2, 0x1.745c4c7b097c6p-3, 0x1.3b358bab24f3cp-3, 0x1.0dcf13ebc401ap-3, 0x1.1b69eb773b748p-3);
  const double half_square = (0.5 * f) * f;
  const double tail = s * (half_square + w * (p0 + (w2 * w2) * p1));
  return k * kLn2Hi - ((half_square - (tail + (k * kLn2Lo + low))) - f);
}

// x = 2^k (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)), for positive finite x.
struct LogReduced {
  double f;
  double k;
};
inline LogReduced log_reduce(double x) {
  constexpr std::uint64_t kSqrtHalf = 0x3fe6a09e667f3bcdULL;
  constexpr std::uint64_t kBias = 0x3feULL << 52;  // keeps the difference positive
  const bool subnormal = x < 0x1p-1022;
  const std::uint64_t u = bits(subnormal ? x * 0x1p54 : x);
  const std::uint64_t exponent = (u - kSqrtHalf + kBias) >> 52;  // k + 0x3fe
  const double f = from_bits(u - (exponent << 52) + kBias) - 1.0;
  // An integer below 2^52 in the low bits of 2^52 is the double 2^52 + integer.
  const double k =
      from_bits(exponent | 0x4330000000000000ULL) - (subnormal ? 0x1p52 + 0x3fe + 54 : 0x1p52 + 0x3fe);
  return {f, k};
}

// log at the ends of its domain: x = 0, negative, infinite, NaN.
inline double log_special(double x, double regular) {
  const double outside = x == 0.0 ? -kInf : std::numeric_limits<double>::quiet_NaN();
  const double y = x > 0.0 ? regular : outside;
  return x == kInf ? x : y;
}

// log(1 + y) for y in [0, 1]: 1 + y is never formed, so nothing is lost.
inline double log1p_unit(double y) {
  const bool low = y <= 0.5;
  const double f = low ? y : 0.5 * (y - 1.0);  // exact
  return log_reconstruct(f, low ? 0.0 : 1.0, 0.0);
}

}  // namespace detail

// Error below 0.9 ulp.
inline double exp(double x) {
  double c = x < -746.0 ? -746.0 : x;  // beyond, the result rounds to 0
  c = c > 710.0 ? 710.0 : c;           // beyond, it overflows
  const detail::ExpReduced e = detail::exp_reduce(c);
  const double r = e.r;
  // (e^r - 1 - r)/r^2, r^2 q(r) relative to e^r: error 2^-57.1.
  const double r2 = r * r;
  const double r4 = r2 * r2;
  const double q0 =
      detail::quad(r, r2, 0.5, 0x1.5555555555501p-3, 0x1.55555555531c5p-5, 0x1.1111111128b2ep-7);
  const double q1 = detail::quad(r, r2, 0x1.6c16c17cda51ap-10, 0x1.a01a011b6d360p-13, 0x1.a019aadd4ed0cp-16,
                                 0x1.71df5643be3f1p-19);
  const double q2 = 0x1.289fe108a3e3ep-22 + 0x1.ad1f86e8f9b07p-26 * r;
  const double q = (q0 + r4 * q1) + (r4 * r4) * q2;
  const double one_plus_r = 1.0 + r;
  const double lost = r - (one_plus_r - 1.0);
  return detail::exp_scale(one_plus_r + (lost + r2 * q), e.biased);
}

// Error below 1 ulp.
inline double log(double x) {
  const detail::LogReduced l = detail::log_reduce(x);
  return detail::log_special(x, detail::log_reconstruct(l.f, l.k, 0.0));
}

// Error below 1 ulp: the rounding error of 1 + x enters as a correction.
inline double log1p(double x) {
  const double u = 1.0 + x;
  const double part = u - 1.0;
  const double lost = (1.0 - (u - part)) + (x - part);
  const detail::LogReduced l = detail::log_reduce(u);
  const bool direct = l.k == 0.0;
  const double y = detail::log_reconstruct(direct ? x : l.f, l.k, direct ? 0.0 : lost / u);
  return detail::log_special(u, y);
}

// Error below 2 ulp.
inline double expm1(double x) {
  return detail::exp_minus_one(x).expm1;
}

// log(1 + e^x), without overflow and without loss for very negative x. Error below 2 ulp.
inline double softplus(double x) {
  return (x > 0.0 ? x : 0.0) + detail::log1p_unit(exp(-std::fabs(x)));
}

// 1 / (1 + e^-x). Error below 3 ulp.
inline double sigmoid(double x) {
  const double e = exp(-std::fabs(x));
  return (x > 0.0 ? 1.0 : e) / (1.0 + e);
}

// e^x - 1 - x, never negative and accurate near 0 (error below 5 ulp): the integrand of every divergence in
// sim/plan.
inline double exp_residual(double x) {
  return detail::exp_minus_one(x).residual;
}

struct SinCos {
  double sin;
  double cos;
};

// For |x| <= 2^20; absolute error below 2e-16. x = n pi/2 + r, |r| <= pi/4; odd n swaps the two.
inline SinCos sincos(double x) {
  using detail::bits;
  using detail::from_bits;
  const double t = x * detail::kTwoOverPi + detail::kRound;
  const double n = t - detail::kRound;
  const std::uint64_t quadrant = bits(t);
  const double r = (x - n * detail::kHalfPiHi) - n * detail::kHalfPiLo;
  const double w = r * r;
  const double w2 = w * w;
  // (sin r - r)/r^3 and (cos r - 1 + w/2)/w^2 in w = r^2; weighted errors 2^-56.8 and 2^-59.5.
  const double s = detail::quad(w, w2, -0x1.5555555555549p-3, 0x1.111111110f842p-7, -0x1.a01a019c0a28ap-13,
                                0x1.71de3570fd4e8p-19) +
                   (w2 * w2) * (-0x1.ae5e60c4798aap-26 + 0x1.5d915e0bbb240p-33 * w);
  const double c = detail::quad(w, w2, 0x1.555555555554cp-5, -0x1.6c16c16c15140p-10, 0x1.a01a019cab73dp-16,
                                -0x1.27e4f8053377dp-22) +
                   (w2 * w2) * (0x1.1ee9e89089356p-29 - 0x1.8facd13ff9bbep-37 * w);
  const std::uint64_t sin_r = bits(r + (r * w) * s);
  const std::uint64_t cos_r = bits((1.0 - 0.5 * w) + w2 * c);
  const std::uint64_t swap = (sin_r ^ cos_r) & (std::uint64_t{0} - (quadrant & 1));
  const std::uint64_t sin_sign = (quadrant & 2) << 62;
  const std::uint64_t cos_sign = ((quadrant + 1) & 2) << 62;
  return {from_bits((sin_r ^ swap) ^ sin_sign), from_bits((cos_r ^ swap) ^ cos_sign)};
}

// Elementwise over arrays of equal length; `out` may be `x` itself. The same bits as the scalar functions,
// whatever the length and the position.
void exp(std::span<const double> x, std::span<double> out);
void log(std::span<const double> x, std::span<double> out);
void softplus(std::span<const double> x, std::span<double> out);
void sigmoid(std::span<const double> x, std::span<double> out);
void exp_residual(std::span<const double> x, std::span<double> out);
// From one exponential: small = e^-|x| and tail = log(1 + e^-|x|), of which softplus and sigmoid are made;
// and missed = softplus(-x), win = sigmoid(x), lose = sigmoid(-x).
void logistic_parts(std::span<const double> x, std::span<double> small, std::span<double> tail);
void logistic(std::span<const double> x, std::span<double> missed, std::span<double> win,
              std::span<double> lose);
void sincos(std::span<const double> x, std::span<double> sin, std::span<double> cos);

}  // namespace twostage::num
