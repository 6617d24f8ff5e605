#include "sim/completions/completions.hpp"

#include <algorithm>

#include "sim/world/prompt_set.hpp"

namespace twostage {

std::size_t Completions::first(std::size_t of_prompt) const {
  return static_cast<std::size_t>(std::ranges::lower_bound(prompt, of_prompt) - prompt.begin());
}

Completions all_completions(const TokenGraph& graph) {
  Completions out;
  out.horizon = static_cast<std::size_t>(graph.horizon());
  std::vector<EdgeId> path(out.horizon);
  for (std::size_t p = 0; p < graph.prompts(); ++p) {
    // From each path to the next: the last edge that is not its state's last moves on, first edges follow.
    for (std::size_t h = 0; h < out.horizon; ++h)
      path[h] = graph.leaving(h == 0 ? static_cast<StateId>(p) : graph.successor(path[h - 1])).begin;
    for (std::size_t changed = 1; changed > 0;) {
      out.prompt.push_back(p);
      out.edges.insert(out.edges.end(), path.begin(), path.end());
      changed = out.horizon;
      while (changed > 0 && path[changed - 1] + 1 == graph.leaving(graph.source(path[changed - 1])).end)
        --changed;
      if (changed == 0) break;
      ++path[changed - 1];
      for (std::size_t h = changed; h < out.horizon; ++h)
        path[h] = graph.leaving(graph.successor(path[h - 1])).begin;
    }
  }
  return out;
}

Completions all_completions(const TokenGraph& graph, std::size_t limit) {
  if (const double rows = count_completions(graph); !(rows <= static_cast<double>(limit)))
    throw InputError("horizon", "enumeration: " + to_text(rows) + " completions exceed the limit of " +
                                    std::to_string(limit) +
                                    "; use a shorter horizon, a smaller alphabet or fewer prompts");
  return all_completions(graph);
}

Completions with_data(const World& world, Completions all) {
  all.prompt.resize(all.first(prompts_with_data(world)));
  all.edges.resize(all.prompt.size() * all.horizon);
  return all;
}

Completions list_completions(const TokenGraph& graph, const char* reason, const char* instead) {
  if (const double all = count_completions(graph); !(all <= kMostCompletions))
    throw InputError("expectation", std::string(reason) + ", and there are " + to_text(all) +
                                        " of them; valid: up to " + to_text(kMostCompletions) + ", " +
                                        instead);
  return all_completions(graph);
}

}  // namespace twostage
