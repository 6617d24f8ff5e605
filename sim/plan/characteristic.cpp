#include "sim/plan/characteristic.hpp"

#include <algorithm>
#include <array>

#include "sim/numerics/elementary.hpp"

namespace twostage {
namespace {

constexpr std::size_t kLanes = 8;     // frequencies swept together
constexpr EdgeId kEdgesAtOnce = 128;  // whose factors are computed in one call of num::sincos

std::size_t index(auto i) {
  return static_cast<std::size_t>(i);
}

struct Lanes {
  std::array<double, kLanes> re{};
  std::array<double, kLanes> im{};

  // this += (c + i s) * z, with an optional real factor folded into c and s by the caller.
  void add_product(const double* c, const double* s, const Lanes& z) {
    for (std::size_t j = 0; j < kLanes; ++j) {
      re[j] += c[j] * z.re[j] - s[j] * z.im[j];
      im[j] += c[j] * z.im[j] + s[j] * z.re[j];
    }
  }
};

// One layer's values of Phi and M; M is left empty when no moment is asked for.
struct Layer {
  std::vector<Lanes> phi;
  std::vector<Lanes> moment;
};

class Sweep {
 public:
  Sweep(const TokenGraph& graph, std::span<const double> log_policy, std::span<const double> edge_values,
        std::span<const double> moment_values)
      : graph_(graph), values_(edge_values), moments_(moment_values), probability_(graph.edges()) {
    num::exp(log_policy, probability_);
    std::size_t widest = 0;
    for (int h = 0; h <= graph.horizon(); ++h) widest = std::max(widest, graph.layer_width(h));
    for (Layer* layer : {&here_, &next_}) {
      layer->phi.resize(widest);
      if (with_moment()) layer->moment.resize(widest);
    }
  }

  // Leaves the values of layer 0 in `roots()`.
  void run(const std::array<double, kLanes>& frequency) {
    Lanes one;
    one.re.fill(1.0);
    std::fill(here_.phi.begin(), here_.phi.end(), one);
    std::fill(here_.moment.begin(), here_.moment.end(), Lanes{});
    for (int h = graph_.horizon(); h-- > 0;) {
      std::swap(here_, next_);
      for (StateId s = graph_.layer_begin(h); s < graph_.layer_end(h);) {
        StateId end = s + 1;
        while (end < graph_.layer_end(h) && graph_.edge(end + 1, 0) - graph_.edge(s, 0) <= kEdgesAtOnce)
          ++end;
        sweep_states(frequency, h, s, end);
        s = end;
      }
    }
  }

  const Layer& roots() const { return here_; }

 private:
  bool with_moment() const { return !moments_.empty(); }

  // cos_ and sin_ [edges x lanes] of the block become the real and imaginary part of pi(a|s) exp(i w r(e)).
  void factors(const std::array<double, kLanes>& frequency, EdgeId begin, EdgeId end) {
    const std::size_t size = index(end - begin) * kLanes;
    angle_.resize(size);
    cos_.resize(size);
    sin_.resize(size);
    bool rewarded = false;  // layers without reward are common: no need to turn by zero
    for (EdgeId e = begin; e < end; ++e) {
      rewarded |= values_[index(e)] != 0;
      for (std::size_t j = 0; j < kLanes; ++j)
        angle_[index(e - begin) * kLanes + j] = frequency[j] * values_[index(e)];
    }
    if (rewarded) {
      num::sincos(angle_, sin_, cos_);
    } else {
      std::fill(sin_.begin(), sin_.end(), 0.0);
      std::fill(cos_.begin(), cos_.end(), 1.0);
    }
    for (EdgeId e = begin; e < end; ++e)
      for (std::size_t j = 0; j < kLanes; ++j) {
        cos_[index(e - begin) * kLanes + j] *= probability_[index(e)];
        sin_[index(e - begin) * kLanes + j] *= probability_[index(e)];
      }
  }

  void sweep_states(const std::array<double, kLanes>& frequency, int h, StateId begin, StateId end) {
    const EdgeId first = graph_.edge(begin, 0);
    factors(frequency, first, graph_.edge(end, 0));
    for (StateId s = begin; s < end; ++s) {
      Lanes phi;
      Lanes moment;
      const auto [leave, leave_end] = graph_.leaving(s);
      for (EdgeId e = leave; e < leave_end; ++e) {
        const double* c = cos_.data() + index(e - first) * kLanes;
        const double* d = sin_.data() + index(e - first) * kLanes;
        const std::size_t to = index(graph_.successor(e) - graph_.layer_begin(h + 1));
        phi.add_product(c, d, next_.phi[to]);
        if (with_moment()) {
          Lanes m = next_.moment[to];
          for (std::size_t j = 0; j < kLanes; ++j) {
            m.re[j] += moments_[index(e)] * next_.phi[to].re[j];
            m.im[j] += moments_[index(e)] * next_.phi[to].im[j];
          }
          moment.add_product(c, d, m);
        }
      }
      here_.phi[index(s - graph_.layer_begin(h))] = phi;
      if (with_moment()) here_.moment[index(s - graph_.layer_begin(h))] = moment;
    }
  }

  const TokenGraph& graph_;
  std::span<const double> values_;
  std::span<const double> moments_;
  std::vector<double> probability_;
  std::vector<double> angle_;
  std::vector<double> cos_;
  std::vector<double> sin_;
  Layer here_;
  Layer next_;
};

void store(std::span<const Lanes> roots, std::size_t prompts, std::size_t first, std::size_t nodes,
           ComplexTable& out) {
  for (std::size_t p = 0; p < prompts; ++p)
    for (std::size_t j = 0; j < kLanes && first + j < nodes; ++j) {
      out.re[p * nodes + first + j] = roots[p].re[j];
      out.im[p * nodes + first + j] = roots[p].im[j];
    }
}

CharacteristicMoment sweep_all(const TokenGraph& graph, std::span<const double> log_policy,
                               std::span<const double> edge_values, std::span<const double> moment_values,
                               std::span<const double> frequencies) {
  const std::size_t nodes = frequencies.size();
  const std::size_t cells = graph.prompts() * nodes;
  CharacteristicMoment out;
  out.phi = {std::vector<double>(cells), std::vector<double>(cells)};
  if (!moment_values.empty()) out.moment = out.phi;
  Sweep sweep(graph, log_policy, edge_values, moment_values);
  for (std::size_t first = 0; first < nodes; first += kLanes) {
    std::array<double, kLanes> w{};
    for (std::size_t j = 0; j < kLanes && first + j < nodes; ++j) w[j] = frequencies[first + j];
    sweep.run(w);
    store(sweep.roots().phi, graph.prompts(), first, nodes, out.phi);
    if (!moment_values.empty()) store(sweep.roots().moment, graph.prompts(), first, nodes, out.moment);
  }
  return out;
}

}  // namespace

ComplexTable characteristic_function(const TokenGraph& graph, std::span<const double> log_policy,
                                     std::span<const double> edge_values,
                                     std::span<const double> frequencies) {
  return sweep_all(graph, log_policy, edge_values, {}, frequencies).phi;
}

CharacteristicMoment characteristic_moment(const TokenGraph& graph, std::span<const double> log_policy,
                                           std::span<const double> edge_values,
                                           std::span<const double> moment_values,
                                           std::span<const double> frequencies) {
  return sweep_all(graph, log_policy, edge_values, moment_values, frequencies);
}

}  // namespace twostage
