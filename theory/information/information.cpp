#include "theory/information/information.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "sim/numerics/elementary.hpp"
#include "sim/numerics/interruption.hpp"
#include "sim/numerics/reduce.hpp"
#include "sim/plan/pair_functionals.hpp"
#include "theory/information/route.hpp"

namespace twostage {
namespace {

struct Complex {
  double re = 0;
  double im = 0;
};

Complex operator*(Complex a, Complex b) {
  return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}

// Tilted moments of the path from a state on, under one policy and at one frequency: Phi [states] and N
// [states x parameters].
class TiltedMoments {
 public:
  TiltedMoments(const EdgeFeatures& features, const World& world, std::span<const double> log_policy)
      : features_(features),
        world_(world),
        probability_(world.graph.edges()),
        step_(world.graph.edges()),
        phi_(world.graph.states()),
        re_(world.graph.states() * features.parameters),
        im_(re_.size()),
        mass_(world.graph.states()) {
    for (std::size_t e = 0; e < probability_.size(); ++e) probability_[e] = num::exp(log_policy[e]);
  }

  void sweep(double frequency) {
    const TokenGraph& graph = world_.graph;
    const std::size_t p = features_.parameters;
    std::ranges::fill(phi_, Complex{});
    std::ranges::fill(re_, 0.0);
    std::ranges::fill(im_, 0.0);
    for (auto s = graph.inner_states(); s < graph.states(); ++s) phi_[s] = {1, 0};
    for (auto e = static_cast<EdgeId>(graph.edges()); e-- > 0;) {
      const auto edge = static_cast<std::size_t>(e);
      const auto source = static_cast<std::size_t>(graph.source(e));
      const auto target = static_cast<std::size_t>(graph.successor(e));
      const auto turn = num::sincos(frequency * world_.reward[edge]);
      const Complex step{probability_[edge] * turn.cos, probability_[edge] * turn.sin};
      step_[edge] = step;
      const Complex through = step * phi_[target];
      phi_[source].re += through.re;
      phi_[source].im += through.im;
      double* const re = re_.data() + source * p;
      double* const im = im_.data() + source * p;
      if (target < graph.inner_states()) {
        const double* const next_re = re_.data() + target * p;
        const double* const next_im = im_.data() + target * p;
        for (std::size_t k = 0; k < p; ++k) {
          re[k] += step.re * next_re[k] - step.im * next_im[k];
          im[k] += step.re * next_im[k] + step.im * next_re[k];
        }
      }
      const auto index = features_.indices(e);
      const auto value = features_.values(e);
      for (std::size_t k = 0; k < index.size(); ++k) {
        re[index[k]] += through.re * value[k];
        im[index[k]] += through.im * value[k];
      }
    }
  }

  Complex phi(std::size_t prompt) const { return phi_[prompt]; }
  std::span<const double> re(std::size_t s) const { return row(re_, s); }
  std::span<const double> im(std::size_t s) const { return row(im_, s); }

  // half += the part of Re sum_prompts M(prompt) start(prompt) that stands with its transpose.
  void add_second_moment(std::span<const Complex> start, std::span<double> half) {
    const TokenGraph& graph = world_.graph;
    const std::size_t p = features_.parameters;
    std::ranges::fill(mass_, Complex{});
    std::ranges::copy(start, mass_.begin());
    for (EdgeId e = 0; static_cast<std::size_t>(e) < graph.edges(); ++e) {
      const auto target = static_cast<std::size_t>(graph.successor(e));
      const Complex mass =
          mass_[static_cast<std::size_t>(graph.source(e))] * step_[static_cast<std::size_t>(e)];
      mass_[target].re += mass.re;
      mass_[target].im += mass.im;
      const auto index = features_.indices(e);
      const auto value = features_.values(e);
      const double own = (mass * phi_[target]).re / 2;
      for (std::size_t k = 0; k < index.size(); ++k) {
        const auto out = half.subspan(static_cast<std::size_t>(index[k]) * p, p);
        for (std::size_t l = 0; l < index.size(); ++l)
          out[static_cast<std::size_t>(index[l])] += own * value[k] * value[l];
        if (target >= graph.inner_states()) continue;
        num::axpy(mass.re * value[k], re(target), out);
        num::axpy(-mass.im * value[k], im(target), out);
      }
    }
  }

 private:
  std::span<const double> row(const std::vector<double>& table, std::size_t s) const {
    return {table.data() + s * features_.parameters, features_.parameters};
  }

  const EdgeFeatures& features_;
  const World& world_;
  std::vector<double> probability_;
  std::vector<Complex> step_;  // pi(e) exp(i w r(e))
  std::vector<Complex> phi_;
  std::vector<double> re_, im_;
  std::vector<Complex> mass_;
};

}  // namespace

std::vector<double> pair_information(const EdgeFeatures& features, const World& world,
                                     const PairPolicies& pairs) {
  if (world.cycle) throw std::invalid_argument(kNoReward);
  if (!pair_functionals_fit(world.graph, world.reward))
    throw std::invalid_argument("information: the return spans too wide a range to integrate");
  const std::size_t p = features.parameters;
  const std::size_t prompts = world.graph.prompts();
  const PairQuadrature rule = pair_quadrature(largest_difference(world.graph, world.reward));
  const bool alike = pairs.log_first == pairs.log_second;
  TiltedMoments one(features, world, pairs.log_first);
  std::optional<TiltedMoments> other;  // [states x parameters] again
  if (!alike) other.emplace(features, world, pairs.log_second);
  std::vector<double> half(p * p, 0.0);
  std::vector<Complex> start(prompts);
  for (std::size_t node = 0; node < rule.node.size(); ++node) {
    num::may_interrupt();
    const double weight = rule.weight[node] * rule.node[node];
    one.sweep(rule.node[node]);
    if (other) other->sweep(rule.node[node]);
    const TiltedMoments& two = other ? *other : one;
    const auto partner = [&](const TiltedMoments& moments, double scale) {
      for (std::size_t s = 0; s < prompts; ++s)
        start[s] = {scale * world.rho[s] * moments.phi(s).re, -scale * world.rho[s] * moments.phi(s).im};
    };
    partner(two, alike ? 2 * weight : weight);
    one.add_second_moment(start, half);
    if (other) {
      partner(one, weight);
      other->add_second_moment(start, half);
    }
    for (std::size_t s = 0; s < prompts; ++s)
      for (std::size_t k = 0; k < p; ++k) {
        const auto out = std::span(half).subspan(k * p, p);
        num::axpy(-weight * world.rho[s] * one.re(s)[k], two.re(s), out);
        num::axpy(-weight * world.rho[s] * one.im(s)[k], two.im(s), out);
      }
  }
  for (std::size_t i = 0; i < p; ++i)
    for (std::size_t j = 0; j <= i; ++j)
      half[i * p + j] = half[j * p + i] = half[i * p + j] + half[j * p + i];
  return half;
}

}  // namespace twostage
