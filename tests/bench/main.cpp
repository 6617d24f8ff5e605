// Benchmarks by topic (one file each), then the table of targets.
//   twostage_bench [--targets[=TEXT]] [--paper] [--quick] [Google Benchmark options]
// --targets prints the table alone, of the targets whose name holds TEXT; --paper adds the ten studies at
// paper size, which take minutes; --quick measures as little as shows that the targets work, and judges none.
// --benchmark_list_tests prints names and measures nothing: of the benchmarks, or of the targets.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>

#include "tests/bench/target.hpp"

namespace {

using twostage::bench::Measured;
using twostage::bench::quick;
using twostage::bench::Target;

void print(const Target& target, const Measured& measured) {
  const bool at_least = target.bound == Target::Bound::at_least;
  const bool met = at_least ? measured.value >= target.value : measured.value <= target.value;
  const char* judged = met ? "yes" : "NO";
  if (quick()) judged = "-";
  std::printf("%-58s %9.2f %-2s %3s %7.2f %-2s  %-3s  %s\n", target.what.c_str(), measured.value,
              target.unit.c_str(), at_least ? ">=" : "<=", target.value, target.unit.c_str(), judged,
              measured.note.c_str());
  std::fflush(stdout);
}

// Whether the library is asked for a list, in any of the ways in which it takes a switch.
bool asks_for_list(std::string_view argument) {
  constexpr std::string_view list = "--benchmark_list_tests";
  if (!argument.starts_with(list)) return false;
  const std::string_view rest = argument.substr(list.size());
  return rest.empty() || rest == "=true" || rest == "=1" || rest == "=yes" || rest == "=on";
}

}  // namespace

int main(int argc, char** argv) {
  constexpr std::string_view targets = "--targets", paper = "--paper", briefly = "--quick";
  bool targets_only = false, slow = false;
  std::string text;
  const auto own = [&](const char* argument) {
    const std::string_view given = argument;
    if (given == paper) return slow = true;
    if (given == briefly) return quick() = true;
    if (!given.starts_with(targets)) return false;
    const std::string_view rest = given.substr(targets.size());
    if (!rest.empty() && rest.front() != '=') return false;
    text = rest.empty() ? rest : rest.substr(1);
    return targets_only = true;
  };
  const bool list = std::any_of(argv + 1, argv + argc, asks_for_list);
  argc = static_cast<int>(std::remove_if(argv + 1, argv + argc, own) - argv);
  if (std::any_of(argv + 1, argv + argc, [](std::string_view given) { return given == "--help"; }))
    std::puts(
        "twostage_bench [--targets[=TEXT]] [--paper] [--quick]  benchmarks by topic, then the table of "
        "targets\n"
        "  --targets  the table alone, of the targets with TEXT in their name\n"
        "  --paper    with the ten studies at paper size, which take minutes\n"
        "  --quick    as little as shows that the targets work; none is judged\n");
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  if (!targets_only && benchmark::RunSpecifiedBenchmarks() == 0) return 0;
  const auto chosen = [&](const Target& target) {
    return target.what.find(text) != std::string::npos && (slow || !target.slow);
  };
  if (list) {
    for (const Target& target : twostage::bench::targets())
      if (targets_only && chosen(target)) std::printf("%s\n", target.what.c_str());
    return 0;
  }

  if (std::ranges::none_of(twostage::bench::targets(), chosen)) {
    std::fprintf(
        stderr,
        "twostage_bench: no target has '%s' in its name%s; --targets --benchmark_list_tests lists them\n",
        text.c_str(), slow ? "" : " (without --paper)");
    return 2;
  }
  std::printf("\n%-58s %12s %14s  %-3s  %s\n", "target", "measured", "bound", "met",
              "parts, and what bounds it");
  for (const Target& target : twostage::bench::targets())
    if (chosen(target)) print(target, target.measure());
}
