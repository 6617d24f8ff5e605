// The context of a replicate: the distinct completions of its data, sorted as paths.
#include <algorithm>

#include "sim/measure/metric.hpp"

namespace twostage {
namespace {

// From the table, where equal pairs stand once: there is less to sort.
std::vector<EdgeId> distinct_completions(const PairTable& table) {
  std::vector<std::span<const EdgeId>> paths;
  paths.reserve(2 * table.rows());
  for (std::size_t k = 0; k < table.rows(); ++k) {
    paths.push_back(table.first_path(k));
    paths.push_back(table.second_path(k));
  }
  std::sort(paths.begin(), paths.end(),
            [](auto a, auto b) { return std::ranges::lexicographical_compare(a, b); });
  const auto same = [](auto a, auto b) { return std::ranges::equal(a, b); };
  paths.erase(std::unique(paths.begin(), paths.end(), same), paths.end());
  std::vector<EdgeId> out;
  out.reserve(paths.size() * table.horizon);
  for (const auto path : paths) out.insert(out.end(), path.begin(), path.end());
  return out;
}

}  // namespace

Context::Context(const World& w, const PreferenceData& d, const SoftPlan& plan)
    : Context(w, d, tabulate(d), plan) {}

Context::Context(const World& w, const PreferenceData& d, const PairTable& table, const SoftPlan& plan)
    : world(w), data(d), optimum(plan), seen(distinct_completions(table)) {}

}  // namespace twostage
