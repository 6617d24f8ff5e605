#include "sim/world/cycle.hpp"

#include <cmath>
#include <stdexcept>

#include "sim/numerics/elementary.hpp"
#include "sim/random/draw.hpp"
#include "sim/world/family.hpp"

namespace twostage {
namespace {

// Of the points of the completions that the reference draws from a state on, and how many these are.
struct Moments {
  double u = 0, v = 0, uu = 0, uv = 0, vv = 0;
  double completions = 0;
};

std::vector<Moments> moments_of(const World& world, std::span<const double> u, std::span<const double> v) {
  const TokenGraph& graph = world.graph;
  std::vector<Moments> from(graph.states(), Moments{.completions = 1});
  for (auto s = static_cast<StateId>(graph.inner_states()); s-- > 0;) {
    const EdgeRange edges = graph.leaving(s);
    Moments& here = from[static_cast<std::size_t>(s)] = {};
    for (EdgeId e = edges.begin; e < edges.end; ++e) {
      const auto k = static_cast<std::size_t>(e);
      const Moments& on = from[static_cast<std::size_t>(graph.successor(e))];
      const double p = num::exp(world.log_reference[k]);
      here.completions += on.completions;
      here.u += p * (u[k] + on.u);
      here.v += p * (v[k] + on.v);
      here.uu += p * (u[k] * u[k] + 2 * u[k] * on.u + on.uu);
      here.uv += p * (u[k] * v[k] + u[k] * on.v + v[k] * on.u + on.uv);
      here.vv += p * (v[k] * v[k] + 2 * v[k] * on.v + on.vv);
    }
  }
  return from;
}

// Calls act(e) with each edge of a prompt, layer by layer.
template <typename Act>
void for_each_edge(const TokenGraph& graph, std::size_t prompt, Act act) {
  for (int h = 0; h < graph.horizon(); ++h) {
    const EdgeRange edges = graph.prompt_edges(h, prompt);
    for (EdgeId e = edges.begin; e < edges.end; ++e) act(static_cast<std::size_t>(e));
  }
}

}  // namespace

Cycle::Cycle(std::vector<double> u, std::vector<double> v) : u_(std::move(u)), v_(std::move(v)) {
  if (u_.size() != v_.size()) throw std::invalid_argument("Cycle: as many u as v");
}

CyclePoint Cycle::point(std::span<const EdgeId> path) const {
  CyclePoint out;
  for (const EdgeId e : path) {
    out.u += u_[static_cast<std::size_t>(e)];
    out.v += v_[static_cast<std::size_t>(e)];
  }
  return out;
}

std::shared_ptr<const Cycle> draw_cycle(const World& world, bool shared, double strength,
                                        const WorldSeed& seed) {
  const TokenGraph& graph = world.graph;
  std::vector<double> u(graph.edges()), v(graph.edges());
  for (std::size_t p = 0; p < graph.prompts(); ++p) {
    std::size_t item = 0;
    for_each_edge(graph, p, [&](std::size_t e) {
      auto engine = world_stream(seed, WorldPart::cycle, shared ? 0 : p, item++);
      u[e] = draw_normal(engine);
      v[e] = draw_normal(engine);
    });
  }
  const std::vector<Moments> from = moments_of(world, u, v);
  constexpr double on_a_line = 1e-10;
  for (std::size_t p = 0; p < graph.prompts(); ++p) {
    const Moments& all = from[p];
    const double uu = all.uu - all.u * all.u, vv = all.vv - all.v * all.v, uv = all.uv - all.u * all.v;
    const double spread = uu * vv - uv * uv;  // E K^2 is twice that
    if (all.completions < 3 || !(spread > on_a_line * uu * vv))
      throw Undrawable{"intransitivity",
                       "a prompt had fewer than three completions, and two make no cycle; valid: "
                       "intransitivity = 0, or more tokens to choose from"};
    const EdgeRange first = graph.prompt_edges(0, p);
    for (EdgeId e = first.begin; e < first.end; ++e) {
      u[static_cast<std::size_t>(e)] -= all.u;
      v[static_cast<std::size_t>(e)] -= all.v;
    }
    const double scale = std::sqrt(strength / std::sqrt(2 * spread));
    for_each_edge(graph, p, [&](std::size_t e) {
      u[e] *= scale;
      v[e] *= scale;
    });
  }
  return std::make_shared<const Cycle>(std::move(u), std::move(v));
}

Knob intransitivity_knob() {
  return {"intransitivity",
          0.0,
          0,
          100,
          {},
          "log-odds that no reward gives, root mean square of pairs; 0: Bradley and Terry",
          true};
}

double intransitivity_of(const Settings& resolved) {
  return resolved.has("intransitivity") ? resolved.real("intransitivity") : 0;
}

}  // namespace twostage
