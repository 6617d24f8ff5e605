// Benchmarks by topic (one file each), then the table of targets. Usage: twostage_bench [--targets]
// [Google Benchmark options]; --targets prints the table alone.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <string_view>

#include "tests/bench/target.hpp"

int main(int argc, char** argv) {
  using twostage::bench::Target;
  char** end =
      std::remove_if(argv + 1, argv + argc, [](const char* a) { return a == std::string_view("--targets"); });
  const bool targets_only = end != argv + argc;
  argc = static_cast<int>(end - argv);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  if (!targets_only && benchmark::RunSpecifiedBenchmarks() == 0) return 0;

  std::printf("\n%-58s %12s %14s  %s\n", "target", "measured", "bound", "met");
  for (const Target& t : twostage::bench::targets()) {
    const double measured = t.measure();
    const bool at_least = t.bound == Target::Bound::at_least;
    const bool met = at_least ? measured >= t.value : measured <= t.value;
    std::printf("%-58s %9.2f %-2s %3s %7.2f %-2s  %s\n", t.what.c_str(), measured, t.unit.c_str(),
                at_least ? ">=" : "<=", t.value, t.unit.c_str(), met ? "yes" : "NO");
    std::fflush(stdout);
  }
}
