#include "theory/information/completions.hpp"

#include <string>

namespace twostage {

Completions enumerate_completions(const TokenGraph& graph, std::size_t limit) {
  const double rows = count_completions(graph);
  if (rows > static_cast<double>(limit))
    throw InputError("horizon", "enumeration: " + to_text(Value(rows)) + " completions exceed the limit of " +
                                    std::to_string(limit) +
                                    "; use a shorter horizon, a smaller alphabet or fewer prompts");
  Completions out;
  out.horizon = static_cast<std::size_t>(graph.horizon());
  out.begin.push_back(0);
  out.paths.reserve(static_cast<std::size_t>(rows) * out.horizon);
  std::vector<EdgeId> path(out.horizon);
  std::size_t found = 0;
  for (std::size_t p = 0; p < graph.prompts(); ++p) {
    // From each path to the next: the last edge that is not its state's last moves on, first edges follow.
    for (std::size_t h = 0; h < out.horizon; ++h)
      path[h] = graph.leaving(h == 0 ? static_cast<StateId>(p) : graph.successor(path[h - 1])).begin;
    for (std::size_t changed = 1; changed > 0;) {
      out.paths.insert(out.paths.end(), path.begin(), path.end());
      ++found;
      changed = out.horizon;
      while (changed > 0 && path[changed - 1] + 1 == graph.leaving(graph.source(path[changed - 1])).end)
        --changed;
      if (changed == 0) break;
      ++path[changed - 1];
      for (std::size_t h = changed; h < out.horizon; ++h)
        path[h] = graph.leaving(graph.successor(path[h - 1])).begin;
    }
    out.begin.push_back(found);
  }
  return out;
}

}  // namespace twostage
