#include "sim/basis/polynomial_basis.hpp"

#include <algorithm>

namespace twostage {

PolynomialBasis::PolynomialBasis(int alphabet, int horizon, std::size_t prompts)
    : transform_(alphabet),
      prompts_(prompts),
      layer_begin_{0},
      degree_end_(static_cast<std::size_t>(horizon) + 1) {
  const auto A = static_cast<std::size_t>(alphabet);
  std::size_t width = 1;
  for (int h = 0; h < horizon; ++h) layer_begin_.push_back(layer_begin_.back() + (width *= A));
  const std::size_t edges = layer_begin_.back();

  // Degree of the digits of each tree edge: those of the edge before it, plus its own.
  std::vector<std::uint8_t> degree(edges);
  for (std::size_t e = 0; e < edges; ++e)
    degree[e] = static_cast<std::uint8_t>((e < A ? 0 : degree[e / A - 1]) + (e % A != 0));
  for (std::size_t e = 0; e < edges; ++e)
    if (e % A != 0) ++degree_end_[degree[e]];
  for (std::size_t d = 1; d < degree_end_.size(); ++d) degree_end_[d] += degree_end_[d - 1];

  // Counting sort by degree. rank[e]: the function named by the digits of e without trailing zeros.
  code_.resize(degree_end_.back());
  parent_.resize(code_.size());
  last_.resize(code_.size());
  std::vector<std::size_t> next(degree_end_);
  std::rotate(next.rbegin(), next.rbegin() + 1, next.rend());  // next[d]: where degree d begins
  std::vector<std::int32_t> rank(edges);
  std::uint8_t h = 0;
  for (std::size_t e = 0; e < edges; ++e) {
    if (e == layer_begin_[h + std::size_t{1}]) ++h;
    const std::int32_t before = e < A ? -1 : rank[e / A - 1];
    if (e % A == 0) {
      rank[e] = before;
      continue;
    }
    const std::size_t k = next[degree[e]]++;
    rank[e] = static_cast<std::int32_t>(k);
    code_[k] = static_cast<EdgeId>(e);
    parent_[k] = before;
    last_[k] = h;
  }
}

std::size_t PolynomialBasis::count_up_to(int degree) const {
  return degree_end_[static_cast<std::size_t>(std::clamp(degree, 0, max_degree()))];
}

std::span<double> PolynomialBasis::layer(std::span<double> edges, int h, std::size_t prompt) const {
  const std::size_t begin = layer_begin_[static_cast<std::size_t>(h)];
  const std::size_t width = layer_begin_[static_cast<std::size_t>(h) + 1] - begin;
  return edges.subspan(prompts_ * begin + prompt * width, width);
}

std::span<const double> PolynomialBasis::layer(std::span<const double> edges, int h,
                                               std::size_t prompt) const {
  const std::size_t begin = layer_begin_[static_cast<std::size_t>(h)];
  const std::size_t width = layer_begin_[static_cast<std::size_t>(h) + 1] - begin;
  return edges.subspan(prompts_ * begin + prompt * width, width);
}

void PolynomialBasis::synthesize_prompt(std::size_t prompt, std::span<const double> c,
                                        std::span<double> edges) const {
  for (int h = 0; h < max_degree(); ++h) std::ranges::fill(layer(edges, h, prompt), 0.0);
  for (std::size_t k = 0; k < c.size(); ++k) {
    const std::size_t h = last_[k];
    layer(edges, last_[k], prompt)[static_cast<std::size_t>(code_[k]) - layer_begin_[h]] = c[k];
  }
  for (int h = 0; h < max_degree(); ++h) transform_.synthesize(layer(edges, h, prompt));
}

void PolynomialBasis::synthesize(std::span<const double> c, std::span<double> edges) const {
  synthesize_prompt(0, c, edges);
  for (int h = 0; h < max_degree(); ++h)
    for (std::size_t p = 1; p < prompts_; ++p)
      std::ranges::copy(layer(edges, h, 0), layer(edges, h, p).begin());
}

void PolynomialBasis::transform_and_gather(std::span<double> tree_edges, std::span<double> out) const {
  for (std::size_t h = 0; h + 1 < layer_begin_.size(); ++h)
    transform_.analyze(tree_edges.subspan(layer_begin_[h], layer_begin_[h + 1] - layer_begin_[h]));
  for (std::size_t k = 0; k < out.size(); ++k) out[k] = tree_edges[static_cast<std::size_t>(code_[k])];
}

void PolynomialBasis::analyze_prompt(std::size_t prompt, std::span<const double> edges,
                                     std::span<double> out) const {
  std::vector<double> work(layer_begin_.back());
  for (int h = 0; h < max_degree(); ++h)
    std::ranges::copy(layer(edges, h, prompt),
                      work.begin() + static_cast<std::ptrdiff_t>(layer_begin_[static_cast<std::size_t>(h)]));
  transform_and_gather(work, out);
}

void PolynomialBasis::analyze(std::span<const double> edges, std::span<double> out) const {
  // The functions are the same in every copy, so the copies may be added first.
  std::vector<double> work(layer_begin_.back(), 0.0);
  for (int h = 0; h < max_degree(); ++h)
    for (std::size_t p = 0; p < prompts_; ++p) {
      const auto copy = layer(edges, h, p);
      double* total = work.data() + layer_begin_[static_cast<std::size_t>(h)];
      for (std::size_t i = 0; i < copy.size(); ++i) total[i] += copy[i];
    }
  transform_and_gather(work, out);
}

void PolynomialBasis::add_path(std::span<const EdgeId> path, double scale, std::span<double> row) const {
  const int A = transform_.alphabet();
  std::vector<double> value(row.size());
  for (std::size_t k = 0; k < row.size(); ++k) {
    const double before = parent_[k] < 0 ? 1.0 : value[static_cast<std::size_t>(parent_[k])];
    value[k] = before * transform_.value(code_[k] % A, path[last_[k]] % A);
    row[k] += scale * value[k];
  }
}

double PolynomialBasis::integer_unit(std::size_t k) const {
  double unit = 1;
  for (auto j = static_cast<std::int32_t>(k); j >= 0; j = parent_[static_cast<std::size_t>(j)])
    unit *= transform_.integer_unit(code_[static_cast<std::size_t>(j)] % transform_.alphabet());
  return unit;
}

}  // namespace twostage
