#include "sim/basis/feature_basis.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "sim/numerics/reduce.hpp"

namespace twostage {

FeatureBasis::FeatureBasis(std::size_t size, const TokenGraph& forest, std::vector<double> features,
                           double unit)
    : size_(size), prompts_(forest.prompts()), features_(std::move(features)), unit_(unit) {
  if (size_ == 0 || features_.size() != size_ * forest.edges())
    throw std::invalid_argument("feature basis: needs one row of features per edge");
  for (int h = 0; h < forest.horizon(); ++h)
    for (std::size_t p = 0; p < prompts_; ++p) ranges_.push_back(forest.prompt_edges(h, p));
}

FeatureBasis::FeatureBasis(std::size_t size, const TokenGraph& forest, std::vector<double> features)
    : FeatureBasis(size, forest, std::move(features), kUnit) {
  for (double& x : features_) x = std::floor(x * kUnit + 0.5) / kUnit;
}

FeatureBasis FeatureBasis::as_given(std::size_t size, const TokenGraph& forest,
                                    std::vector<double> features) {
  return {size, forest, std::move(features), 0};
}

void FeatureBasis::synthesize(std::span<const double> c, std::span<double> edges) const {
  for (std::size_t e = 0; e < edges.size(); ++e) edges[e] = num::dot(row(e, c.size()), c);
}

void FeatureBasis::analyze(std::span<const double> edges, std::span<double> out) const {
  std::ranges::fill(out, 0.0);
  for (std::size_t e = 0; e < edges.size(); ++e) num::axpy(edges[e], row(e, out.size()), out);
}

void FeatureBasis::synthesize_prompt(std::size_t prompt, std::span<const double> c,
                                     std::span<double> edges) const {
  for (std::size_t i = prompt; i < ranges_.size(); i += prompts_)
    for (auto e = static_cast<std::size_t>(ranges_[i].begin); e < static_cast<std::size_t>(ranges_[i].end);
         ++e)
      edges[e] = num::dot(row(e, c.size()), c);
}

void FeatureBasis::analyze_prompt(std::size_t prompt, std::span<const double> edges,
                                  std::span<double> out) const {
  std::ranges::fill(out, 0.0);
  for (std::size_t i = prompt; i < ranges_.size(); i += prompts_)
    for (auto e = static_cast<std::size_t>(ranges_[i].begin); e < static_cast<std::size_t>(ranges_[i].end);
         ++e)
      num::axpy(edges[e], row(e, out.size()), out);
}

void FeatureBasis::add_path(std::span<const EdgeId> path, double scale, std::span<double> out) const {
  for (const EdgeId e : path) num::axpy(scale, row(static_cast<std::size_t>(e), out.size()), out);
}

}  // namespace twostage
