#include "theory/information/completions.hpp"

#include <string>

namespace twostage {

Completions enumerate_completions(const TokenGraph& graph, std::size_t limit) {
  const double rows = graph.completions() * static_cast<double>(graph.prompts());
  if (rows > static_cast<double>(limit))
    throw InputError("horizon", "enumeration: " + to_text(Value(rows)) + " completions exceed the limit of " +
                                    std::to_string(limit) +
                                    "; use a shorter horizon, a smaller alphabet or fewer prompts");
  Completions out;
  out.horizon = static_cast<std::size_t>(graph.horizon());
  out.begin.push_back(0);
  const auto per_prompt = static_cast<std::size_t>(graph.completions());
  out.paths.resize(per_prompt * graph.prompts() * out.horizon);
  std::size_t row = 0;
  for (std::size_t p = 0; p < graph.prompts(); ++p) {
    for (std::size_t code = 0; code < per_prompt; ++code, ++row) {
      auto state = static_cast<StateId>(p);
      std::size_t place = per_prompt;
      for (std::size_t h = 0; h < out.horizon; ++h) {
        const auto actions = static_cast<std::size_t>(graph.actions(static_cast<int>(h)));
        place /= actions;
        const auto action = static_cast<int>(code / place % actions);
        const EdgeId e = graph.edge(state, action);
        out.paths[row * out.horizon + h] = e;
        state = graph.successor(e);
      }
    }
    out.begin.push_back(row);
  }
  return out;
}

}  // namespace twostage
