#include "sim/fit/tabular_policies.hpp"

#include <algorithm>
#include <cmath>

#include "sim/fit/limits.hpp"
#include "sim/loss/step_length.hpp"
#include "sim/model/path_covariance.hpp"
#include "sim/numerics/elementary.hpp"
#include "sim/numerics/reduce.hpp"
#include "sim/plan/sweeps.hpp"
#include "sim/world/prompt_set.hpp"

namespace twostage {

TabularPolicies::TabularPolicies(const World& world, const DenseModel& model, LogRatioLoss& loss,
                                 const Penalty& penalty)
    : world_(world),
      model_(model),
      loss_(loss),
      penalty_(penalty),
      objective_(model, world, loss, penalty),
      part_(world.graph.prompts()),
      policy_(world.graph.edges()) {
  const TokenGraph& graph = world.graph;
  for (std::size_t prompt = 0; prompt < prompts_with_data(world); ++prompt) {
    PromptPart& part = part_[prompt];
    for (int h = 0; h < graph.horizon(); ++h) {
      const StateRange states = graph.prompt_states(h, prompt);
      part.shift.push_back(static_cast<EdgeId>(part.local_edge.back()) - graph.edge(states.begin, 0));
      for (StateId s = states.begin; s < states.end; ++s) {
        part.first_edge.push_back(static_cast<std::size_t>(graph.edge(s, 0)));
        part.first_parameter.push_back(static_cast<std::size_t>(model.first_parameter(s)));
        part.local_edge.push_back(part.local_edge.back() + static_cast<std::size_t>(graph.actions(s)));
      }
    }
  }

  const PairTable& table = loss.table();
  for (std::size_t k = 0; k < table.rows(); ++k) {
    const auto first = table.first_path(k);
    const auto second = table.second_path(k);
    PromptPart& part = part_[static_cast<std::size_t>(graph.source(first[0]))];
    for (std::size_t h = 0; h < first.size(); ++h)
      if (first[h] != second[h])
        part.steps.push_back({static_cast<std::uint32_t>(part.shift[h] + first[h]),
                              static_cast<std::uint32_t>(part.shift[h] + second[h])});
    part.rows.push_back(k);
    part.step_end.push_back(part.steps.size());
  }
}

template <typename Weight>
void TabularPolicies::assemble(Weight weight, std::span<double> lower) {
  std::ranges::fill(lower, 0.0);
  num::exp(objective_.log_policy(), policy_);
  add_gauss_newton(lower);
  add_fisher_blocks(weight, lower);
}

void TabularPolicies::hessian(std::span<double> lower) {
  assemble(
      [](std::span<const double> g) {
        double weight = 0;
        for (const double x : g) weight -= x;
        return weight;
      },
      lower);
}

void TabularPolicies::metric(std::span<double> lower) {
  assemble(
      [](std::span<const double> g) {
        double weight = 0;
        for (const double x : g) weight += std::fabs(x);
        return weight;
      },
      lower);
}

double TabularPolicies::longest_step(std::span<const double> direction) const {
  std::vector<double> edges(world_.graph.edges());
  model_.scores(direction, edges);
  const PairTable& table = loss_.table();
  std::vector<double> score(table.completion_count());
  path_sums(edges, table.completions, table.horizon, score);
  double margin = 0;
  for (std::size_t k = 0; k < table.rows(); ++k)
    margin = std::fmax(margin, std::fabs(score[table.first[k]] - score[table.second[k]]));
  return std::fmin(kLongestLogitStep / num::max_abs(edges), kLongestMarginStep / (loss_.scale() * margin));
}

template <typename Weight>
void TabularPolicies::add_fisher_blocks(Weight weight, std::span<double> lower) const {
  const std::size_t n = model_.parameters();
  for (const PromptPart& part : part_)
    for (std::size_t s = 0; s < part.states(); ++s) {
      const std::size_t A = part.actions(s);
      const std::size_t e0 = part.first_edge[s];
      const std::size_t k0 = part.first_parameter[s];
      const double w = weight(objective_.d_log_policy().subspan(e0, A));
      const double* pi = policy_.data() + e0 + 1;
      for (std::size_t b = 0; b + 1 < A; ++b) {
        for (std::size_t c = 0; c <= b; ++c) lower[(k0 + b) * n + k0 + c] -= w * pi[b] * pi[c];
        lower[(k0 + b) * n + k0 + b] += w * pi[b];
      }
    }
}

// J^T K J. Pairs compare completions of one prompt, so K is assembled prompt by prompt.
void TabularPolicies::add_gauss_newton(std::span<double> lower) const {
  for (const PromptPart& part : part_)
    if (!part.rows.empty()) add_gauss_newton(part, lower);
  const std::size_t n = model_.parameters();
  if (penalty_.kind == PenaltyKind::variance || penalty_.kind == PenaltyKind::pooled_variance)
    add_variance(lower);
  if (penalty_.kind == PenaltyKind::ridge)
    for (std::size_t k = 0; k < n; ++k) lower[k * n + k] += penalty_.lambda;
}

// K of one prompt, [edges x edges], of which the lower triangle is filled.
std::vector<double> TabularPolicies::edge_curvature(const PromptPart& part) const {
  const std::size_t edges = part.local_edge.back();
  std::vector<double> out(edges * edges, 0.0);
  const auto row = [&](std::uint32_t edge) { return out.data() + edge * edges; };
  std::size_t begin = 0;
  for (std::size_t k = 0; k < part.rows.size(); ++k) {
    const double w = loss_.scale() * loss_.scale() * loss_.curvature()[part.rows[k]];
    const std::size_t end = part.step_end[k];
    for (std::size_t i = begin; i < end; ++i) {
      const auto [a, b] = part.steps[i];
      double* const of_a = row(a);
      double* const of_b = row(b);
      for (std::size_t j = begin; j < i; ++j) {
        const auto [c, d] = part.steps[j];
        of_a[c] += w;
        of_a[d] -= w;
        of_b[c] -= w;
        of_b[d] += w;
      }
      of_a[a] += w;
      of_b[b] += w;
      row(std::max(a, b))[std::min(a, b)] -= w;
    }
    begin = end;
  }
  return out;
}

void TabularPolicies::add_gauss_newton(const PromptPart& part, std::span<double> lower) const {
  const std::size_t edges = part.local_edge.back();
  const std::size_t n = model_.parameters();
  std::vector<double> k_matrix = edge_curvature(part);
  std::vector<double> pi(edges);
  for (std::size_t s = 0; s < part.states(); ++s)
    std::copy_n(policy_.begin() + static_cast<std::ptrdiff_t>(part.first_edge[s]), part.actions(s),
                pi.begin() + static_cast<std::ptrdiff_t>(part.local_edge[s]));
  std::vector<double> half;  // K J for the edges of one state
  for (std::size_t s = 0; s < part.states(); ++s) {
    const std::size_t A = part.actions(s);
    const std::size_t e0 = part.local_edge[s];
    // The diagonal block is needed on both sides of its diagonal.
    for (std::size_t a = 0; a < A; ++a)
      for (std::size_t c = a + 1; c < A; ++c)
        k_matrix[(e0 + a) * edges + e0 + c] = k_matrix[(e0 + c) * edges + e0 + a];
    const std::size_t width = part.local_edge[s + 1] - (s + 1);  // a parameter less than edges in each state
    half.resize(std::max(half.size(), A * width));
    for (std::size_t a = 0; a < A; ++a) {
      const double* row = k_matrix.data() + (e0 + a) * edges;
      double* out = half.data() + a * width;
      for (std::size_t t = 0; t <= s; ++t) {
        const std::size_t begin = part.local_edge[t], end = part.local_edge[t + 1];
        double total = 0;
        for (std::size_t f = begin; f < end; ++f) total += row[f];
        for (std::size_t f = begin + 1; f < end; ++f) *out++ = row[f] - pi[f] * total;
      }
    }
    const std::size_t ks = part.first_parameter[s];
    for (std::size_t t = 0; t <= s; ++t) {
      const std::size_t kt = part.first_parameter[t];
      const double* column = half.data() + part.local_edge[t] - t;
      for (std::size_t c = 0; c + 1 < part.actions(t); ++c, ++column) {
        double total = 0;
        for (std::size_t a = 0; a < A; ++a) total += column[a * width];
        for (std::size_t b = 1; b < A; ++b)
          if (t < s || c < b) lower[(ks + b - 1) * n + kt + c] += column[b * width] - pi[e0 + b] * total;
      }
    }
  }
}

// lambda Cov_ref of the path sums of J's rows: the variance penalty is quadratic in l.
void TabularPolicies::add_variance(std::span<double> lower) const {
  const TokenGraph& graph = world_.graph;
  const std::size_t n = model_.parameters();
  std::vector<double> jacobian(graph.edges() * n, 0.0);
  std::vector<double> covariance(n * n);
  for (StateId s = 0; static_cast<std::size_t>(s) < graph.inner_states(); ++s) {
    if (model_.first_parameter(s) == DenseModel::kNone) continue;
    const auto k0 = static_cast<std::size_t>(model_.first_parameter(s));
    const auto e0 = static_cast<std::size_t>(graph.edge(s, 0));
    const auto A = static_cast<std::size_t>(graph.actions(s));
    for (std::size_t a = 0; a < A; ++a)
      for (std::size_t b = 1; b < A; ++b)
        jacobian[(e0 + a) * n + k0 + b - 1] = (a == b ? 1 : 0) - policy_[e0 + b];
  }
  martingale_covariance(world_, jacobian, n, world_.log_reference, covariance);
  if (penalty_.kind == PenaltyKind::pooled_variance)
    add_mean_covariance(world_, jacobian, n, world_.log_reference, covariance);
  num::axpy(penalty_.lambda, covariance, lower);
}

}  // namespace twostage
