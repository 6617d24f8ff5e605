// What a network reads of an edge: the completion up to and with it, as numbers of order one.
//
//   places (walk, maze)   the time h / H, the place that the edge leaves and the place that it leads to
//   whole texts (trees)   the tokens so far, place by place, as contrasts (contrast_transform.hpp), which are
//   0
//                         where nothing is written yet; before them, where classes are shared by prompts that
//                         are texts, the tokens of the prompt
//
// Both tell any two edges apart that a table tells apart. The last edge of a completion stands for all of it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "sim/world/world.hpp"

namespace twostage {

struct EdgeInputs {
  std::size_t count = 0;             // of inputs
  std::vector<double> values;        // [count x edges]
  std::vector<std::size_t> written;  // [layers] inputs from this one on are 0 in the layer

  std::span<const double> of(std::size_t input, EdgeRange edges) const {
    const std::size_t all = values.size() / count;
    return std::span(values).subspan(input * all + static_cast<std::size_t>(edges.begin), edges.size());
  }
};

// InputError (`class`), which begins with `what`, for a world whose states are neither places nor whole
// texts, and for one with more than 2^26 such numbers.
EdgeInputs edge_inputs(const World& world, const std::string& what);

}  // namespace twostage
