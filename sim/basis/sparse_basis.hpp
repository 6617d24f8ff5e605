// A basis written down entry by entry: each function is zero but on a few edges. Tokens scored at one place,
// the entry of a goal and the moves on the way there are such functions.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/basis/edge_basis.hpp"

namespace twostage {

class SparseBasis final : public EdgeBasis {
 public:
  struct Entry {
    EdgeId edge;
    std::int32_t function;
    double value;
  };
  // degree[k]: of function k, not decreasing, at least 1; entries in any order, one at most for an edge and a
  // function. The graph's prompts are apart. `independent` as whoever writes them down knows. Throws
  // std::invalid_argument.
  SparseBasis(const TokenGraph& graph, std::vector<int> degree, std::vector<Entry> entries,
              bool independent = false);

  // Of a graph with so many edges and a basis with so many entries.
  static double bytes(double edges, double entries) {
    return edges * sizeof(std::uint32_t) + entries * sizeof(Entry);
  }

  std::size_t size() const override { return degree_.size(); }
  int max_degree() const override { return degree_.back(); }
  std::size_t count_up_to(int degree) const override;
  void synthesize(std::span<const double> c, std::span<double> edges) const override;
  void analyze(std::span<const double> edges, std::span<double> out) const override;
  void synthesize_prompt(std::size_t prompt, std::span<const double> c,
                         std::span<double> edges) const override;
  void analyze_prompt(std::size_t prompt, std::span<const double> edges,
                      std::span<double> out) const override;
  void add_path(std::span<const EdgeId> path, double scale, std::span<double> row) const override;
  bool independent() const override { return independent_; }
  double integer_unit(std::size_t) const override { return integers_ ? 1 : 0; }

 private:
  std::span<const Entry> row(EdgeId e) const {
    const auto k = static_cast<std::size_t>(e);
    return std::span(entry_).subspan(begin_[k], begin_[k + 1] - begin_[k]);
  }
  void synthesize_range(EdgeRange range, std::span<const double> c, std::span<double> edges) const;
  void analyze_range(EdgeRange range, std::span<const double> edges, std::span<double> out) const;

  std::size_t horizon_;
  std::vector<int> degree_;           // [functions]
  std::vector<EdgeRange> ranges_;     // [prompts x horizon]
  std::vector<Entry> entry_;          // by edge, then function
  std::vector<std::uint32_t> begin_;  // [edges + 1] into entry_
  bool independent_;
  bool integers_ = true;  // all values are
};

}  // namespace twostage
