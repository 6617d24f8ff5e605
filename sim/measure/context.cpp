// The context of a replicate: the distinct completions of its data, sorted as paths.
#include <algorithm>

#include "sim/measure/metric.hpp"

namespace twostage {
namespace {

std::vector<EdgeId> distinct_completions(const PreferenceData& data) {
  std::vector<std::span<const EdgeId>> paths;
  paths.reserve(2 * data.size());
  for (std::size_t i = 0; i < data.size(); ++i) {
    paths.push_back(data.chosen_path(i));
    paths.push_back(data.rejected_path(i));
  }
  std::sort(paths.begin(), paths.end(),
            [](auto a, auto b) { return std::ranges::lexicographical_compare(a, b); });
  const auto same = [](auto a, auto b) { return std::ranges::equal(a, b); };
  paths.erase(std::unique(paths.begin(), paths.end(), same), paths.end());
  std::vector<EdgeId> out;
  out.reserve(paths.size() * data.horizon);
  for (const auto path : paths) out.insert(out.end(), path.begin(), path.end());
  return out;
}

}  // namespace

Context::Context(const World& w, const PreferenceData& d, const SoftPlan& plan)
    : world(w), data(d), optimum(plan), seen(distinct_completions(d)) {}

}  // namespace twostage
