#include "tests/bench/target.hpp"

#include <algorithm>
#include <chrono>
#include <limits>

namespace twostage::bench {
namespace {

double seconds(const std::function<void()>& function, int calls) {
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < calls; ++i) function();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / calls;
}

}  // namespace

std::vector<Target>& targets() {
  static std::vector<Target> all;
  return all;
}

bool& quick() {
  static bool is_so = false;
  return is_so;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t n = values.size();
  return 0.5 * (values[(n - 1) / 2] + values[n / 2]);
}

std::vector<double> fastest(const std::vector<std::function<void()>>& functions, int rounds) {
  constexpr double kRoundSeconds = 1e-3;  // long against the clock, short against other processes
  if (quick()) rounds = 1;
  std::vector<int> calls;
  for (const auto& f : functions) {
    f();  // warm
    calls.push_back(quick() ? 1 : std::max(1, static_cast<int>(kRoundSeconds / seconds(f, 1))));
  }
  std::vector<double> best(functions.size(), std::numeric_limits<double>::infinity());
  for (int round = 0; round < rounds; ++round)
    for (std::size_t k = 0; k < functions.size(); ++k)
      best[k] = std::min(best[k], seconds(functions[k], calls[k]));
  return best;
}

double share(const std::function<void()>& part, const std::function<void()>& whole, int rounds) {
  std::vector<double> shares;
  part();  // warm
  whole();
  for (int round = 0; round < (quick() ? 1 : rounds); ++round) {
    const double of_part = seconds(part, 1);
    shares.push_back(of_part / seconds(whole, 1));
  }
  return median(shares);
}

double relative_throughput(const std::function<void()>& work, const std::function<void()>& bare) {
  const auto t = fastest({work, bare});
  return t[1] / t[0];
}

}  // namespace twostage::bench
