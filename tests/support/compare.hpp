// Assertions on arrays of numbers: EXPECT_TRUE(all_near(actual, expected, 1e-12)). A failure names the worst
// element, both values in full, and how many others are off.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>

namespace twostage::test {

inline std::string show(double x) {
  char text[96];
  std::snprintf(text, sizeof text, "%.17g (%a)", x, x);
  return text;
}

inline testing::AssertionResult same_length(std::size_t actual, std::size_t expected) {
  if (actual == expected) return testing::AssertionSuccess();
  return testing::AssertionFailure() << actual << " elements where " << expected << " are expected";
}

// |actual - expected| <= absolute + relative |expected|, element by element; equal infinities agree, and so
// do two NaN.
inline testing::AssertionResult all_near(std::span<const double> actual, std::span<const double> expected,
                                         double absolute, double relative = 0) {
  if (const auto same = same_length(actual.size(), expected.size()); !same) return same;
  std::size_t off = 0;
  std::size_t worst = 0;
  double worst_excess = 0;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    if (actual[i] == expected[i] || (std::isnan(actual[i]) && std::isnan(expected[i]))) continue;
    const double tolerance = absolute + relative * std::fabs(expected[i]);
    const double error = std::fabs(actual[i] - expected[i]);
    if (error <= tolerance && std::isfinite(error)) continue;
    const double excess = std::isnan(error) ? INFINITY : error / tolerance;
    if (off++ == 0 || excess > worst_excess) {
      worst = i;
      worst_excess = excess;
    }
  }
  if (off == 0) return testing::AssertionSuccess();
  return testing::AssertionFailure() << off << " of " << actual.size() << " elements differ, the worst at ["
                                     << worst << "]: actual " << show(actual[worst]) << ", expected "
                                     << show(expected[worst]) << ", difference "
                                     << actual[worst] - expected[worst] << ", tolerance " << absolute << " + "
                                     << relative << " |expected|";
}

// Equal bit by bit, except that any two NaN agree.
inline testing::AssertionResult same_bits(std::span<const double> actual, std::span<const double> expected) {
  if (const auto same = same_length(actual.size(), expected.size()); !same) return same;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    if (std::bit_cast<std::uint64_t>(actual[i]) == std::bit_cast<std::uint64_t>(expected[i])) continue;
    if (std::isnan(actual[i]) && std::isnan(expected[i])) continue;
    return testing::AssertionFailure() << "bits differ first at [" << i << "]: actual " << show(actual[i])
                                       << ", expected " << show(expected[i]);
  }
  return testing::AssertionSuccess();
}

}  // namespace twostage::test
