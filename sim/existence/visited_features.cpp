#include "sim/existence/visited_features.hpp"

#include <algorithm>
#include <cmath>

#include "sim/numerics/elementary.hpp"
#include "sim/numerics/reduce.hpp"

namespace twostage {

VisitedFeatures::VisitedFeatures(const LinearModel& model, const World& world, std::span<const EdgeId> paths)
    : graph_(&world.graph), parameters_(model.parameters()), place_(world.graph.states(), 0) {
  std::vector<bool> visited(world.graph.states(), false);
  for (const EdgeId e : paths) visited[static_cast<std::size_t>(graph_->source(e))] = true;
  first_row_.push_back(0);
  for (std::size_t s = 0; s < visited.size(); ++s) {
    if (!visited[s]) continue;
    place_[s] = states_.size();
    states_.push_back(static_cast<StateId>(s));
    first_row_.push_back(first_row_.back() + graph_->leaving(static_cast<StateId>(s)).size());
  }
  features_.resize(first_row_.back() * parameters_);
  const std::span<const double> offset = model.offset();
  std::vector<double> unit(parameters_, 0.0), column(world.graph.edges());
  for (std::size_t k = 0; k < parameters_; ++k) {
    unit[k] = 1;
    model.scores(unit, column);
    unit[k] = 0;
    if (!offset.empty()) num::axpy(-1, offset, column);
    double* out = features_.data() + k;
    for (const StateId s : states_) {
      const EdgeRange edges = graph_->leaving(s);
      for (EdgeId e = edges.begin; e < edges.end; ++e, out += parameters_)
        *out = column[static_cast<std::size_t>(e)];
    }
  }
}

void VisitedFeatures::centre(std::span<const double> log_policy, VisitedFeatures& out) const {
  out = *this;
  std::vector<double> mean(parameters_);
  for (const StateId s : states_) {
    const EdgeRange edges = graph_->leaving(s);
    std::ranges::fill(mean, 0.0);
    for (EdgeId e = edges.begin; e < edges.end; ++e)
      num::axpy(num::exp(log_policy[static_cast<std::size_t>(e)]), at(e), mean);
    for (EdgeId e = edges.begin; e < edges.end; ++e)
      num::axpy(-1, mean, std::span(out.features_).subspan(row(e) * parameters_, parameters_));
  }
}

double VisitedFeatures::most_numbers(const LinearModel& model, const World& world, std::size_t paths) {
  double edges = 0;
  for (int h = 0; h < world.graph.horizon(); ++h) {
    int most = 0;
    for (StateId s = world.graph.layer_begin(h); s < world.graph.layer_end(h); ++s)
      most = std::max(most, world.graph.actions(s));
    edges +=
        std::fmin(static_cast<double>(paths) * most, static_cast<double>(world.graph.layer_edges(h).size()));
  }
  return edges * static_cast<double>(model.parameters());
}

}  // namespace twostage
