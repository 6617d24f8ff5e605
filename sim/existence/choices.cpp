#include "sim/existence/choices.hpp"

#include <algorithm>
#include <set>

#include "sim/existence/existence.hpp"
#include "sim/existence/visited_features.hpp"
#include "sim/numerics/reduce.hpp"

namespace twostage {
namespace {

constexpr double kMostNumbers = 1 << 23;  // of features (64 MB)

// Each (chosen edge, other edge of its state), once.
std::vector<std::pair<EdgeId, EdgeId>> choices(const TokenGraph& graph, const PreferenceData& data) {
  const std::set<EdgeId> chosen(data.chosen.begin(), data.chosen.end());
  std::vector<std::pair<EdgeId, EdgeId>> out;
  for (const EdgeId e : chosen) {
    const EdgeRange edges = graph.leaving(graph.source(e));
    for (EdgeId other = edges.begin; other < edges.end; ++other)
      if (other != e) out.emplace_back(e, other);
  }
  return out;
}

bool choices_fit(const LinearModel& model, const World& world, const PreferenceData& data) {
  return model.parameters() <= ExistenceLimits{}.parameters &&
         VisitedFeatures::most_numbers(model, world, data.size()) <= kMostNumbers;
}

}  // namespace

std::vector<double> choice_matrix(const LinearModel& model, const World& world, const PreferenceData& data) {
  const VisitedFeatures features(model, world, data.chosen);
  const auto pairs = choices(world.graph, data);
  const std::size_t p = model.parameters();
  std::vector<double> out(pairs.size() * p);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const auto row = std::span(out).subspan(i * p, p);
    std::ranges::copy(features.at(pairs[i].first), row.begin());
    num::axpy(-1, features.at(pairs[i].second), row);
  }
  return out;
}

KnownExistence existence_of_choices(const LinearModel& model, const World& world,
                                    const PreferenceData& data) {
  if (!choices_fit(model, world, data)) return {};
  const VisitedFeatures features(model, world, data.chosen);
  FeatureRow rows;
  std::vector<std::size_t> end;
  for (const auto& [chosen, other] : choices(world.graph, data)) {
    for (std::size_t k = 0; k < model.parameters(); ++k)
      for (const auto& [e, sign] : {std::pair(chosen, 1.0), std::pair(other, -1.0)})
        if (const double x = features.at(e)[k]; x != 0) {
          rows.index.push_back(static_cast<std::int32_t>(k));
          rows.value.push_back(sign * x);
        }
    end.push_back(rows.index.size());
  }
  return known(test_existence(model, scaled_rows(model, rows, end)));
}

}  // namespace twostage
