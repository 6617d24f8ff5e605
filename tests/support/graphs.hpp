// Random layered graphs, policies and worlds from addressed streams, and expectations by enumeration of their
// completions: the oracle that every sweep and every measure is compared with.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "sim/random/draw.hpp"
#include "sim/random/stream.hpp"
#include "tests/support/worlds.hpp"

namespace twostage::test {

inline Philox4x64 test_stream(std::uint64_t index) {
  return RandomSource(1, "tests").stream(Purpose::world, 0, 0, index);
}

inline std::vector<double> random_normals(Philox4x64& engine, std::size_t n, double scale) {
  std::vector<double> x(n);
  for (double& v : x) v = scale * draw_normal(engine);
  return x;
}

inline int random_integer(Philox4x64& engine, int low, int high) {
  return low + static_cast<int>(draw_uniform(engine) * (high - low + 1));
}

// Layers of 1..width states (layer 0: the prompts) whose edges lead anywhere in the next layer, so that paths
// merge, also those of different prompts, and some states are never reached. `actions`: of each layer.
inline TokenGraph random_graph(Philox4x64& engine, int prompts, const std::vector<int>& actions, int width) {
  std::vector<StateId> begin = {0, prompts};
  std::vector<StateId> successor;
  std::vector<int> of_state;
  for (const int here : actions) {
    const StateId first = begin[begin.size() - 2];
    const StateId end = begin.back();
    const int next_width = random_integer(engine, 1, width);
    of_state.insert(of_state.end(), static_cast<std::size_t>(end - first), here);
    for (StateId i = 0; i < (end - first) * here; ++i)
      successor.push_back(end + random_integer(engine, 0, next_width - 1));
    begin.push_back(end + next_width);
  }
  return {of_state, begin, successor};
}

// The same, with 1 to `most` actions in each state.
inline TokenGraph irregular_graph(Philox4x64& engine, int prompts, int most, int horizon, int width) {
  std::vector<StateId> begin = {0, prompts};
  std::vector<StateId> successor;
  std::vector<int> actions;
  for (int h = 0; h < horizon; ++h) {
    const StateId first = begin[begin.size() - 2];
    const StateId end = begin.back();
    const int next_width = random_integer(engine, 1, width);
    for (StateId s = first; s < end; ++s) {
      actions.push_back(random_integer(engine, 1, most));
      for (int a = 0; a < actions.back(); ++a)
        successor.push_back(end + random_integer(engine, 0, next_width - 1));
    }
    begin.push_back(end + next_width);
  }
  return {actions, begin, successor};
}

inline TokenGraph random_graph(Philox4x64& engine, int prompts, int actions, int horizon, int width) {
  return random_graph(engine, prompts, std::vector<int>(static_cast<std::size_t>(horizon), actions), width);
}

// Prefix forest: every completion has its own path.
inline TokenGraph prefix_tree(int prompts, int actions, int horizon) {
  std::vector<StateId> begin = {0, prompts};
  std::vector<StateId> successor;
  StateId width = prompts;
  for (int h = 0; h < horizon; ++h) {
    const StateId end = begin.back();
    width *= actions;
    for (StateId i = 0; i < width; ++i) successor.push_back(end + i);
    begin.push_back(end + width);
  }
  return {actions, begin, successor};
}

// log pi(a|s) with normal logits.
inline std::vector<double> random_policy(Philox4x64& engine, const TokenGraph& graph, double spread) {
  std::vector<double> w = random_normals(engine, graph.edges(), spread);
  for (StateId s = 0; s < static_cast<StateId>(graph.inner_states()); ++s) {
    const EdgeRange edges = graph.leaving(s);
    const std::span state(w.data() + edges.begin, edges.size());
    double sum = 0;
    for (const double x : state) sum += std::exp(x);
    for (double& x : state) x -= std::log(sum);
  }
  return w;
}

inline std::vector<double> random_weights(Philox4x64& engine, std::size_t n) {
  std::vector<double> w(n);
  double sum = 0;
  for (double& v : w) sum += v = 0.2 + draw_uniform(engine);
  for (double& v : w) v /= sum;
  return w;
}

inline World random_world(Philox4x64& engine, TokenGraph graph, double reward_scale, double beta) {
  std::vector<double> rho = random_weights(engine, graph.prompts());
  std::vector<double> reference = random_policy(engine, graph, 0.7);
  std::vector<double> reward = random_normals(engine, graph.edges(), reward_scale);
  return {.family = "test",
          .graph = std::move(graph),
          .rho = std::move(rho),
          .log_reference = std::move(reference),
          .reward = std::move(reward),
          .beta = beta,
          .shared_classes = false,
          .basis = nullptr,
          .edges_are_distinct_prefixes = false};
}

// One prompt's completions as plain arrays.
struct Enumeration {
  std::vector<Path> paths;
  std::vector<double> sums(const std::vector<double>& edge_values) const {
    std::vector<double> out;
    for (const Path& path : paths) out.push_back(sum_along(edge_values, path));
    return out;
  }
  std::vector<double> probabilities(const std::vector<double>& log_policy) const {
    std::vector<double> out = sums(log_policy);
    for (double& v : out) v = std::exp(v);
    return out;
  }
};
inline Enumeration enumerate(const TokenGraph& graph, std::size_t prompt) {
  return {completions(graph, prompt)};
}

// E over independent pairs of completions of one prompt, prompts weighted by rho: f(prompt, i, j).
template <typename Function>
double pair_expectation(const TokenGraph& graph, const std::vector<double>& rho,
                        const std::vector<double>& log_p, const std::vector<double>& log_q, Function f) {
  double total = 0;
  for (std::size_t s = 0; s < rho.size(); ++s) {
    const Enumeration all = enumerate(graph, s);
    const std::vector<double> p = all.probabilities(log_p);
    const std::vector<double> q = all.probabilities(log_q);
    for (std::size_t i = 0; i < p.size(); ++i)
      for (std::size_t j = 0; j < q.size(); ++j)
        total += rho[s] * p[i] * q[j] * f(all.paths[i], all.paths[j]);
  }
  return total;
}

}  // namespace twostage::test
