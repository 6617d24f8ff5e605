// The law of the best and the worst of n: known numbers and all n-tuples.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "sim/completions/top_bottom.hpp"

namespace twostage {
namespace {

using Values = std::vector<double>;

TEST(TopBottom, OfThreeLevelsIsKnown) {
  const Values mass = {1.0 / 2, 1.0 / 3, 1.0 / 6};
  struct Known {
    double n, w21, w20, w10;
  };
  for (const Known& known : {Known{2, 1.0 / 9, 1.0 / 6, 1.0 / 3},
                             {4, 0.0493827160, 0.4675925926, 0.4074074074},
                             {25, 2.9801e-8, 0.9895173742, 0.0104825662}}) {
    const Values w = top_bottom_law(mass, known.n);
    EXPECT_NEAR(w[2 * 3 + 1], known.w21, 1e-10) << known.n;
    EXPECT_NEAR(w[2 * 3 + 0], known.w20, 1e-10) << known.n;
    EXPECT_NEAR(w[1 * 3 + 0], known.w10, 1e-10) << known.n;
  }
}

TEST(TopBottom, IsTheEnumerationOfAllTuples) {
  const Values mass = {0.1, 0.25, 0.6, 0.05};
  for (const std::size_t n : {2u, 3u, 5u}) {
    Values expected(16, 0.0);
    std::size_t all = 1;
    for (std::size_t i = 0; i < n; ++i) all *= 4;
    for (std::size_t code = 0; code < all; ++code) {
      std::size_t best = 0, worst = 3;
      double probability = 1;
      for (std::size_t i = 0, rest = code; i < n; ++i, rest /= 4) {
        best = std::max(best, rest % 4);
        worst = std::min(worst, rest % 4);
        probability *= mass[rest % 4];
      }
      expected[best * 4 + worst] += probability;
    }
    const Values w = top_bottom_law(mass, static_cast<double>(n));
    for (std::size_t k = 0; k < 16; ++k) EXPECT_NEAR(w[k], expected[k], 1e-15) << n << ", " << k;
  }
}

TEST(TopBottom, SumsToOne) {
  const Values mass = {1e-300, 0.3, 0, 0.7 - 1e-9, 1e-9};
  for (const double n : {2.0, 25.0, 1e6}) {
    double sum = 0;
    for (const double w : top_bottom_law(mass, n)) {
      EXPECT_GE(w, 0);
      sum += w;
    }
    EXPECT_NEAR(sum, 1, 1e-9) << n;
  }
}

}  // namespace
}  // namespace twostage
