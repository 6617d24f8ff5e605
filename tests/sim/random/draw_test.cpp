// Draws: first values fixed for ever, and the laws. Statistical tests run on fixed streams; the stated rate
// is the chance that a correct generator fails on a stream picked at random.
#include "sim/random/draw.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <vector>

#include "sim/random/stream.hpp"

namespace twostage {
namespace {

Philox4x64 engine(std::uint64_t index) {
  return RandomSource(2024, "draw").stream(Purpose::world, 0, 0, index);
}

template <typename Draw>
std::vector<double> draws(std::uint64_t index, std::size_t n, Draw draw) {
  Philox4x64 e = engine(index);
  std::vector<double> x(n);
  for (double& v : x) v = draw(e);
  return x;
}

TEST(Draw, GoldenFirstValues) {
  const std::vector<double> uniform = {0x1.5958093972e69p-2, 0x1.b074a171fd256p-1, 0x1.b82c75fd11736p-1,
                                       0x1.9f966744cc438p-1};
  const std::vector<double> normal = {-0x1.ae8cb567f8054p-1, -0x1.e5297535b6aafp-1, -0x1.ca523ab0782cdp+0,
                                      0x1.443c94c0c5939p+0};
  EXPECT_EQ(draws(0, 4, draw_uniform), uniform);
  EXPECT_EQ(draws(0, 4, draw_normal), normal);
}

// Kolmogorov-Smirnov: P(sqrt(n) D > d) ~ 2 exp(-2 d^2); d = 2.7 gives 9e-7.
double kolmogorov(std::vector<double> probability) {
  std::sort(probability.begin(), probability.end());
  const double n = static_cast<double>(probability.size());
  double d = 0;
  for (std::size_t i = 0; i < probability.size(); ++i)
    d = std::max(
        {d, static_cast<double>(i + 1) / n - probability[i], probability[i] - static_cast<double>(i) / n});
  return std::sqrt(n) * d;
}

TEST(Draw, UniformLaw) {
  const auto x = draws(1, 100000, draw_uniform);
  EXPECT_GE(*std::min_element(x.begin(), x.end()), 0.0);
  EXPECT_LT(*std::max_element(x.begin(), x.end()), 1.0);
  EXPECT_LT(kolmogorov(x), 2.7);
}

TEST(Draw, NormalLaw) {
  auto x = draws(2, 100000, draw_normal);
  const boost::math::normal law;
  // Beyond 3.4426, where the ziggurat hands over to its tail, P = 5.76e-4: 57.6 expected; a Poisson count is
  // outside 23..102 with probability 1.2e-7.
  const auto tail =
      std::count_if(x.begin(), x.end(), [](double v) { return std::fabs(v) > 3.4426198558966521; });
  EXPECT_GE(tail, 23);
  EXPECT_LE(tail, 102);
  for (double& v : x) v = cdf(law, v);
  EXPECT_LT(kolmogorov(x), 2.7);
}

}  // namespace
}  // namespace twostage
