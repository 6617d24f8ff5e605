// The promise "same study, same bits" at its root: hashes of the results of every elementary function and
// reduction on 10^5 fixed arguments. The constants hold for every supported compiler, optimisation level and
// processor; a change of one is a change of every result file.
#include <gtest/gtest.h>

#include <vector>

#include "sim/numerics/elementary.hpp"
#include "sim/numerics/reduce.hpp"
#include "tests/support/bits_hash.hpp"
#include "tests/support/sequence.hpp"

namespace twostage::num {
namespace {

using Hash = test::BitsHash;

constexpr std::size_t kCount = 100000;

// Half of the arguments moderate, half over [low, high).
std::vector<double> arguments(double low, double high) {
  auto x = test::uniform_values(11, kCount / 2, low / 64, high / 64);
  const auto wide = test::uniform_values(12, kCount - kCount / 2, low, high);
  x.insert(x.end(), wide.begin(), wide.end());
  return x;
}

std::uint64_t hash_of(double (*f)(double), const std::vector<double>& x) {
  Hash h;
  for (const double v : x) h.add(f(v));
  return h.value();
}

TEST(GoldenBits, Elementary) {
  const auto both = arguments(-750, 750);
  const auto positive = arguments(0, 1000);
  EXPECT_EQ(hash_of(exp, both), 0x9902d3d0a52a6cd5ULL);
  EXPECT_EQ(hash_of(expm1, both), 0x636e1794766cc934ULL);
  EXPECT_EQ(hash_of(exp_residual, both), 0xd6a4dd36455fd04eULL);
  EXPECT_EQ(hash_of(softplus, both), 0x2d254175bc030bacULL);
  EXPECT_EQ(hash_of(sigmoid, both), 0xecdc088ffab3586fULL);
  EXPECT_EQ(hash_of(log, positive), 0xd1033a2729609e2aULL);
  EXPECT_EQ(hash_of(log1p, positive), 0xcf29dba062b4b684ULL);
  EXPECT_EQ(hash_of([](double x) { return sincos(x).sin; }, both), 0x91597e79b6b3b601ULL);
  EXPECT_EQ(hash_of([](double x) { return sincos(x).cos; }, both), 0xde10298f1d397cdcULL);
}

TEST(GoldenBits, Arrays) {
  // The kernels chosen at load time give the hash of the scalar functions above.
  const auto x = arguments(-750, 750);
  std::vector<double> out(x.size());
  exp(x, out);
  Hash h;
  for (const double v : out) h.add(v);
  EXPECT_EQ(h.value(), hash_of(exp, x));
}

TEST(GoldenBits, Reductions) {
  const auto x = arguments(-40, 40);
  const auto y = arguments(-3, 5);
  Hash h;
  for (std::size_t n = 0; n < 200; ++n) {
    const std::span<const double> a(x.data() + n, n * 17);
    const std::span<const double> b(y.data() + 2 * n, n * 17);
    for (const double v : {sum(a), dot(a, b), norm(a), max(a), max_abs(b), log_sum_exp(a)}) h.add(v);
  }
  EXPECT_EQ(h.value(), 0xe125f4d897951b44ULL);
}

}  // namespace
}  // namespace twostage::num
