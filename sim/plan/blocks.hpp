// How the sweeps of this folder are cut into blocks of states whose exps are taken in one call.
#pragma once

#include <algorithm>
#include <cstddef>

#include "sim/graph/token_graph.hpp"

namespace twostage {

inline std::size_t at(auto i) {
  return static_cast<std::size_t>(i);
}

// States of a block: a few arrays with one number per edge of it stay in the first-level cache.
inline StateId states_in_block(int actions) {
  constexpr std::size_t edges = 768;
  return static_cast<StateId>(std::max<std::size_t>(1, edges / at(actions)));
}

// Calls `sweep` with the number of actions as a compile-time constant where it is small (0 elsewhere): the
// loops over actions then unroll.
template <typename Sweep>
void with_actions(int actions, Sweep sweep) {
  switch (actions) {
    case 2:
      return sweep.template operator()<2>();
    case 3:
      return sweep.template operator()<3>();
    case 4:
      return sweep.template operator()<4>();
    default:
      return sweep.template operator()<0>();
  }
}

// Calls `sweep(stretch)` so for each stretch of the graph, from the prompts on or from the end.
template <typename Sweep>
void stretches_forward(const TokenGraph& graph, Sweep sweep) {
  for (const Stretch& stretch : graph.stretches())
    with_actions(stretch.actions, [&]<int kActions>() { sweep.template operator()<kActions>(stretch); });
}

template <typename Sweep>
void stretches_backward(const TokenGraph& graph, Sweep sweep) {
  // NOLINTNEXTLINE(modernize-loop-convert): clang 14 does not compile std::views::reverse
  for (auto stretch = graph.stretches().rbegin(); stretch != graph.stretches().rend(); ++stretch)
    with_actions(stretch->actions, [&]<int kActions>() { sweep.template operator()<kActions>(*stretch); });
}

}  // namespace twostage
