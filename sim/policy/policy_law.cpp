#include "sim/policy/policy_law.hpp"

#include <algorithm>
#include <cmath>

#include "sim/numerics/elementary.hpp"
#include "sim/numerics/reduce.hpp"
#include "sim/plan/divergence.hpp"

namespace twostage {
namespace {

using Atom = ReweightedReference::Atom;

std::size_t prompt_of(const TokenGraph& graph, std::span<const EdgeId> path) {
  return static_cast<std::size_t>(graph.source(path.front()));
}

// sum over atoms of rho P_ref(atom) f(atom).
template <typename Function>
double expectation(const World& world, const ReweightedReference& policy, Function f) {
  std::vector<double> terms;
  terms.reserve(policy.atoms().size());
  for (const Atom& atom : policy.atoms()) terms.push_back(world.rho[atom.prompt] * atom.reference * f(atom));
  return num::sum(terms);
}

// KL(P || Q) of laws with log P / P_ref = p and log Q / P_ref = q at an atom: both sum to one, so that each
// term may be P (e^x - 1 - x) with x = q - p, which is never negative.
template <typename LogP, typename LogQ>
double divergence(const World& world, const ReweightedReference& policy, LogP p, LogQ q) {
  constexpr double largest_ratio = 30;  // beyond it P may be 0 and e^x infinite, and nothing cancels
  return expectation(world, policy, [&](const Atom& atom) {
    const double x = q(atom) - p(atom);
    return x > largest_ratio ? num::exp(q(atom)) - num::exp(p(atom)) * (1 + x)
                             : num::exp(p(atom)) * num::exp_residual(x);
  });
}

double of_policy(const Atom& atom) {
  return atom.log_weight;
}
double of_reference(const Atom&) {
  return 0;
}
// log P_pi* / P_ref = (r* - V(s0)) / beta.
auto of_optimum(const World& world, const SoftPlan& optimum) {
  return [&](const Atom& atom) { return (atom.reward - optimum.value[atom.prompt]) / world.beta; };
}

const ReweightedReference& reweighted(const PolicyLaw& policy) {
  return std::get<ReweightedReference>(policy);
}

// By going through all completions.
class Occupancies {
 public:
  Occupancies(const World& world, const ReweightedReference& policy)
      : world_(world), policy_(policy), mass_(world.graph.edges(), 0.0) {}

  std::vector<double> all() {
    for (std::size_t p = 0; p < world_.graph.prompts(); ++p) {
      prompt_ = p;
      from(static_cast<StateId>(p), 0, world_.rho[p], 0);
    }
    return std::move(mass_);
  }

 private:
  // The policy's mass of all completions that go on from s, given rho P_ref and the score of the way there.
  double from(StateId s, int h, double reference, double score) {
    if (h == world_.graph.horizon()) return reference * num::exp(policy_.log_weight(prompt_, score));
    double total = 0;
    const EdgeRange edges = world_.graph.leaving(s);
    for (EdgeId e = edges.begin; e < edges.end; ++e) {
      const auto i = static_cast<std::size_t>(e);
      const double through =
          from(world_.graph.successor(e), h + 1, reference * num::exp(world_.log_reference[i]),
               score + policy_.edge_score()[i]);
      mass_[i] += through;
      total += through;
    }
    return total;
  }

  const World& world_;
  const ReweightedReference& policy_;
  std::vector<double> mass_;
  std::size_t prompt_ = 0;
};

}  // namespace

ReweightedReference::ReweightedReference(std::vector<double> edge_score,
                                         std::vector<std::vector<Level>> levels,
                                         std::span<const ReturnAtom> scores)
    : edge_score_(std::move(edge_score)), levels_(std::move(levels)) {
  atoms_.reserve(scores.size());
  for (const ReturnAtom& atom : scores) {
    const auto prompt = static_cast<std::size_t>(atom.prompt);
    atoms_.push_back({prompt, atom.second, atom.q, log_weight(prompt, atom.first)});
  }
}

double ReweightedReference::log_weight(std::size_t prompt, double score) const {
  const std::vector<Level>& levels = levels_[prompt];
  const auto level = std::ranges::lower_bound(levels, score, {}, &Level::highest);
  return level == levels.end() ? levels.back().log_weight : level->log_weight;
}

const std::vector<double>* on_edges(const PolicyLaw& policy) {
  const auto* edges = std::get_if<EdgePolicy>(&policy);
  return edges ? &edges->log_policy : nullptr;
}

std::size_t size_of(const PolicyLaw& policy) {
  if (const auto* edges = on_edges(policy)) return edges->size();
  return reweighted(policy).edge_score().size() +
         reweighted(policy).atoms().size() * sizeof(Atom) / sizeof(double);
}

bool all_finite(const PolicyLaw& policy) {
  const auto finite = [](double x) { return std::isfinite(x); };
  if (const auto* edges = on_edges(policy)) return std::ranges::all_of(*edges, finite);
  return std::ranges::all_of(reweighted(policy).atoms(), finite, &Atom::log_weight);
}

double log_probability(const World& world, const PolicyLaw& policy, std::span<const EdgeId> path) {
  if (const auto* edges = on_edges(policy)) return path_sum(*edges, path);
  const ReweightedReference& law = reweighted(policy);
  return path_sum(world.log_reference, path) +
         law.log_weight(prompt_of(world.graph, path), path_sum(law.edge_score(), path));
}

double expected_reward(const World& world, const PolicyLaw& policy) {
  if (const auto* edges = on_edges(policy))
    return expected_value(world.graph, world.rho, *edges, world.reward);
  return expectation(world, reweighted(policy),
                     [](const Atom& atom) { return num::exp(atom.log_weight) * atom.reward; });
}

double kl_to_reference(const World& world, const PolicyLaw& policy) {
  if (const auto* edges = on_edges(policy))
    return kl_divergence(world.graph, world.rho, *edges, world.log_reference);
  return divergence(world, reweighted(policy), of_policy, of_reference);
}

double kl_from_reference(const World& world, const PolicyLaw& policy) {
  if (const auto* edges = on_edges(policy))
    return kl_divergence(world.graph, world.rho, world.log_reference, *edges);
  return divergence(world, reweighted(policy), of_reference, of_policy);
}

double kl_to_optimum(const World& world, const PolicyLaw& policy, const SoftPlan& optimum) {
  if (const auto* edges = on_edges(policy))
    return kl_divergence(world.graph, world.rho, *edges, optimum.log_policy);
  return divergence(world, reweighted(policy), of_policy, of_optimum(world, optimum));
}

double kl_from_optimum(const World& world, const PolicyLaw& policy, const SoftPlan& optimum) {
  if (const auto* edges = on_edges(policy))
    return kl_divergence(world.graph, world.rho, optimum.log_policy, *edges);
  return divergence(world, reweighted(policy), of_optimum(world, optimum), of_policy);
}

double soft_return(const World& world, const PolicyLaw& policy) {
  if (const auto* edges = on_edges(policy)) return soft_return(world, std::span<const double>(*edges));
  return expected_reward(world, policy) - world.beta * kl_to_reference(world, policy);
}

std::vector<ReturnAtom> law_of_rewards(const World& world, const PolicyLaw& policy) {
  if (const auto* edges = on_edges(policy))
    return return_distribution(world.graph, world.reward, {}, *edges, world.log_reference);
  std::vector<ReturnAtom> out;
  for (const Atom& atom : reweighted(policy).atoms())
    out.push_back({.prompt = static_cast<std::int32_t>(atom.prompt),
                   .first = atom.reward,
                   .second = 0,
                   .p = atom.reference * num::exp(atom.log_weight),
                   .q = atom.reference,
                   .error = 0});
  std::ranges::stable_sort(out, [](const ReturnAtom& a, const ReturnAtom& b) {
    return a.prompt != b.prompt ? a.prompt < b.prompt : a.first < b.first;
  });
  return out;
}

std::vector<double> occupancy(const World& world, const PolicyLaw& policy) {
  const auto* edges = on_edges(policy);
  if (!edges) return Occupancies(world, reweighted(policy)).all();
  std::vector<double> mass(world.graph.edges());
  occupancy(world.graph, world.rho, *edges, mass);
  return mass;
}

double policy_gap(const World& world, const PolicyLaw& p, const PolicyLaw& q) {
  return largest_gap(occupancy(world, p), occupancy(world, q));
}

}  // namespace twostage
