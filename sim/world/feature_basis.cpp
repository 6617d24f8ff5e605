#include "sim/world/feature_basis.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "sim/numerics/reduce.hpp"

namespace twostage {

FeatureBasis::FeatureBasis(std::size_t size, std::size_t prompts, std::vector<double> features)
    : size_(size), features_(std::move(features)) {
  if (size_ == 0 || prompts == 0 || features_.size() % (size_ * prompts) != 0)
    throw std::invalid_argument("feature basis: needs one row of features per edge, as many for each prompt");
  edges_ = features_.size() / size_;
  per_prompt_ = edges_ / prompts;
  for (double& x : features_) x = std::floor(x * kUnit + 0.5) / kUnit;
}

void FeatureBasis::synthesize_rows(Rows rows, std::span<const double> c, std::span<double> edges) const {
  for (std::size_t e = rows.begin; e < rows.end; ++e)
    edges[e] = num::dot(std::span(features_).subspan(e * size_, c.size()), c);
}

void FeatureBasis::analyze_rows(Rows rows, std::span<const double> edges, std::span<double> out) const {
  std::ranges::fill(out, 0.0);
  for (std::size_t e = rows.begin; e < rows.end; ++e)
    num::axpy(edges[e], std::span(features_).subspan(e * size_, out.size()), out);
}

void FeatureBasis::synthesize(std::span<const double> c, std::span<double> edges) const {
  synthesize_rows({0, edges_}, c, edges);
}

void FeatureBasis::analyze(std::span<const double> edges, std::span<double> out) const {
  analyze_rows({0, edges_}, edges, out);
}

void FeatureBasis::synthesize_prompt(std::size_t prompt, std::span<const double> c,
                                     std::span<double> edges) const {
  synthesize_rows(rows_of(prompt), c, edges);
}

void FeatureBasis::analyze_prompt(std::size_t prompt, std::span<const double> edges,
                                  std::span<double> out) const {
  analyze_rows(rows_of(prompt), edges, out);
}

void FeatureBasis::add_path(std::span<const EdgeId> path, double scale, std::span<double> row) const {
  for (const EdgeId e : path)
    num::axpy(scale, std::span(features_).subspan(static_cast<std::size_t>(e) * size_, row.size()), row);
}

}  // namespace twostage
