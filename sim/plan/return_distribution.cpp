#include "sim/plan/return_distribution.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "sim/numerics/elementary.hpp"

namespace twostage {
namespace {

auto key(const ReturnAtom& atom) {
  return std::tie(atom.prompt, atom.first, atom.second);
}

// Sorts and adds up equal atoms, in order of arrival; returns the new end.
ReturnAtom* merge(ReturnAtom* begin, ReturnAtom* end) {
  if (end - begin < 2) return end;
  std::stable_sort(begin, end, [](const auto& a, const auto& b) { return key(a) < key(b); });
  ReturnAtom* out = begin;
  for (ReturnAtom* atom = begin + 1; atom != end; ++atom) {
    if (key(*atom) == key(*out)) {
      out->p += atom->p;
      out->q += atom->q;
      if (std::fabs(atom->error) > std::fabs(out->error)) out->error = atom->error;
    } else {
      *++out = *atom;
    }
  }
  return out + 1;
}

// The atoms of one layer, state by state: those of its i-th state are atoms[begin[i]] .. atoms[begin[i + 1]].
struct LayerAtoms {
  std::vector<ReturnAtom> atoms;
  std::vector<std::size_t> begin;
};

// Whether all paths from the prompts to a state have the same partial sum.
bool determined_by_state(const TokenGraph& graph, std::span<const double> edge_values) {
  constexpr double unreached = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> partial(graph.states(), unreached);
  std::fill_n(partial.begin(), graph.prompts(), 0.0);
  for (EdgeId e = 0; static_cast<std::size_t>(e) < graph.edges(); ++e) {
    const double from = partial[static_cast<std::size_t>(graph.source(e))];
    if (std::isnan(from)) continue;
    double& to = partial[static_cast<std::size_t>(graph.successor(e))];
    const double sum = from + edge_values[static_cast<std::size_t>(e)];
    if (std::isnan(to)) to = sum;
    if (!(to == sum)) return false;
  }
  return true;
}

}  // namespace

double most_return_atoms(const TokenGraph& graph, std::span<const double> first_values,
                         std::span<const double> second_values) {
  const auto prompts = static_cast<double>(graph.prompts());
  const double all = count_completions(graph);
  if (!determined_by_state(graph, first_values)) return all;
  if (!second_values.empty() && !determined_by_state(graph, second_values)) return all;
  std::size_t widest = 0;
  for (int h = 0; h < graph.horizon(); ++h) widest = std::max(widest, graph.layer_edges(h).size());
  return std::fmin(all, (graph.prompts_are_apart() ? 1 : prompts) * static_cast<double>(widest));
}

bool sum_belongs_to_states(const TokenGraph& graph, std::span<const double> edge_values) {
  return determined_by_state(graph, edge_values) && graph.prompts_are_apart();
}

std::vector<ReturnAtom> return_distribution(const TokenGraph& graph, std::span<const double> first_values,
                                            std::span<const double> second_values,
                                            std::span<const double> log_p, std::span<const double> log_q,
                                            std::span<const double> first_errors) {
  LayerAtoms here;
  for (std::size_t p = 0; p < graph.prompts(); ++p) {
    here.atoms.push_back({static_cast<std::int32_t>(p), 0, 0, 1, 1, 0});
    here.begin.push_back(p);
  }
  here.begin.push_back(graph.prompts());

  for (int h = 0; h < graph.horizon(); ++h) {
    const auto [first_edge, end_edge] = graph.layer_edges(h);
    const auto source = [&](EdgeId e) {
      return static_cast<std::size_t>(graph.source(e) - graph.layer_begin(h));
    };
    const auto target = [&](EdgeId e) {
      return static_cast<std::size_t>(graph.successor(e) - graph.layer_begin(h + 1));
    };

    // A counting sort of all extended atoms by the state they reach.
    LayerAtoms next;
    next.begin.assign(graph.layer_width(h + 1) + 1, 0);
    for (EdgeId e = first_edge; e < end_edge; ++e)
      next.begin[target(e) + 1] += here.begin[source(e) + 1] - here.begin[source(e)];
    for (std::size_t i = 1; i < next.begin.size(); ++i) next.begin[i] += next.begin[i - 1];
    next.atoms.resize(next.begin.back());
    std::vector<std::size_t> fill = next.begin;
    for (EdgeId e = first_edge; e < end_edge; ++e) {
      const auto i = static_cast<std::size_t>(e);
      const double p = num::exp(log_p[i]);
      const double q = num::exp(log_q[i]);
      for (std::size_t k = here.begin[source(e)]; k < here.begin[source(e) + 1]; ++k) {
        ReturnAtom atom = here.atoms[k];
        atom.first += first_values[i];
        if (!second_values.empty()) atom.second += second_values[i];
        if (!first_errors.empty()) atom.error += first_errors[i];
        atom.p *= p;
        atom.q *= q;
        next.atoms[fill[target(e)]++] = atom;
      }
    }

    // Merge state by state, closing the gaps.
    std::size_t size = 0;
    for (std::size_t i = 0; i + 1 < next.begin.size(); ++i) {
      ReturnAtom* const from = next.atoms.data() + next.begin[i];
      ReturnAtom* const to = merge(from, next.atoms.data() + next.begin[i + 1]);
      next.begin[i] = size;
      std::copy(from, to, next.atoms.data() + size);
      size += static_cast<std::size_t>(to - from);
    }
    next.begin.back() = size;
    next.atoms.resize(size);
    here = std::move(next);
  }

  ReturnAtom* const atoms = here.atoms.data();
  here.atoms.resize(static_cast<std::size_t>(merge(atoms, atoms + here.atoms.size()) - atoms));
  return here.atoms;
}

}  // namespace twostage
