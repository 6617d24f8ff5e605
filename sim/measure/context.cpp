// The context of a replicate: the distinct completions of its data, sorted as paths.
#include <algorithm>

#include "sim/measure/metric.hpp"
#include "sim/preference/path_index.hpp"

namespace twostage {
namespace {

// From the table, where equal pairs stand once: there is less to sort.
std::vector<EdgeId> distinct_completions(const PairTable& table) {
  PathIndex index(table.horizon);
  for (std::size_t k = 0; k < table.rows(); ++k) {
    index.number(table.first_path(k));
    index.number(table.second_path(k));
  }
  std::vector<std::span<const EdgeId>> paths;
  paths.reserve(index.size());
  for (std::size_t k = 0; k < index.size(); ++k) paths.push_back(index.path(k));
  std::sort(paths.begin(), paths.end(),
            [](auto a, auto b) { return std::ranges::lexicographical_compare(a, b); });
  std::vector<EdgeId> out;
  out.reserve(paths.size() * table.horizon);
  for (const auto path : paths) out.insert(out.end(), path.begin(), path.end());
  return out;
}

}  // namespace

Context::Context(const World& w, const PreferenceData& d, const SoftPlan& plan, const Yardsticks& against)
    : Context(w, d, tabulate(d), plan, against) {}

Context::Context(const World& w, const PreferenceData& d, const PairTable& table, const SoftPlan& plan,
                 const Yardsticks& against)
    : world(w), data(d), optimum(plan), seen(distinct_completions(table)), yardsticks(against) {}

}  // namespace twostage
