#include "sim/model/edge_inputs.hpp"

#include <algorithm>

#include "sim/basis/contrast_transform.hpp"

namespace twostage {
namespace {

void check_numbers(const World& world, std::size_t inputs, const std::string& what) {
  constexpr double most = 1 << 26;
  const double numbers = static_cast<double>(inputs) * static_cast<double>(world.graph.edges());
  if (numbers <= most) return;
  throw InputError("class", what + " would read " + std::to_string(inputs) + " numbers of each of " +
                                std::to_string(world.graph.edges()) +
                                " edges; valid: worlds with at most 2^26 such numbers: lower the horizon, "
                                "the alphabet or the number of prompts");
}

EdgeInputs of_places(const World& world, const std::string& what) {
  const TokenGraph& graph = world.graph;
  const std::size_t coordinates = world.places.size() / graph.states(), edges = graph.edges();
  EdgeInputs out{.count = 1 + 2 * coordinates, .values = {}, .written = {}};
  check_numbers(world, out.count, what);
  out.values.resize(out.count * edges);
  out.written.assign(static_cast<std::size_t>(graph.horizon()), out.count);
  const auto place = [&](StateId s, std::size_t k) {
    return world.places[static_cast<std::size_t>(s) * coordinates + k];
  };
  for (int h = 0; h < graph.horizon(); ++h)
    for (EdgeId e = graph.layer_edges(h).begin; e < graph.layer_edges(h).end; ++e) {
      double* value = out.values.data() + e;
      *value = static_cast<double>(h + 1) / graph.horizon();
      for (std::size_t k = 0; k < coordinates; ++k) {
        value[(1 + k) * edges] = place(graph.source(e), k);
        value[(1 + coordinates + k) * edges] = place(graph.successor(e), k);
      }
    }
  return out;
}

// Contrasts of a token, one input after the other.
void write_token(const ContrastTransform& contrasts, int token, std::size_t stride, double* at) {
  for (int c = 1; c < contrasts.alphabet(); ++c)
    at[static_cast<std::size_t>(c - 1) * stride] = contrasts.value(c, token);
}

EdgeInputs of_texts(const World& world, const std::string& what) {
  const TokenGraph& graph = world.graph;
  const std::size_t edges = graph.edges();
  const PromptTexts* texts = world.shared_classes ? world.texts.get() : nullptr;
  const std::size_t of_prompt_token = texts ? static_cast<std::size_t>(texts->alphabet - 1) : 0;
  const std::size_t of_prompt = texts ? of_prompt_token * texts->prompt.front().size() : 0;
  EdgeInputs out{.count = of_prompt, .values = {}, .written = {}};
  std::vector<ContrastTransform> contrasts;  // of the tokens of each layer
  for (int h = 0; h < graph.horizon(); ++h) {
    contrasts.emplace_back(graph.actions(graph.layer_begin(h)));
    out.count += static_cast<std::size_t>(contrasts.back().alphabet() - 1);
    out.written.push_back(out.count);
  }
  check_numbers(world, out.count, what);
  out.values.assign(out.count * edges, 0.0);
  std::vector<EdgeId> into(graph.states(), -1);  // the edge by which a tree comes to a state
  for (int h = 0; h < graph.horizon(); ++h) {
    const std::size_t before = h == 0 ? of_prompt : out.written[static_cast<std::size_t>(h) - 1];
    for (EdgeId e = graph.layer_edges(h).begin; e < graph.layer_edges(h).end; ++e) {
      const StateId from = graph.source(e);
      into[static_cast<std::size_t>(graph.successor(e))] = e;
      double* value = out.values.data() + e;
      if (const EdgeId last = into[static_cast<std::size_t>(from)]; last >= 0)
        for (std::size_t k = 0; k < before; ++k)
          value[k * edges] = out.values[k * edges + static_cast<std::size_t>(last)];
      else if (texts)
        for (std::size_t j = 0; j < texts->prompt.front().size(); ++j)
          write_token(ContrastTransform(texts->alphabet), texts->prompt[static_cast<std::size_t>(from)][j],
                      edges, value + j * of_prompt_token * edges);
      write_token(contrasts[static_cast<std::size_t>(h)], graph.action(e), edges, value + before * edges);
    }
  }
  return out;
}

// Whether all states of a layer choose from equally many tokens.
bool equal_in_layers(const TokenGraph& graph) {
  for (int h = 0; h < graph.horizon(); ++h)
    for (StateId s = graph.layer_begin(h); s < graph.layer_end(h); ++s)
      if (graph.actions(s) != graph.actions(graph.layer_begin(h))) return false;
  return true;
}

}  // namespace

EdgeInputs edge_inputs(const World& world, const std::string& what) {
  if (!world.places.empty()) return of_places(world, what);
  if (world.edges_are_distinct_prefixes && equal_in_layers(world.graph)) return of_texts(world, what);
  throw InputError("class",
                   what + " reads texts or places, and states of this world of family '" + world.family +
                       "' are neither; valid: dense, tabular, or worlds such as tokens, walk, maze and "
                       "summary (with states = 'texts')");
}

}  // namespace twostage
