// Polynomials of the tokens of a completion, as an ordered basis on the edges of a prefix tree.
//
// A function is a product of contrasts, f(xi) = prod_{j in S} h_{c_j}(a_j) over a non-empty set S of
// positions, with a contrast c_j in 1..A-1 each (contrast_transform.hpp). Its degree is |S|; there are
// C(H,i) (A-1)^i of degree i, and all of them are orthonormal under the uniform distribution on completions.
// f sits on the edges of its last position max S, where it becomes known.
//
// Order: by degree, then by last position, then lexicographically in the digits (c_1, ..., c_{max S}), where
// c_j = 0 outside S. The digits that end in a contrast are the name of a tree edge, as the tokens of a prefix
// are: so the coefficients of the functions that sit on layer m, stored at those edges, become the layer's
// edge values by one fast transform, and no matrix exists.
//
// In a forest the functions do not depend on the prompt: the basis acts alike in every copy.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/basis/contrast_transform.hpp"
#include "sim/basis/edge_basis.hpp"

namespace twostage {

class PolynomialBasis final : public EdgeBasis {
 public:
  PolynomialBasis(int alphabet, int horizon, std::size_t prompts);

  std::size_t size() const override { return code_.size(); }
  int max_degree() const override { return static_cast<int>(degree_end_.size()) - 1; }
  std::size_t count_up_to(int degree) const override;
  void synthesize(std::span<const double> c, std::span<double> edges) const override;
  void analyze(std::span<const double> edges, std::span<double> out) const override;
  void synthesize_prompt(std::size_t prompt, std::span<const double> c,
                         std::span<double> edges) const override;
  void analyze_prompt(std::size_t prompt, std::span<const double> edges,
                      std::span<double> out) const override;
  void add_path(std::span<const EdgeId> path, double scale, std::span<double> row) const override;
  bool orthonormal() const override { return true; }
  double integer_unit(std::size_t k) const override;

  // The tree edge whose digits name function k; it depends on neither horizon nor degree.
  EdgeId code(std::size_t k) const { return code_[k]; }

  static constexpr double kBytesPerEdge = sizeof(EdgeId) + sizeof(std::int32_t) + sizeof(std::uint8_t);

 private:
  // Where layer h of `prompt` lies among the forest's edges.
  std::span<double> layer(std::span<double> edges, int h, std::size_t prompt) const;
  std::span<const double> layer(std::span<const double> edges, int h, std::size_t prompt) const;
  void transform_and_gather(std::span<double> tree_edges, std::span<double> out) const;

  ContrastTransform transform_;
  std::size_t prompts_;
  std::vector<std::size_t> layer_begin_;  // [H + 1] tree edges before layer h
  std::vector<std::size_t> degree_end_;   // [H + 1] functions of degree <= d
  std::vector<EdgeId> code_;              // [functions]
  std::vector<std::int32_t> parent_;      // [functions] the same without its last position; -1: the constant
  std::vector<std::uint8_t> last_;        // [functions] last position, counted from 0
};

}  // namespace twostage
