#include "sim/model/first_token_model.hpp"

#include <algorithm>
#include <stdexcept>

#include "sim/model/path_covariance.hpp"
#include "sim/plan/sweeps.hpp"

namespace twostage {

FirstTokenModel::FirstTokenModel(const World& world) : world_(world), offset_(world.graph.edges(), 0.0) {
  if (world.shared_classes && !world.graph.prompts_are_copies())
    throw std::invalid_argument("first tokens are shared only between prompts with equal graphs");
  for (std::size_t p = 0; p < (world.shared_classes ? 1 : world.graph.prompts()); ++p)
    begin_.push_back(begin_.back() + free(p));
  SoftPlan optimum;
  soft_plan(world.graph, world.log_reference, world.reward, world.beta, optimum);
  const auto later = static_cast<std::size_t>(world.graph.layer_edges(0).end);
  for (std::size_t e = later; e < offset_.size(); ++e)
    offset_[e] = optimum.log_policy[e] - world.log_reference[e];
}

void FirstTokenModel::scores(std::span<const double> theta, std::span<double> edge_scores) const {
  std::ranges::copy(offset_, edge_scores.begin());
  for (std::size_t p = 0; p < world_.graph.prompts(); ++p)
    std::ranges::copy(theta.subspan(begin(p), free(p)),
                      edge_scores.begin() + world_.graph.edge(static_cast<StateId>(p), 1));
}

void FirstTokenModel::pullback(std::span<const double>, std::span<const double> d_scores,
                               std::span<double> out) const {
  std::ranges::fill(out, 0.0);
  for (std::size_t p = 0; p < world_.graph.prompts(); ++p) {
    const auto first = static_cast<std::size_t>(world_.graph.edge(static_cast<StateId>(p), 1));
    for (std::size_t k = 0; k < free(p); ++k) out[begin(p) + k] += d_scores[first + k];
  }
}

void FirstTokenModel::add_path(std::span<const EdgeId> path, double scale, FeatureRow& row) const {
  if (const int a = world_.graph.action(path[0]); a > 0) {
    const std::size_t k = begin(static_cast<std::size_t>(world_.graph.source(path[0])));
    row.index.push_back(static_cast<std::int32_t>(k) + a - 1);
    row.value.push_back(scale);
  }
}

void FirstTokenModel::path_covariance(std::span<const double> log_policy, std::span<double> out) const {
  generic_path_covariance(*this, world_, log_policy, out);
}

}  // namespace twostage
