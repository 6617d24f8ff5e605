#include "sim/basis/sparse_basis.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <tuple>

namespace twostage {

SparseBasis::SparseBasis(const TokenGraph& graph, std::vector<int> degree, std::vector<Entry> entries,
                         bool independent)
    : horizon_(static_cast<std::size_t>(graph.horizon())),
      degree_(std::move(degree)),
      entry_(std::move(entries)),
      begin_(graph.edges() + 1, 0),
      independent_(independent) {
  if (degree_.empty() || degree_.front() < 1 || !std::ranges::is_sorted(degree_))
    throw std::invalid_argument("sparse basis: needs functions, in the order of their degrees");
  std::ranges::sort(entry_, {}, [](const Entry& x) { return std::tie(x.edge, x.function); });
  for (std::size_t i = 0; i < entry_.size(); ++i) {
    const Entry& x = entry_[i];
    if (x.edge < 0 || static_cast<std::size_t>(x.edge) >= graph.edges())
      throw std::invalid_argument("sparse basis: an entry's edge is not in the graph");
    if (x.function < 0 || static_cast<std::size_t>(x.function) >= degree_.size())
      throw std::invalid_argument("sparse basis: an entry's function is none of the basis");
    if (i > 0 && entry_[i - 1].edge == x.edge && entry_[i - 1].function == x.function)
      throw std::invalid_argument("sparse basis: two entries for one edge and function");
    integers_ = integers_ && x.value == std::floor(x.value);
    ++begin_[static_cast<std::size_t>(x.edge) + 1];
  }
  for (std::size_t e = 0; e < graph.edges(); ++e) begin_[e + 1] += begin_[e];
  for (std::size_t p = 0; p < graph.prompts(); ++p)
    for (int h = 0; h < graph.horizon(); ++h) ranges_.push_back(graph.prompt_edges(h, p));
}

std::size_t SparseBasis::count_up_to(int degree) const {
  return static_cast<std::size_t>(std::ranges::upper_bound(degree_, degree) - degree_.begin());
}

void SparseBasis::synthesize_range(EdgeRange range, std::span<const double> c,
                                   std::span<double> edges) const {
  for (EdgeId e = range.begin; e < range.end; ++e) {
    double sum = 0;
    for (const Entry& x : row(e))
      if (static_cast<std::size_t>(x.function) < c.size())
        sum += x.value * c[static_cast<std::size_t>(x.function)];
    edges[static_cast<std::size_t>(e)] = sum;
  }
}

void SparseBasis::analyze_range(EdgeRange range, std::span<const double> edges, std::span<double> out) const {
  for (EdgeId e = range.begin; e < range.end; ++e)
    for (const Entry& x : row(e))
      if (static_cast<std::size_t>(x.function) < out.size())
        out[static_cast<std::size_t>(x.function)] += x.value * edges[static_cast<std::size_t>(e)];
}

void SparseBasis::synthesize(std::span<const double> c, std::span<double> edges) const {
  synthesize_range({0, static_cast<EdgeId>(begin_.size() - 1)}, c, edges);
}

void SparseBasis::analyze(std::span<const double> edges, std::span<double> out) const {
  std::ranges::fill(out, 0.0);
  analyze_range({0, static_cast<EdgeId>(begin_.size() - 1)}, edges, out);
}

void SparseBasis::synthesize_prompt(std::size_t prompt, std::span<const double> c,
                                    std::span<double> edges) const {
  for (std::size_t h = 0; h < horizon_; ++h) synthesize_range(ranges_[prompt * horizon_ + h], c, edges);
}

void SparseBasis::analyze_prompt(std::size_t prompt, std::span<const double> edges,
                                 std::span<double> out) const {
  std::ranges::fill(out, 0.0);
  for (std::size_t h = 0; h < horizon_; ++h) analyze_range(ranges_[prompt * horizon_ + h], edges, out);
}

void SparseBasis::add_path(std::span<const EdgeId> path, double scale, std::span<double> out) const {
  for (const EdgeId e : path)
    for (const Entry& x : row(e))
      if (static_cast<std::size_t>(x.function) < out.size())
        out[static_cast<std::size_t>(x.function)] += scale * x.value;
}

}  // namespace twostage
