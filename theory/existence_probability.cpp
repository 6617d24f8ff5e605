#include "theory/existence_probability.hpp"

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/biconnected_components.hpp>
#include <cmath>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "sim/numerics/elementary.hpp"
#include "sim/plan/sweeps.hpp"
#include "theory/completions.hpp"

namespace twostage {
namespace {

constexpr std::size_t kMaxCompletions = 4096;
constexpr std::size_t kMaxNodes = 1024;
constexpr std::size_t kMaxEnumerated = 16;

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
  const std::size_t prompts = completions.begin.size() - 1;
  std::vector<std::optional<std::size_t>> edge(prompts);  // none: nothing to compare
  for (std::size_t p = 0; p < prompts; ++p) {
    std::vector<std::size_t> ring(feature.begin() + static_cast<std::ptrdiff_t>(completions.begin[p]),
                                  feature.begin() + static_cast<std::ptrdiff_t>(completions.begin[p + 1]));
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
    for (std::size_t i = completions.begin[p]; i < completions.begin[p + 1]; ++i) {
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
  WinProbability(const World& world, const Completions& completions, const PairPolicies& sampler) {
    for (std::size_t i = 0; i < completions.rows(); ++i) {
      const auto path = completions.path(i);
      first_.push_back(num::exp(path_sum(sampler.log_first, path)));
      second_.push_back(num::exp(path_sum(sampler.log_second, path)));
      reward_.push_back(path_sum(world.reward, path));
    }
  }
  double operator()(std::size_t a, std::size_t b) const {
    return (first_[a] * second_[b] + first_[b] * second_[a]) * num::sigmoid(reward_[a] - reward_[b]);
  }
  double mass(std::size_t a) const { return (first_[a] + second_[a]) / 2; }

 private:
  std::vector<double> first_, second_, reward_;
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

// n times this is the logarithm of P(none of n pairs is of a kind that has this probability).
double log_never(double probability) {
  return probability >= 1 ? -HUGE_VAL : num::log1p(-probability);
}
double never(double probability, double n) {
  return num::exp(n * log_never(probability));
}

// One component: its nodes' win matrix, and the events whose union is "not strongly connected".
class Component {
 public:
  Component(const ComparisonGraph& graph, std::size_t which) {
    std::vector<std::size_t> members;
    for (std::size_t i = 0; i < graph.nodes; ++i)
      if (graph.component[i] == which) members.push_back(i);
    size_ = members.size();
    wins_.resize(size_ * size_);
    double total = 0;
    for (std::size_t i = 0; i < size_; ++i) {
      mass_.push_back(graph.mass[members[i]]);
      total += mass_.back();
      for (std::size_t j = 0; j < size_; ++j)
        wins_[i * size_ + j] = graph.wins[members[i] * graph.nodes + members[j]];
    }
    for (double& m : mass_) m /= total;
  }

  std::size_t size() const { return size_; }
  double wins(std::size_t i, std::size_t j) const { return wins_[i * size_ + j]; }
  double all_wins(std::size_t i) const {
    double sum = 0;
    for (std::size_t j = 0; j < size_; ++j) sum += wins(i, j);
    return sum;
  }
  double all_losses(std::size_t i) const {
    double sum = 0;
    for (std::size_t j = 0; j < size_; ++j) sum += wins(j, i);
    return sum;
  }

  // log(1 - w(S -> rest)) of every S but the empty one and its opposite, -infinity where it surely beats
  // some.
  std::vector<double> log_never_of_cuts() const {
    std::vector<double> out;
    std::vector<bool> inside;
    add_cuts(0, inside, out);
    return out;
  }

  // [s * size + i] the least k_i(s) that a node i can beat outside a set of s nodes, 2 <= s < size, of at
  // most half the mass; with `losses`, that can beat it.
  std::vector<double> least_across(bool losses) const {
    const std::vector<double> inside = largest_masses();
    std::vector<double> out(size_ * size_, 0);
    for (std::size_t i = 0; i < size_; ++i) {
      const Knapsack prices = knapsack(i, losses);
      for (std::size_t s = 2; s < size_; ++s) out[s * size_ + i] = prices.least(1 - inside[s]);
    }
    return out;
  }

 private:
  // Places the next node inside or outside S; `across` is w(S -> rest) of those placed.
  void add_cuts(double across, std::vector<bool>& inside, std::vector<double>& out) const {
    const std::size_t next = inside.size();
    if (next == size_) {
      const auto members = static_cast<std::size_t>(std::count(inside.begin(), inside.end(), true));
      if (members != 0 && members != size_) out.push_back(log_never(across));
      return;
    }
    for (const bool in : {false, true}) {
      double more = across;
      for (std::size_t j = 0; j < next; ++j)
        if (inside[j] != in) more += in ? wins(next, j) : wins(j, next);
      inside.push_back(in);
      add_cuts(more, inside, out);
      inside.pop_back();
    }
  }

  // [s] the most mass that s nodes have, at most one half.
  std::vector<double> largest_masses() const {
    std::vector<double> sorted = mass_;
    std::sort(sorted.begin(), sorted.end(), std::greater<>());
    std::vector<double> out{0};
    for (const double m : sorted) out.push_back(std::min(0.5, out.back() + m));
    return out;
  }

  // What node i beats outside a set, cheapest mass first: least(m) = min sum_j w_ij z_j over 0 <= z <= 1,
  // z_i = 0, sum_j mass_j z_j >= m.
  struct Knapsack {
    std::vector<double> mass{0};
    std::vector<double> cost{0};
    double least(double needed) const {
      const auto at = std::upper_bound(mass.begin(), mass.end(), needed);
      if (at == mass.end()) return cost.back();
      const auto k = static_cast<std::size_t>(at - mass.begin());
      return cost[k - 1] + (cost[k] - cost[k - 1]) * (needed - mass[k - 1]) / (mass[k] - mass[k - 1]);
    }
  };
  Knapsack knapsack(std::size_t i, bool losses) const {
    std::vector<std::pair<double, std::size_t>> by_price;
    for (std::size_t j = 0; j < size_; ++j)
      if (j != i && mass_[j] > 0) by_price.emplace_back((losses ? wins(j, i) : wins(i, j)) / mass_[j], j);
    std::sort(by_price.begin(), by_price.end());
    Knapsack out;
    for (const auto& [price, j] : by_price) {
      out.mass.push_back(out.mass.back() + mass_[j]);
      out.cost.push_back(out.cost.back() + price * mass_[j]);
    }
    return out;
  }

  std::size_t size_ = 0;
  std::vector<double> wins_;
  std::vector<double> mass_;
};

// Sum and maximum of exp(n x) over x <= 0. Most are nothing: they need no exponential.
struct Cuts {
  double sum = 0;
  double largest = 0;
};
Cuts sum_of_powers(std::span<const double> logs, double n) {
  constexpr double nothing = -746;  // exp of less is 0 in double precision
  Cuts out;
  for (const double x : logs) {
    if (!(n * x > nothing)) continue;
    const double probability = num::exp(n * x);
    out.sum += probability;
    out.largest = std::max(out.largest, probability);
  }
  return out;
}

// Sets of 2 or more nodes and at most half the mass that beat nobody outside, or that nobody outside beats:
// sum over sizes s of (sum_i e^{-n k_i})^s / s!, where k_i = k_i(s).
double bounded_larger_cuts(std::span<const double> least, std::size_t size, double n) {
  double sum = 0;
  double log_factorial = 0;
  for (std::size_t s = 2; s < size; ++s) {
    double y = 0;
    for (const double k : least.subspan(s * size, size)) y += num::exp(-n * k);
    log_factorial += num::log(static_cast<double>(s));
    sum += num::exp(static_cast<double>(s) * num::log(y) - log_factorial);
  }
  return sum;
}

// P(some node never wins or never loses) >= this. Events of one kind exclude different pairs; "i never wins"
// and "j never loses" share those where i beats j.
double single_node_failures(const ComparisonGraph& graph, std::span<const std::size_t> component_sizes,
                            double n) {
  const std::size_t m = graph.nodes;
  std::vector<double> out(m, 0);
  std::vector<double> in(m, 0);
  std::vector<bool> counts_out(m);
  std::vector<bool> counts_in(m);  // of two nodes, one never loses when the other never wins: counted once
  for (std::size_t i = 0; i < m; ++i) {
    counts_out[i] = component_sizes[graph.component[i]] >= 2;
    counts_in[i] = component_sizes[graph.component[i]] >= 3;
    for (std::size_t j = 0; j < m; ++j) {
      out[i] += graph.wins[i * m + j];
      in[j] += graph.wins[i * m + j];
    }
  }
  double s1 = 0;
  double s2 = 0;
  double largest = 0;
  for (std::size_t i = 0; i < m; ++i) {
    const double never_wins = counts_out[i] ? never(out[i], n) : 0;
    const double never_loses = counts_in[i] ? never(in[i], n) : 0;
    s1 += never_wins + never_loses;
    largest = std::max({largest, never_wins, never_loses});
    for (std::size_t j = 0; j < m; ++j) {
      if (j < i && counts_out[i] && counts_out[j]) s2 += never(out[i] + out[j], n);
      if (j < i && counts_in[i] && counts_in[j]) s2 += never(in[i] + in[j], n);
      if (counts_out[i] && counts_in[j]) s2 += never(out[i] + in[j] - graph.wins[i * m + j], n);
    }
  }
  if (s1 == 0) return 0;
  const double k = 1 + std::floor(2 * s2 / s1);
  return std::max(largest, 2 * s1 / (k + 1) - 2 * s2 / (k * (k + 1)));
}

}  // namespace

ComparisonGraph comparison_graph(const World& world, const LinearModel& model, const PairPolicies& sampler) {
  const Completions completions = enumerate_completions(world.graph, kMaxCompletions);
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

  for (std::size_t p = 0; p + 1 < completions.begin.size(); ++p)
    for (std::size_t a = completions.begin[p]; a < completions.begin[p + 1]; ++a) {
      const std::size_t i = nodes.of[a];
      graph.mass[i] += world.rho[p] * win.mass(a);
      for (std::size_t b = completions.begin[p]; b < completions.begin[p + 1]; ++b) {
        const std::size_t j = nodes.of[b];
        if (i == j) continue;
        const double probability = world.rho[p] * win(a, b);
        if (tabulated) graph.wins[i * graph.nodes + j] += probability;
        if (features > 0) one_sided_wins(nodes.features[i], nodes.features[j], probability, less, more);
      }
    }
  return graph;
}

ExistenceProbability::ExistenceProbability(ComparisonGraph graph)
    : graph_(std::move(graph)), sizes_(graph_.components, 0) {
  for (const std::size_t c : graph_.component) ++sizes_[c];
  if (graph_.wins.empty()) return;
  for (std::size_t c = 0; c < graph_.components; ++c) {
    if (sizes_[c] < 2) continue;
    const Component component(graph_, c);
    Prepared ready = {.size = sizes_[c]};
    if (ready.size <= kMaxEnumerated) {
      ready.log_never_of_cuts = component.log_never_of_cuts();
    } else {
      for (std::size_t i = 0; i < ready.size; ++i) {
        ready.single_nodes.push_back(component.all_wins(i));
        ready.single_nodes.push_back(component.all_losses(i));
      }
      ready.least_wins = component.least_across(false);
      ready.least_losses = component.least_across(true);
    }
    components_.push_back(std::move(ready));
  }
}

ExistenceInterval ExistenceProbability::at(std::size_t pairs) const {
  const double n = static_cast<double>(pairs);
  ExistenceInterval out;
  double failure_low = 0;
  // A feature that no pair differs in is no direction of the class.
  const std::size_t features = graph_.one_sided.size() / 2;
  for (std::size_t k = 0; k < features; ++k)
    if (graph_.one_sided[k] > 0)
      failure_low =
          std::max({failure_low, never(graph_.one_sided[k], n), never(graph_.one_sided[features + k], n)});

  if (graph_.wins.empty()) {
    out.rule = "none: more than 1024 feature vectors";
  } else {
    double failure_high = 0;
    bool enumerated = true;
    for (const Prepared& component : components_) {
      if (component.size <= kMaxEnumerated) {
        const Cuts cuts = sum_of_powers(component.log_never_of_cuts, n);
        failure_high += cuts.sum;
        if (graph_.separates_nodes) failure_low = std::max(failure_low, cuts.largest);
      } else {
        double sum = 0;
        for (std::size_t k = 0; k < component.single_nodes.size(); k += 2)
          sum += never(component.single_nodes[k], n) + never(component.single_nodes[k + 1], n);
        failure_high += sum + bounded_larger_cuts(component.least_wins, component.size, n) +
                        bounded_larger_cuts(component.least_losses, component.size, n);
        enumerated = false;
      }
    }
    if (graph_.separates_nodes) failure_low = std::max(failure_low, single_node_failures(graph_, sizes_, n));
    out.low = std::max(0.0, 1 - failure_high);
    out.rule = enumerated ? "all cuts" : "single nodes, larger sets bounded";
    if (!graph_.separates_nodes) out.rule += ", of the class with a value for every feature vector";
  }
  out.high = 1 - failure_low;
  return out;
}

ExistenceInterval existence_probability(const ComparisonGraph& graph, std::size_t pairs) {
  return ExistenceProbability(graph).at(pairs);
}

}  // namespace twostage
