// A basis given as a matrix: features of the edges of a one-step problem, all of degree one.
//
// Features are multiples of 2^-10, so that questions about their differences can be decided exactly.
#pragma once

#include <vector>

#include "sim/world/edge_basis.hpp"

namespace twostage {

class FeatureBasis final : public EdgeBasis {
 public:
  static constexpr double kUnit = 1024;

  // features: [edges x size], row by row; the edges of a prompt are contiguous. Each value is rounded to a
  // multiple of 1 / kUnit.
  FeatureBasis(std::size_t size, std::size_t prompts, std::vector<double> features);

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
  double integer_unit(std::size_t) const override { return kUnit; }

 private:
  struct Rows {
    std::size_t begin;
    std::size_t end;
  };
  void synthesize_rows(Rows rows, std::span<const double> c, std::span<double> edges) const;
  void analyze_rows(Rows rows, std::span<const double> edges, std::span<double> out) const;
  Rows rows_of(std::size_t prompt) const { return {prompt * per_prompt_, (prompt + 1) * per_prompt_}; }

  std::size_t size_;
  std::size_t edges_;
  std::size_t per_prompt_;
  std::vector<double> features_;
};

}  // namespace twostage
