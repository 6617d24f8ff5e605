// A basis of indicators: each function is 1 on one edge of a layer and 0 elsewhere, all of degree one. In a
// forest it acts alike in every copy.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/world/edge_basis.hpp"

namespace twostage {

class IndicatorBasis final : public EdgeBasis {
 public:
  // places[k]: the edge of function k, counted from the first that leaves layer h of its prompt. All differ.
  IndicatorBasis(const TokenGraph& forest, int h, std::vector<EdgeId> places);

  std::size_t size() const override { return place_.size(); }
  int max_degree() const override { return 1; }
  std::size_t count_up_to(int degree) const override { return degree < 1 ? 0 : size(); }
  void synthesize(std::span<const double> c, std::span<double> edges) const override;
  void analyze(std::span<const double> edges, std::span<double> out) const override;
  void synthesize_prompt(std::size_t prompt, std::span<const double> c,
                         std::span<double> edges) const override;
  void analyze_prompt(std::size_t prompt, std::span<const double> edges,
                      std::span<double> out) const override;
  void add_path(std::span<const EdgeId> path, double scale, std::span<double> row) const override;
  double integer_unit(std::size_t) const override { return 1; }

 private:
  std::size_t prompts() const { return edges_.size() / horizon_; }
  std::size_t edge(std::size_t prompt, std::size_t k) const {
    const EdgeId e = edges_[prompt * horizon_ + layer_].begin + place_[k];
    return static_cast<std::size_t>(e);
  }

  std::size_t horizon_;
  std::size_t layer_;                      // h
  std::vector<EdgeRange> edges_;           // [prompts x horizon]
  std::vector<EdgeId> place_;              // [functions]
  std::vector<std::int32_t> function_at_;  // [places of the layer] -1: none
};

}  // namespace twostage
