// An ordered family of basis functions of the completion, each placed on the edges where it becomes known,
// so that a path sum of `synthesize(c)` is sum_k c_k f_k(completion). The same object gives rewards (path
// sums) and policy logits (edge scores).
//
// Functions are sorted by degree, so "the first k" is the fine dial of complexity and "degree <= d" the
// coarse one. Bases act implicitly (fast transforms); none is stored as an edges x functions matrix unless
// that is how the world is given (bandit features).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "sim/graph/token_graph.hpp"

namespace twostage {

class EdgeBasis {
 public:
  virtual ~EdgeBasis() = default;

  virtual std::size_t size() const = 0;                   // number of functions, without the constant
  virtual int max_degree() const = 0;                     // largest degree among them
  virtual std::size_t count_up_to(int degree) const = 0;  // how many have degree <= `degree`

  // edges[e] = sum_{k < c.size()} c[k] f_k(e); c.size() <= size(); all edges are written.
  virtual void synthesize(std::span<const double> c, std::span<double> edges) const = 0;

  // out[k] = sum_e f_k(e) edges[e] for k < out.size(): the transpose of `synthesize`.
  virtual void analyze(std::span<const double> edges, std::span<double> out) const = 0;

  // The same for one prompt alone, where each prompt has its own coefficients: writes that prompt's edges
  // and no others; sums over that prompt's edges.
  virtual void synthesize_prompt(std::size_t prompt, std::span<const double> c,
                                 std::span<double> edges) const = 0;
  virtual void analyze_prompt(std::size_t prompt, std::span<const double> edges,
                              std::span<double> out) const = 0;

  // Whether the functions are orthonormal under uniform completions: then no combination of them is constant.
  virtual bool orthonormal() const { return false; }
  // Whether it is known that no combination of them but 0 is constant over the completions of every prompt.
  virtual bool independent() const { return orthonormal(); }

  // row[k] += scale * f_k(path) for k < row.size(), where f_k(path) is the sum over its H edges.
  virtual void add_path(std::span<const EdgeId> path, double scale, std::span<double> row) const = 0;

  // f_k times this is an integer on every edge and path, up to rounding (0 when there is no such number):
  // used where a decision must be exact.
  virtual double integer_unit(std::size_t k) const = 0;
};

}  // namespace twostage
