#include "theory/existence/comparison_graph.hpp"

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/biconnected_components.hpp>
#include <cmath>
#include <map>
#include <optional>
#include <span>
#include <utility>

#include "sim/completions/completions.hpp"
#include "sim/numerics/elementary.hpp"
#include "sim/plan/sweeps.hpp"
#include "sim/preference/label_law.hpp"
#include "sim/world/prompt_set.hpp"

namespace twostage {
namespace {

constexpr std::size_t kMaxCompletions = 4096;
constexpr std::size_t kMaxNodes = 1024;

using SparseVector = std::vector<std::pair<std::int32_t, double>>;

// psi of a path, sorted, without zeros; integers where the model has them, so that equal vectors compare
// equal.
SparseVector path_features(const LinearModel& model, std::span<const EdgeId> path) {
  FeatureRow row;
  model.add_path(path, 1.0, row);
  std::map<std::int32_t, double> sum;
  for (std::size_t k = 0; k < row.index.size(); ++k) {
    const double unit = model.integer_unit(static_cast<std::size_t>(row.index[k]));
    sum[row.index[k]] += unit == 0 ? row.value[k] : std::round(row.value[k] * unit);
  }
  SparseVector out;
  for (const auto& [index, value] : sum)
    if (value != 0) out.emplace_back(index, value);
  return out;
}

struct NodeSet {
  std::vector<SparseVector> features;  // [nodes]
  std::vector<std::size_t> component;  // [nodes]
  std::size_t components = 0;
  std::vector<std::size_t> of;  // [completions]
};

// The distinct feature vectors of the completions, numbered as they come: [completions].
std::vector<std::size_t> number_features(const LinearModel& model, const Completions& completions) {
  std::vector<std::size_t> out;
  std::map<SparseVector, std::size_t> number;
  for (std::size_t i = 0; i < completions.rows(); ++i)
    out.push_back(number.emplace(path_features(model, completions.path(i)), number.size()).first->second);
  return out;
}

// Which prompts hang together, by more than one feature vector that they share: [prompts] a number each.
//
// Prompts that meet in one vector only (zero, when each has parameters of its own) say nothing of each other:
// wins are strongly connected iff they are so within each biconnected block. A ring through a prompt's
// vectors has the blocks of all its comparisons.
std::vector<std::size_t> blocks_of_prompts(const Completions& completions,
                                           const std::vector<std::size_t>& feature) {
  using Index = boost::property<boost::edge_index_t, std::size_t>;
  using Graph =
      boost::adjacency_list<boost::vecS, boost::vecS, boost::undirectedS, boost::no_property, Index>;
  Graph graph(*std::max_element(feature.begin(), feature.end()) + 1);
  std::map<std::pair<std::size_t, std::size_t>, std::size_t> edges;
  const auto join = [&](std::size_t a, std::size_t b) {
    const auto [at, fresh] = edges.emplace(std::minmax(a, b), edges.size());
    if (fresh) boost::add_edge(a, b, Index(at->second), graph);
    return at->second;
  };
  const std::size_t prompts = completions.prompt.back() + 1;
  std::vector<std::optional<std::size_t>> edge(prompts);  // none: nothing to compare
  for (std::size_t p = 0; p < prompts; ++p) {
    std::vector<std::size_t> ring(feature.begin() + static_cast<std::ptrdiff_t>(completions.first(p)),
                                  feature.begin() + static_cast<std::ptrdiff_t>(completions.first(p + 1)));
    std::sort(ring.begin(), ring.end());
    ring.erase(std::unique(ring.begin(), ring.end()), ring.end());
    for (std::size_t k = 0; k + 1 < ring.size(); ++k) edge[p] = join(ring[k], ring[k + 1]);
    if (ring.size() > 2) join(ring.back(), ring.front());
  }
  std::vector<std::size_t> block(edges.size());
  std::size_t blocks = boost::biconnected_components(
      graph, boost::make_iterator_property_map(block.begin(), boost::get(boost::edge_index, graph)));
  std::vector<std::size_t> out;
  for (const auto& e : edge) out.push_back(e ? block[*e] : blocks++);
  return out;
}

// A node is a feature vector within one block, and a block's nodes are a component: a vector in which blocks
// meet is a node of each.
NodeSet nodes_of(const LinearModel& model, const Completions& completions) {
  const std::vector<std::size_t> feature = number_features(model, completions);
  const std::vector<std::size_t> block = blocks_of_prompts(completions, feature);
  NodeSet nodes;
  std::map<std::pair<std::size_t, std::size_t>, std::size_t> number;
  std::map<std::size_t, std::size_t> component;
  for (std::size_t p = 0; p < block.size(); ++p)
    for (std::size_t i = completions.first(p), end = completions.first(p + 1); i < end; ++i) {
      const auto [at, fresh] = number.emplace(std::pair{feature[i], block[p]}, number.size());
      nodes.of.push_back(at->second);
      if (!fresh) continue;
      nodes.features.push_back(path_features(model, completions.path(i)));
      nodes.component.push_back(component.emplace(block[p], component.size()).first->second);
    }
  nodes.components = component.size();
  return nodes;
}

// P(pair is a beating b) for completions a, b of one prompt, both orders of drawing.
class WinProbability {
 public:
  WinProbability(const World& world, const Completions& completions, const PairPolicies& sampler)
      : law_(world) {
    for (std::size_t i = 0; i < completions.rows(); ++i) {
      const auto path = completions.path(i);
      first_.push_back(num::exp(path_sum(sampler.log_first, path)));
      second_.push_back(num::exp(path_sum(sampler.log_second, path)));
      worth_.push_back(law_.worth(path));
    }
  }
  double operator()(std::size_t a, std::size_t b) const {
    return (first_[a] * second_[b] + first_[b] * second_[a]) * law_.probability(worth_[a], worth_[b]);
  }
  double mass(std::size_t a) const { return (first_[a] + second_[a]) / 2; }

 private:
  LabelLaw law_;
  std::vector<double> first_, second_;
  std::vector<Worth> worth_;
};

double value_at(const SparseVector& features, std::int32_t index) {
  const auto at = std::lower_bound(features.begin(), features.end(), std::pair{index, -HUGE_VAL});
  return at != features.end() && at->first == index ? at->second : 0;
}

// Adds to `less` and `more`, by feature, where the winner has less or more than the loser.
void one_sided_wins(const SparseVector& winner, const SparseVector& loser, double probability,
                    std::span<double> less, std::span<double> more) {
  const auto compare = [&](std::int32_t index) {
    const double gap = value_at(winner, index) - value_at(loser, index);
    if (gap < 0) less[static_cast<std::size_t>(index)] += probability;
    if (gap > 0) more[static_cast<std::size_t>(index)] += probability;
  };
  for (const auto& entry : winner) compare(entry.first);
  for (const auto& entry : loser)
    if (value_at(winner, entry.first) == 0) compare(entry.first);
}

}  // namespace

ComparisonGraph comparison_graph(const World& world, const LinearModel& model, const PairPolicies& sampler) {
  const Completions completions = with_data(world, all_completions(world.graph, kMaxCompletions));
  const NodeSet nodes = nodes_of(model, completions);
  const WinProbability win(world, completions, sampler);
  ComparisonGraph graph;
  graph.nodes = nodes.features.size();
  graph.component = nodes.component;
  graph.components = nodes.components;
  graph.separates_nodes = model.rank() == graph.nodes - graph.components;
  const bool tabulated = graph.nodes <= kMaxNodes;
  if (tabulated) graph.wins.assign(graph.nodes * graph.nodes, 0.0);
  graph.mass.assign(graph.nodes, 0.0);
  const std::size_t features = graph.separates_nodes ? 0 : model.parameters();
  graph.one_sided.assign(2 * features, 0.0);
  const std::span<double> less(graph.one_sided.data(), features);
  const std::span<double> more(graph.one_sided.data() + features, features);

  for (std::size_t p = 0; p < prompts_with_data(world); ++p) {
    const std::size_t begin = completions.first(p), end = completions.first(p + 1);
    for (std::size_t a = begin; a < end; ++a) {
      const std::size_t i = nodes.of[a];
      graph.mass[i] += world.rho[p] * win.mass(a);
      for (std::size_t b = begin; b < end; ++b) {
        const std::size_t j = nodes.of[b];
        if (i == j) continue;
        const double probability = world.rho[p] * win(a, b);
        if (tabulated) graph.wins[i * graph.nodes + j] += probability;
        if (features > 0) one_sided_wins(nodes.features[i], nodes.features[j], probability, less, more);
      }
    }
  }
  return graph;
}

}  // namespace twostage
