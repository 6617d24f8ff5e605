// Elementary functions over arrays against the C library's, one element at a time, and the reductions.
#include <benchmark/benchmark.h>

#include <cmath>
#include <functional>
#include <vector>

#include "sim/numerics/elementary.hpp"
#include "sim/numerics/reduce.hpp"
#include "tests/bench/target.hpp"
#include "tests/support/sequence.hpp"

namespace twostage::bench {
namespace {

using In = std::span<const double>;
using Out = std::span<double>;

constexpr std::size_t kCount = 4096;  // input and output fit the first cache

template <typename Function>
void elementwise(const char* name, double low, double high, Function function) {
  benchmark::RegisterBenchmark(name, [=](benchmark::State& state) {
    const auto x = test::uniform_values(1, kCount, low, high);
    std::vector<double> out(kCount);
    for (auto _ : state) {
      function(In(x), Out(out));
      benchmark::ClobberMemory();
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kCount));
  });
}

template <typename Function>
void reduction(const char* name, Function function) {
  elementwise(name, -5, 5, [=](In x, Out out) { out[0] = function(x); });
}

void library_exp(In x, Out out) {
  for (std::size_t i = 0; i < x.size(); ++i) out[i] = std::exp(x[i]);
}
void library_log(In x, Out out) {
  for (std::size_t i = 0; i < x.size(); ++i) out[i] = std::log(x[i]);
}

const bool registered = [] {
  elementwise("exp", -5, 5, [](In x, Out out) { num::exp(x, out); });
  elementwise("exp, C library", -5, 5, library_exp);
  elementwise("log", 0.01, 10, [](In x, Out out) { num::log(x, out); });
  elementwise("log, C library", 0.01, 10, library_log);
  elementwise("softplus", -5, 5, [](In x, Out out) { num::softplus(x, out); });
  elementwise("sigmoid", -5, 5, [](In x, Out out) { num::sigmoid(x, out); });
  elementwise("exp_residual", -5, 5, [](In x, Out out) { num::exp_residual(x, out); });
  reduction("sum", [](In x) { return num::sum(x); });
  reduction("dot", [](In x) { return num::dot(x, x); });
  reduction("max", [](In x) { return num::max(x); });
  reduction("log_sum_exp", [](In x) { return num::log_sum_exp(x); });

  RegisterTarget({"exp over an array: throughput / C library", Target::Bound::at_least, 1.0, "", [] {
                    const auto x = test::uniform_values(1, kCount, -5, 5);
                    std::vector<double> out(kCount);
                    return relative_throughput(
                        [&] {
                          num::exp(x, out);
                          benchmark::ClobberMemory();
                        },
                        [&] {
                          library_exp(x, out);
                          benchmark::ClobberMemory();
                        });
                  }});
  return true;
}();

}  // namespace
}  // namespace twostage::bench
