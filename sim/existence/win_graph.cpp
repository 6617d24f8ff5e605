#include "sim/existence/win_graph.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include "sim/world/prompt_set.hpp"

namespace twostage {
namespace {

using Node = std::uint32_t;

// Completions, or states where they end if features are a function of these.
double count_of_values(const LinearModel& model, const TokenGraph& graph) {
  return model.by_end() ? static_cast<double>(graph.layer_width(graph.horizon())) : count_completions(graph);
}

// Values differ within a prompt alone, so there are as many free ones as values less prompts. A class of that
// rank has them all. Other classes than these two kinds would first have to work out what their rank is.
bool values_are_free(const LinearModel& model, const World& world) {
  const TokenGraph& graph = world.graph;
  if (!model.by_end() && !model.every_action()) return false;
  if (prompts_with_data(world) != graph.prompts()) return false;
  if (model.by_end() && !graph.prompts_are_apart()) return false;
  const double free = count_of_values(model, graph) - static_cast<double>(graph.prompts());
  return free == static_cast<double>(model.rank());
}

// [completions] which value each has, numbered from 0.
std::vector<Node> nodes_of(const LinearModel& model, const World& world, const PairTable& pairs) {
  std::vector<Node> out(pairs.completion_count());
  std::iota(out.begin(), out.end(), Node{0});
  if (!model.by_end()) return out;
  const auto first = static_cast<std::size_t>(world.graph.layer_begin(world.graph.horizon()));
  for (std::size_t c = 0; c < out.size(); ++c)
    out[c] = static_cast<Node>(static_cast<std::size_t>(world.graph.successor(pairs.completion(c).back())) -
                               first);
  return out;
}

// Who won against whom, or who lost to whom.
class Neighbours {
 public:
  Neighbours(std::size_t nodes, const std::vector<std::pair<Node, Node>>& edges) : begin_(nodes + 1, 0) {
    for (const auto& [from, to] : edges) ++begin_[from + 1];
    std::partial_sum(begin_.begin(), begin_.end(), begin_.begin());
    to_.resize(edges.size());
    std::vector<std::size_t> next(begin_.begin(), begin_.end() - 1);
    for (const auto& [from, to] : edges) to_[next[from]++] = to;
  }

  // What is reached from a node and was not marked; it is marked now.
  std::vector<Node> reach(Node from, std::vector<bool>& marked) const {
    std::vector<Node> reached = {from};
    marked[from] = true;
    for (std::size_t k = 0; k < reached.size(); ++k)
      for (std::size_t t = begin_[reached[k]]; t < begin_[reached[k] + 1]; ++t)
        if (!marked[to_[t]]) {
          marked[to_[t]] = true;
          reached.push_back(to_[t]);
        }
    return reached;
  }

 private:
  std::vector<std::size_t> begin_;  // [nodes + 1]
  std::vector<Node> to_;
};

}  // namespace

std::optional<KnownExistence> existence_by_wins(const LinearModel& model, const World& world,
                                                const PairTable& pairs) {
  if (!values_are_free(model, world)) return std::nullopt;
  const std::vector<Node> node = nodes_of(model, world, pairs);
  const std::size_t nodes = node.empty() ? 0 : std::size_t{*std::ranges::max_element(node)} + 1;
  std::vector<std::pair<Node, Node>> wins, defeats;
  for (std::size_t k = 0; k < pairs.rows(); ++k) {
    const Node first = node[pairs.first[k]], second = node[pairs.second[k]];
    if (first == second) continue;
    if (pairs.wins[k] > 0) wins.emplace_back(first, second);
    if (pairs.losses[k] > 0) wins.emplace_back(second, first);
  }
  for (const auto& [winner, loser] : wins) defeats.emplace_back(loser, winner);
  const Neighbours won(nodes, wins), lost(nodes, defeats);
  // What is reached by wins and by defeats alike is a part of its own: an edge into it or out of it would
  // reach further. Each part of m values has m - 1 free ones.
  std::vector<bool> by_wins(nodes, false), by_defeats(nodes, false);
  std::size_t rank = 0;
  for (Node from = 0; from < nodes; ++from) {
    if (by_wins[from]) continue;
    const std::size_t part = won.reach(from, by_wins).size();
    const std::vector<Node> back = lost.reach(from, by_defeats);
    if (back.size() != part || !std::ranges::all_of(back, [&](Node n) { return by_wins[n]; }))
      return KnownExistence{.outcome = Existence::not_attained};
    rank += part - 1;
  }
  return KnownExistence{.outcome = rank == model.rank() ? Existence::unique : Existence::flat, .rank = rank};
}

}  // namespace twostage
