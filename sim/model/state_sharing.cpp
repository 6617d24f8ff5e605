#include "sim/model/state_sharing.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>

namespace twostage {
namespace {

// The label of each state where classes are shared: its own, or its place in the copy.
std::vector<StateId> labels(const World& world) {
  if (!world.state_label.empty()) return world.state_label;
  const TokenGraph& graph = world.graph;
  if (!graph.prompts_are_copies())
    throw std::invalid_argument("classes are shared only between prompts with equal graphs");
  std::vector<StateId> label(graph.states());
  for (int h = 0; h <= graph.horizon(); ++h)
    for (std::size_t p = 0; p < graph.prompts(); ++p) {
      const StateRange states = graph.prompt_states(h, p);
      std::iota(label.begin() + states.begin, label.begin() + states.end, StateId{0});
    }
  return label;
}

}  // namespace

StateSharing::StateSharing(const World& world) : class_state_(world.graph.states()) {
  const TokenGraph& graph = world.graph;
  if (!world.shared_classes || graph.prompts() == 1) {
    std::iota(class_state_.begin(), class_state_.end(), StateId{0});
    for (int h = 0; h <= graph.horizon(); ++h) begin_.push_back(graph.layer_begin(h));
    begin_.push_back(graph.layer_end(graph.horizon()));
    return;
  }
  const std::vector<StateId> label = labels(world);
  begin_ = {0};
  for (int h = 0; h <= graph.horizon(); ++h) {
    std::vector<StateId> distinct(label.begin() + graph.layer_begin(h), label.begin() + graph.layer_end(h));
    std::ranges::sort(distinct);
    distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
    std::vector<int> actions(distinct.size(), 0);
    for (StateId s = graph.layer_begin(h); s < graph.layer_end(h); ++s) {
      const auto place =
          std::ranges::lower_bound(distinct, label[static_cast<std::size_t>(s)]) - distinct.begin();
      class_state_[static_cast<std::size_t>(s)] = begin_.back() + static_cast<StateId>(place);
      if (h == graph.horizon()) continue;
      int& number = actions[static_cast<std::size_t>(place)];
      if (number != 0 && number != graph.actions(s))
        throw std::invalid_argument("states that share parameters need equally many actions");
      number = graph.actions(s);
    }
    begin_.push_back(begin_.back() + static_cast<StateId>(distinct.size()));
  }
}

std::vector<bool> reachable_states(const TokenGraph& graph) {
  std::vector<bool> reached(graph.states(), false);
  std::fill_n(reached.begin(), graph.prompts(), true);
  for (EdgeId e = 0; static_cast<std::size_t>(e) < graph.edges(); ++e)
    if (reached[static_cast<std::size_t>(graph.source(e))])
      reached[static_cast<std::size_t>(graph.successor(e))] = true;
  return reached;
}

}  // namespace twostage
