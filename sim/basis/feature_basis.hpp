// A basis given as a matrix: features of the edges, all of degree one.
//
// Random features are rounded to multiples of 2^-10, so that questions about their differences can be decided
// exactly with small integers; given ones are kept, and decided as the dyadic numbers that they are.
#pragma once

#include <vector>

#include "sim/basis/edge_basis.hpp"

namespace twostage {

class FeatureBasis final : public EdgeBasis {
 public:
  static constexpr double kUnit = 1024;

  // features: [edges x size], row by row, of a forest of equal trees. Each value is rounded to a multiple of
  // 1 / kUnit.
  FeatureBasis(std::size_t size, const TokenGraph& forest, std::vector<double> features);

  // The same with every value kept.
  static FeatureBasis as_given(std::size_t size, const TokenGraph& forest, std::vector<double> features);

  std::size_t size() const override { return size_; }
  int max_degree() const override { return 1; }
  std::size_t count_up_to(int degree) const override { return degree < 1 ? 0 : size_; }
  void synthesize(std::span<const double> c, std::span<double> edges) const override;
  void analyze(std::span<const double> edges, std::span<double> out) const override;
  void synthesize_prompt(std::size_t prompt, std::span<const double> c,
                         std::span<double> edges) const override;
  void analyze_prompt(std::size_t prompt, std::span<const double> edges,
                      std::span<double> out) const override;
  void add_path(std::span<const EdgeId> path, double scale, std::span<double> row) const override;
  double integer_unit(std::size_t) const override { return unit_; }

 private:
  FeatureBasis(std::size_t size, const TokenGraph& forest, std::vector<double> features, double unit);

  std::span<const double> row(std::size_t edge, std::size_t functions) const {
    return std::span(features_).subspan(edge * size_, functions);
  }

  std::size_t size_;
  std::size_t prompts_;
  std::vector<EdgeRange> ranges_;  // [layers x prompts] the edges of a prompt in a layer
  std::vector<double> features_;
  double unit_;  // 0: kept as given
};

}  // namespace twostage
