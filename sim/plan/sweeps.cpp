#include "sim/plan/sweeps.hpp"

#include <algorithm>

#include "sim/numerics/elementary.hpp"
#include "sim/plan/blocks.hpp"

namespace twostage {
namespace {

// Whole vectors: the entries past the end are computed for nothing, which is faster than one by one.
constexpr std::size_t padded(std::size_t n) {
  return (n + 3) / 4 * 4;
}

// Normalises blocks of n states with A actions each: logits come in and log-probabilities go out in
// action-major order, log_sum[i] = log sum_a exp(logit of state i).
class BlockSoftmax {
 public:
  // Room for a block of any stretch of the graph.
  explicit BlockSoftmax(const TokenGraph& graph) {
    std::size_t edges = 0, states = 0;
    for (const Stretch& stretch : graph.stretches()) {
      const std::size_t block = at(std::min(states_in_block(stretch.actions), stretch.end - stretch.begin));
      edges = std::max(edges, padded(block * at(stretch.actions)));
      states = std::max(states, padded(block));
    }
    buffer_.assign(2 * edges + 2 * states, 1.0);
    logit_ = buffer_.data();
    exp_ = logit_ + edges;
    max_ = exp_ + edges;
    log_sum_ = max_ + states;
  }
  BlockSoftmax(const BlockSoftmax&) = delete;
  BlockSoftmax& operator=(const BlockSoftmax&) = delete;

  double* logits() { return logit_; }
  const double* log_sum() const { return log_sum_; }

  template <int kActions>
  void normalise(std::size_t n, std::size_t actions) {
    const std::size_t A = kActions > 0 ? std::size_t{kActions} : actions;
    double* const w = logit_;
    double* const m = max_;
    double* const sum = log_sum_;
    std::copy_n(w, n, m);
    for (std::size_t a = 1; a < A; ++a)
      for (std::size_t i = 0; i < n; ++i) m[i] = w[a * n + i] > m[i] ? w[a * n + i] : m[i];
    for (std::size_t a = 0; a < A; ++a)
      for (std::size_t i = 0; i < n; ++i) w[a * n + i] -= m[i];
    num::exp({w, padded(A * n)}, {exp_, padded(A * n)});
    std::copy_n(exp_, n, sum);
    for (std::size_t a = 1; a < A; ++a)
      for (std::size_t i = 0; i < n; ++i) sum[i] += exp_[a * n + i];
    num::log({sum, padded(n)}, {sum, padded(n)});
    for (std::size_t a = 0; a < A; ++a)
      for (std::size_t i = 0; i < n; ++i) w[a * n + i] -= sum[i];
    for (std::size_t i = 0; i < n; ++i) sum[i] += m[i];
  }

 private:
  std::vector<double> buffer_;  // holds all that follows
  double* logit_;
  double* exp_;
  double* max_;
  double* log_sum_;
};

template <int kActions>
void plan_backward(const TokenGraph& graph, const Stretch& stretch, const double* log_reference,
                   const double* reward, double beta, BlockSoftmax& block, SoftPlan& out) {
  const std::size_t A = kActions > 0 ? std::size_t{kActions} : at(stretch.actions);
  const double inverse_beta = 1 / beta;
  const StateId* const successor = graph.successors().data();
  double* const value = out.value.data();
  const StateId step = states_in_block(stretch.actions);
  for (int h = stretch.end_layer; h-- > stretch.begin_layer;) {
    const StateId end = std::min(graph.layer_end(h), stretch.end);
    for (StateId s = std::max(graph.layer_begin(h), stretch.begin); s < end; s += step) {
      const std::size_t n = at(std::min(step, end - s));
      const std::size_t e0 = at(stretch.edge(s));
      double* const w = block.logits();
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t a = 0; a < A; ++a) {
          const std::size_t e = e0 + i * A + a;
          w[a * n + i] = log_reference[e] + (reward[e] + value[successor[e]]) * inverse_beta;
        }
      block.normalise<kActions>(n, A);
      double* const log_policy = out.log_policy.data() + e0;
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t a = 0; a < A; ++a) log_policy[i * A + a] = w[a * n + i];
      for (std::size_t i = 0; i < n; ++i) value[at(s) + i] = beta * block.log_sum()[i];
    }
  }
}

template <int kActions>
void softmax_states(const Stretch& stretch, const double* log_reference, const double* scores,
                    BlockSoftmax& block, double* log_policy) {
  const std::size_t A = kActions > 0 ? std::size_t{kActions} : at(stretch.actions);
  const StateId step = states_in_block(stretch.actions);
  for (StateId s = stretch.begin; s < stretch.end; s += step) {
    const std::size_t n = at(std::min(step, stretch.end - s));
    const std::size_t e0 = at(stretch.edge(s));
    double* const w = block.logits();
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t a = 0; a < A; ++a)
        w[a * n + i] = log_reference[e0 + i * A + a] + scores[e0 + i * A + a];
    block.normalise<kActions>(n, A);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t a = 0; a < A; ++a) log_policy[e0 + i * A + a] = w[a * n + i];
  }
}

}  // namespace

void soft_plan(const TokenGraph& graph, std::span<const double> log_reference, std::span<const double> reward,
               double beta, SoftPlan& out) {
  out.value.resize(graph.states());
  out.log_policy.resize(graph.edges());
  std::fill(out.value.begin() + graph.layer_begin(graph.horizon()), out.value.end(), 0.0);
  BlockSoftmax block(graph);
  stretches_backward(graph, [&]<int kActions>(const Stretch& stretch) {
    plan_backward<kActions>(graph, stretch, log_reference.data(), reward.data(), beta, block, out);
  });
}

void softmax_policy(const TokenGraph& graph, std::span<const double> log_reference,
                    std::span<const double> scores, std::span<double> log_policy) {
  BlockSoftmax block(graph);
  stretches_forward(graph, [&]<int kActions>(const Stretch& stretch) {
    softmax_states<kActions>(stretch, log_reference.data(), scores.data(), block, log_policy.data());
  });
}

void occupancy(const TokenGraph& graph, std::span<const double> rho, std::span<const double> log_policy,
               std::span<double> edge_mass, std::vector<double>& state_mass) {
  state_mass.assign(graph.states(), 0.0);
  std::copy(rho.begin(), rho.end(), state_mass.begin());
  const StateId* const successor = graph.successors().data();
  double* const mass = state_mass.data();
  stretches_forward(graph, [&]<int kActions>(const Stretch& stretch) {
    const std::size_t A = kActions > 0 ? std::size_t{kActions} : at(stretch.actions);
    const StateId step = states_in_block(stretch.actions);
    for (StateId s0 = stretch.begin; s0 < stretch.end; s0 += step) {
      const StateId s1 = std::min(stretch.end, s0 + step);
      const std::size_t size = at(s1 - s0) * A;
      std::size_t e0 = at(stretch.edge(s0));
      num::exp(log_policy.subspan(e0, size), edge_mass.subspan(e0, size));
      for (std::size_t s = at(s0); s < at(s1); ++s, e0 += A)
        for (std::size_t e = e0; e < e0 + A; ++e) {
          edge_mass[e] *= mass[s];
          mass[successor[e]] += edge_mass[e];
        }
    }
  });
}

void occupancy(const TokenGraph& graph, std::span<const double> rho, std::span<const double> log_policy,
               std::span<double> edge_mass) {
  std::vector<double> state_mass;
  occupancy(graph, rho, log_policy, edge_mass, state_mass);
}

double path_sum(std::span<const double> edge_values, std::span<const EdgeId> path) {
  double sum = 0;
  for (const EdgeId e : path) sum += edge_values[at(e)];
  return sum;
}

void path_sums(std::span<const double> edge_values, std::span<const EdgeId> paths, std::size_t horizon,
               std::span<double> sums) {
  // Four paths at a time, so that their chains of additions overlap.
  const double* const v = edge_values.data();
  std::size_t i = 0;
  for (; i + 4 <= sums.size(); i += 4) {
    const EdgeId* const path = paths.data() + i * horizon;
    double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    for (const EdgeId* e = path; e != path + horizon; ++e) {
      s0 += v[e[0]];
      s1 += v[e[horizon]];
      s2 += v[e[2 * horizon]];
      s3 += v[e[3 * horizon]];
    }
    sums[i] = s0;
    sums[i + 1] = s1;
    sums[i + 2] = s2;
    sums[i + 3] = s3;
  }
  for (; i < sums.size(); ++i) sums[i] = path_sum(edge_values, paths.subspan(i * horizon, horizon));
}

void add_along_paths(std::span<const double> weights, std::span<const EdgeId> paths, std::size_t horizon,
                     std::span<double> edges) {
  for (std::size_t i = 0; i < weights.size(); ++i)
    for (const EdgeId e : paths.subspan(i * horizon, horizon)) edges[at(e)] += weights[i];
}

void expected_return(const TokenGraph& graph, std::span<const double> log_policy,
                     std::span<const double> edge_values, std::span<double> state_values) {
  std::vector<double> probability;
  std::fill(state_values.begin(), state_values.end(), 0.0);
  for (auto stretch = graph.stretches().rbegin(); stretch != graph.stretches().rend(); ++stretch) {
    const std::size_t A = at(stretch->actions);
    const StateId step = states_in_block(stretch->actions);
    probability.resize(at(step) * A);
    for (StateId s1 = stretch->end; s1 > stretch->begin;) {
      const StateId s0 = std::max(stretch->begin, s1 - step);
      const std::size_t e0 = at(stretch->edge(s0));
      const std::size_t size = at(s1 - s0) * A;
      num::exp(log_policy.subspan(e0, size), std::span(probability).first(size));
      for (StateId s = s1; s-- > s0;) {
        double sum = 0;
        for (std::size_t i = at(s - s0) * A; i < at(s - s0 + 1) * A; ++i)
          sum += probability[i] *
                 (edge_values[e0 + i] + state_values[at(graph.successor(static_cast<EdgeId>(e0 + i)))]);
        state_values[at(s)] = sum;
      }
      s1 = s0;
    }
  }
}

void path_sum_range(const TokenGraph& graph, std::span<const double> edge_values, std::span<double> smallest,
                    std::span<double> largest) {
  std::vector<double> low(graph.states(), 0.0);
  std::vector<double> high(graph.states(), 0.0);
  for (StateId s = static_cast<StateId>(graph.inner_states()); s-- > 0;) {
    const auto [e0, end] = graph.leaving(s);
    for (EdgeId e = e0; e < end; ++e) {
      const double down = edge_values[at(e)] + low[at(graph.successor(e))];
      const double up = edge_values[at(e)] + high[at(graph.successor(e))];
      low[at(s)] = e == e0 ? down : std::min(low[at(s)], down);
      high[at(s)] = e == e0 ? up : std::max(high[at(s)], up);
    }
  }
  std::copy_n(low.begin(), graph.prompts(), smallest.begin());
  std::copy_n(high.begin(), graph.prompts(), largest.begin());
}

}  // namespace twostage
