// Small worlds and brute-force enumeration for tests.
#pragma once

#include <initializer_list>
#include <utility>
#include <vector>

#include "sim/world/world.hpp"

namespace twostage::test {

inline Settings settings(std::initializer_list<std::pair<std::string, Value>> values) {
  Settings out;
  for (const auto& [name, value] : values) out.set(name, value);
  return out;
}

inline WorldSeed world_seed(std::uint64_t instance = 0) {
  return {RandomSource(20250301, "tests"), instance};
}

// A world from a few settings ("family" and knobs), everything else at its default.
inline World world(std::initializer_list<std::pair<std::string, Value>> values, std::uint64_t instance = 0) {
  return make_world(resolve_world(settings(values)), world_seed(instance), 1e9);
}

inline std::int64_t integer(int x) {
  return x;
}

// The families whose worlds are drawn at random, by name.
inline std::vector<std::string> drawn_families() {
  std::vector<std::string> names;
  for (const auto& entry : worlds().entries())
    for (const Knob& knob : entry.knobs)
      if (knob.name == "shared_truth") names.push_back(entry.name);
  return names;
}

using Path = std::vector<EdgeId>;

// Every completion of a prompt, in lexicographic order of its actions.
inline std::vector<Path> completions(const TokenGraph& graph, std::size_t prompt = 0) {
  std::vector<Path> paths = {{}};
  for (int h = 0; h < graph.horizon(); ++h) {
    std::vector<Path> longer;
    for (const Path& path : paths) {
      const StateId s = path.empty() ? static_cast<StateId>(prompt) : graph.successor(path.back());
      for (int a = 0; a < graph.actions(s); ++a) {
        longer.push_back(path);
        longer.back().push_back(graph.edge(s, a));
      }
    }
    paths = std::move(longer);
  }
  return paths;
}

inline double sum_along(std::span<const double> edge_values, const Path& path) {
  double sum = 0;
  for (const EdgeId e : path) sum += edge_values[static_cast<std::size_t>(e)];
  return sum;
}

}  // namespace twostage::test
