#include "sim/world/indicator_basis.hpp"

#include <algorithm>
#include <stdexcept>

namespace twostage {

IndicatorBasis::IndicatorBasis(const TokenGraph& forest, int h, std::vector<EdgeId> places)
    : horizon_(static_cast<std::size_t>(forest.horizon())),
      layer_(static_cast<std::size_t>(h)),
      place_(std::move(places)),
      function_at_(prompt_edges(forest, h, 0).size(), -1) {
  for (std::size_t k = 0; k < place_.size(); ++k) {
    if (place_[k] < 0 || static_cast<std::size_t>(place_[k]) >= function_at_.size())
      throw std::invalid_argument("indicator basis: a function's place is not in the layer");
    std::int32_t& function = function_at_[static_cast<std::size_t>(place_[k])];
    if (function >= 0) throw std::invalid_argument("indicator basis: two functions at one place");
    function = static_cast<std::int32_t>(k);
  }
  for (std::size_t p = 0; p < forest.prompts(); ++p)
    for (int layer = 0; layer < forest.horizon(); ++layer) edges_.push_back(prompt_edges(forest, layer, p));
}

void IndicatorBasis::synthesize_prompt(std::size_t prompt, std::span<const double> c,
                                       std::span<double> edges) const {
  for (std::size_t h = 0; h < horizon_; ++h) {
    const EdgeRange range = edges_[prompt * horizon_ + h];
    std::fill(edges.begin() + range.begin, edges.begin() + range.end, 0.0);
  }
  for (std::size_t k = 0; k < c.size(); ++k) edges[edge(prompt, k)] = c[k];
}

void IndicatorBasis::analyze_prompt(std::size_t prompt, std::span<const double> edges,
                                    std::span<double> out) const {
  for (std::size_t k = 0; k < out.size(); ++k) out[k] = edges[edge(prompt, k)];
}

void IndicatorBasis::synthesize(std::span<const double> c, std::span<double> edges) const {
  for (std::size_t p = 0; p < prompts(); ++p) synthesize_prompt(p, c, edges);
}

void IndicatorBasis::analyze(std::span<const double> edges, std::span<double> out) const {
  std::ranges::fill(out, 0.0);
  for (std::size_t p = 0; p < prompts(); ++p)
    for (std::size_t k = 0; k < out.size(); ++k) out[k] += edges[edge(p, k)];
}

void IndicatorBasis::add_path(std::span<const EdgeId> path, double scale, std::span<double> row) const {
  const EdgeId first = edges_[layer_].begin;  // of the first prompt; those of the others follow
  const auto place = static_cast<std::size_t>(path[layer_] - first) % function_at_.size();
  const std::int32_t k = function_at_[place];
  if (k >= 0 && static_cast<std::size_t>(k) < row.size()) row[static_cast<std::size_t>(k)] += scale;
}

}  // namespace twostage
