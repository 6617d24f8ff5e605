#include "sim/completions/completions.hpp"

#include <algorithm>

#include "sim/catalog/settings.hpp"

namespace twostage {
namespace {

void add_from(const TokenGraph& graph, StateId s, std::vector<EdgeId>& path, std::size_t prompt,
              Completions& out) {
  if (path.size() == out.horizon) {
    out.prompt.push_back(prompt);
    out.edges.insert(out.edges.end(), path.begin(), path.end());
    return;
  }
  const EdgeRange edges = graph.leaving(s);
  for (EdgeId e = edges.begin; e < edges.end; ++e) {
    path.push_back(e);
    add_from(graph, graph.successor(e), path, prompt, out);
    path.pop_back();
  }
}

}  // namespace

std::size_t Completions::count(std::size_t of_prompt) const {
  return std::ranges::equal_range(prompt, of_prompt).size();
}

Completions all_completions(const TokenGraph& graph) {
  Completions out{.horizon = static_cast<std::size_t>(graph.horizon()), .prompt = {}, .edges = {}};
  std::vector<EdgeId> path;
  for (std::size_t p = 0; p < graph.prompts(); ++p) add_from(graph, static_cast<StateId>(p), path, p, out);
  return out;
}

Completions list_completions(const TokenGraph& graph, const char* reason, const char* instead) {
  if (const double all = count_completions(graph); !(all <= kMostCompletions))
    throw InputError("expectation", std::string(reason) + ", and there are " + to_text(all) +
                                        " of them; valid: up to " + to_text(kMostCompletions) + ", " +
                                        instead);
  return all_completions(graph);
}

}  // namespace twostage
