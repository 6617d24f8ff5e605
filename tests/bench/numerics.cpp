// Elementary functions over arrays against the C library's, one element at a time.
#include <benchmark/benchmark.h>

#include <cmath>
#include <vector>

#include "sim/numerics/elementary.hpp"
#include "sim/numerics/reduce.hpp"
#include "tests/support/sequence.hpp"

namespace {

using namespace twostage;

const std::vector<double> kArguments = test::uniform_values(1, 4096, -5, 5);
const std::vector<double> kPositive = test::uniform_values(2, 4096, 0.01, 10);

void report(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kArguments.size()));
}

template <void (*function)(std::span<const double>, std::span<double>)>
void array(benchmark::State& state, const std::vector<double>& x) {
  std::vector<double> out(x.size());
  for (auto _ : state) {
    function(x, out);
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  report(state);
}

template <double (*function)(double)>
void library(benchmark::State& state, const std::vector<double>& x) {
  std::vector<double> out(x.size());
  for (auto _ : state) {
    for (std::size_t i = 0; i < x.size(); ++i) out[i] = function(x[i]);
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  report(state);
}

template <double (*function)(std::span<const double>)>
void reduction(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(function(kArguments));
  report(state);
}

BENCHMARK_CAPTURE(array<num::exp>, exp, kArguments);
BENCHMARK_CAPTURE(library<std::exp>, std_exp, kArguments);
BENCHMARK_CAPTURE(array<num::log>, log, kPositive);
BENCHMARK_CAPTURE(library<std::log>, std_log, kPositive);
BENCHMARK_CAPTURE(array<num::softplus>, softplus, kArguments);
BENCHMARK_CAPTURE(array<num::sigmoid>, sigmoid, kArguments);
BENCHMARK_CAPTURE(array<num::exp_residual>, exp_residual, kArguments);
BENCHMARK(reduction<num::sum>);
BENCHMARK(reduction<num::max>);
BENCHMARK(reduction<num::log_sum_exp>);

}  // namespace
