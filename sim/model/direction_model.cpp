#include "sim/model/direction_model.hpp"

#include <algorithm>
#include <stdexcept>

#include "sim/model/path_covariance.hpp"
#include "sim/plan/sweeps.hpp"
#include "sim/world/prompt_set.hpp"

namespace twostage {

DirectionModel::DirectionModel(const World& world, std::vector<double> direction)
    : world_(world),
      direction_(std::move(direction)),
      blocks_(world.shared_classes ? 1 : prompts_with_data(world)) {
  std::vector<double> smallest(world.graph.prompts()), largest(world.graph.prompts());
  path_sum_range(world.graph, direction_, smallest, largest);
  std::vector<bool> seen(blocks_, false);
  for (std::size_t p = 0; p < prompts_with_data(world); ++p)
    if (smallest[p] < largest[p]) seen[block(p)] = true;
  rank_ = static_cast<std::size_t>(std::ranges::count(seen, true));
  if (rank_ == 0) throw std::invalid_argument("direction model: the direction is constant");
}

void DirectionModel::scores(std::span<const double> theta, std::span<double> edge_scores) const {
  for (std::size_t p = 0; p < world_.graph.prompts(); ++p)
    for (int h = 0; h < world_.graph.horizon(); ++h) {
      const EdgeRange range = world_.graph.prompt_edges(h, p);
      for (auto e = static_cast<std::size_t>(range.begin); e < static_cast<std::size_t>(range.end); ++e)
        edge_scores[e] = block(p) < blocks_ ? theta[block(p)] * direction_[e] : 0;
    }
}

void DirectionModel::pullback(std::span<const double>, std::span<const double> d_scores,
                              std::span<double> out) const {
  std::ranges::fill(out, 0.0);
  for (std::size_t p = 0; p < world_.graph.prompts() && block(p) < blocks_; ++p)
    for (int h = 0; h < world_.graph.horizon(); ++h) {
      const EdgeRange range = world_.graph.prompt_edges(h, p);
      for (auto e = static_cast<std::size_t>(range.begin); e < static_cast<std::size_t>(range.end); ++e)
        out[block(p)] += d_scores[e] * direction_[e];
    }
}

void DirectionModel::add_path(std::span<const EdgeId> path, double scale, FeatureRow& row) const {
  const auto k = static_cast<std::int32_t>(block(static_cast<std::size_t>(world_.graph.source(path[0]))));
  if (static_cast<std::size_t>(k) >= blocks_) return;
  for (const EdgeId e : path)
    if (const double value = direction_[static_cast<std::size_t>(e)]; value != 0) {
      row.index.push_back(k);
      row.value.push_back(scale * value);
    }
}

void DirectionModel::path_covariance(std::span<const double> log_policy, std::span<double> out) const {
  generic_path_covariance(*this, world_, log_policy, out);
}

}  // namespace twostage
