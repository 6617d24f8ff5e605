#include "sim/loss/distillation.hpp"

#include <algorithm>

#include "sim/numerics/elementary.hpp"
#include "sim/plan/sweeps.hpp"

namespace twostage {
namespace {

// A term of KL(p || q), x = log q/p: p (e^x - 1 - x), never negative, since both sum to one. Where e^x may be
// infinite nothing cancels.
double term(double p, double q, double x) {
  constexpr double largest_ratio = 30;
  return x > largest_ratio ? q - p * (1 + x) : p * num::exp_residual(x);
}

}  // namespace

Distillation::Distillation(const ScoreModel& student, const World& world, std::span<const double> log_teacher,
                           KlDirection direction, Prefixes prefixes)
    : student_(student),
      world_(world),
      log_teacher_(log_teacher),
      direction_(direction),
      prefixes_(prefixes),
      scores_(world.graph.edges()),
      log_policy_(world.graph.edges()),
      mass_(world.graph.edges()),
      slope_(world.graph.edges()),
      divergence_(world.graph.states()),
      value_(world.graph.states()) {
  if (prefixes_ == Prefixes::teacher) occupancy(world.graph, world.rho, log_teacher, mass_, visits_);
}

// D of each state and its derivative in the scores there: pi - p, or pi (log pi/p - D).
void Distillation::find_divergences() {
  const TokenGraph& graph = world_.graph;
  for (StateId s = 0; static_cast<std::size_t>(s) < graph.inner_states(); ++s) {
    const EdgeRange edges = graph.leaving(s);
    double& divergence = divergence_[static_cast<std::size_t>(s)] = 0;
    for (EdgeId e = edges.begin; e < edges.end; ++e) {
      const auto k = static_cast<std::size_t>(e);
      const double p = num::exp(log_teacher_[k]), pi = num::exp(log_policy_[k]);
      const double x = log_policy_[k] - log_teacher_[k];
      if (direction_ == KlDirection::forward) {
        divergence += term(p, pi, x);
        slope_[k] = pi - p;
      } else {
        divergence += term(pi, p, -x);
        slope_[k] = pi * x;
      }
    }
    if (direction_ == KlDirection::forward) continue;
    for (EdgeId e = edges.begin; e < edges.end; ++e)
      slope_[static_cast<std::size_t>(e)] -= num::exp(log_policy_[static_cast<std::size_t>(e)]) * divergence;
  }
}

double Distillation::evaluate(std::span<const double> theta, std::span<double> gradient) {
  const TokenGraph& graph = world_.graph;
  student_.scores(theta, scores_);
  softmax_policy(graph, world_.log_reference, scores_, log_policy_);
  find_divergences();
  if (prefixes_ == Prefixes::student) occupancy(graph, world_.rho, log_policy_, mass_, visits_);
  double loss = 0;
  for (std::size_t s = 0; s < graph.inner_states(); ++s) loss += visits_[s] * divergence_[s];
  std::ranges::fill(value_, 0.0);
  for (auto s = static_cast<StateId>(graph.inner_states()); s-- > 0;) {
    const auto i = static_cast<std::size_t>(s);
    const EdgeRange edges = graph.leaving(s);
    double ahead = 0;  // of what is left to come after this token
    if (prefixes_ == Prefixes::student)
      for (EdgeId e = edges.begin; e < edges.end; ++e)
        ahead += num::exp(log_policy_[static_cast<std::size_t>(e)]) *
                 value_[static_cast<std::size_t>(graph.successor(e))];
    value_[i] = divergence_[i] + ahead;
    for (EdgeId e = edges.begin; e < edges.end; ++e) {
      const auto k = static_cast<std::size_t>(e);
      if (prefixes_ == Prefixes::student)
        slope_[k] +=
            num::exp(log_policy_[k]) * (value_[static_cast<std::size_t>(graph.successor(e))] - ahead);
      slope_[k] *= visits_[i];
    }
  }
  student_.pullback(theta, slope_, gradient);
  return loss;
}

}  // namespace twostage
