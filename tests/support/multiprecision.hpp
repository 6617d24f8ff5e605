// Reference values of arbitrary precision (MPFR) and errors in units of the last place.
#pragma once

#include <mpfr.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace twostage::test {

class Real {
 public:
  explicit Real(double x, mpfr_prec_t precision = 240) {
    mpfr_init2(value_, precision);
    mpfr_set_d(value_, x, MPFR_RNDN);
  }
  Real(const Real&) = delete;
  Real& operator=(const Real&) = delete;
  ~Real() { mpfr_clear(value_); }

  mpfr_ptr get() { return value_; }
  double rounded() const { return mpfr_get_d(value_, MPFR_RNDN); }

  // |x - value|, rounded to a double.
  double distance(double x) const {
    Real d(x, mpfr_get_prec(value_));
    mpfr_sub(d.value_, d.value_, value_, MPFR_RNDN);
    return std::fabs(d.rounded());
  }

  // The same in units of the last place of the rounded value (of the smallest normal number below it).
  // A result that is infinite or NaN must be exactly that: 0 then, else infinity.
  double ulps(double x) const {
    const double reference = rounded();
    if (!std::isfinite(reference) || !std::isfinite(x)) {
      const bool same = x == reference || (std::isnan(x) && std::isnan(reference));
      return same ? 0 : std::numeric_limits<double>::infinity();
    }
    const int exponent = reference == 0 ? -1021 : std::max(std::ilogb(reference) + 1, -1021);
    Real d(x, mpfr_get_prec(value_));
    mpfr_sub(d.value_, d.value_, value_, MPFR_RNDN);
    mpfr_mul_2si(d.value_, d.value_, 53 - exponent, MPFR_RNDN);
    return std::fabs(d.rounded());
  }

 private:
  mpfr_t value_;
};

}  // namespace twostage::test
