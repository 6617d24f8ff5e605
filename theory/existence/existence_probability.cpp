#include "theory/existence/existence_probability.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <span>
#include <utility>

#include "sim/numerics/elementary.hpp"

namespace twostage {
namespace {

constexpr std::size_t kMaxEnumerated = 16;
constexpr double kNothing = -746;  // exp of less is 0 in double precision

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

  // log(1 - w(S -> rest)) of every S but the empty one and its opposite, and but those that beat some in n
  // pairs as surely as double precision can say.
  std::vector<double> log_never_of_cuts(double n) const {
    std::vector<double> out;
    std::vector<bool> inside;
    // (1 - w)^n <= e^-nw; and w only grows as nodes are placed.
    add_cuts(0, -kNothing * (1 + 1e-9) / n, inside, out);
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
  void add_cuts(double across, double sure, std::vector<bool>& inside, std::vector<double>& out) const {
    if (across >= sure) return;
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
      add_cuts(more, sure, inside, out);
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
  Cuts out;
  for (const double x : logs) {
    if (!(n * x > kNothing)) continue;
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

ExistenceProbability::ExistenceProbability(ComparisonGraph graph)
    : graph_(std::move(graph)), sizes_(graph_.components, 0) {
  for (const std::size_t c : graph_.component) ++sizes_[c];
  if (graph_.wins.empty()) return;
  for (std::size_t c = 0; c < graph_.components; ++c) {
    if (sizes_[c] < 2) continue;
    const Component component(graph_, c);
    Prepared ready = {.component = c, .size = sizes_[c]};
    if (ready.size > kMaxEnumerated) {
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

ExistenceInterval ExistenceProbability::at(std::size_t pairs) {
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
    for (Prepared& component : components_) {
      if (component.size <= kMaxEnumerated) {
        if (n < component.cuts_from) {
          component.log_never_of_cuts = Component(graph_, component.component).log_never_of_cuts(n);
          component.cuts_from = n;
        }
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
