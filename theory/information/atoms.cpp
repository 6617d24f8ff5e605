#include "theory/information/atoms.hpp"

#include <map>
#include <stdexcept>
#include <string>

#include "sim/numerics/elementary.hpp"
#include "sim/numerics/interruption.hpp"
#include "sim/numerics/reduce.hpp"
#include "sim/world/prompt_set.hpp"
#include "theory/information/route.hpp"

namespace twostage {
namespace {

// Sums along a path so far: the true reward, then psi, entries with index.
struct Partial {
  double truth = 0;
  std::map<std::int32_t, double> psi;
  auto operator<=>(const Partial&) const = default;  // NOLINT(modernize-use-nullptr): clang-tidy 14 errs
};

struct Mass {
  double first = 0;
  double second = 0;
  double reference = 0;
};

using Layer = std::map<std::pair<StateId, Partial>, Mass>;

Partial extended(Partial partial, const EdgeFeatures& features, const World& world, EdgeId e) {
  partial.truth += world.reward[static_cast<std::size_t>(e)];
  for (std::size_t k = 0; k < features.indices(e).size(); ++k)
    partial.psi[features.indices(e)[k]] += features.values(e)[k];
  return partial;
}

}  // namespace

Atoms atoms_of(const EdgeFeatures& features, const World& world, const PairPolicies& pairs,
               std::size_t limit) {
  if (world.cycle) throw std::invalid_argument(kNoReward);
  const TokenGraph& graph = world.graph;
  std::vector<std::pair<Partial, Mass>> rows;
  const auto refuse = [&] {
    throw InputError("horizon", "enumeration: more than " + std::to_string(limit) +
                                    " distinct completions; use a shorter horizon, a smaller alphabet or "
                                    "fewer prompts");
  };
  Atoms out;
  out.begin.push_back(0);
  for (std::size_t prompt = 0; prompt < prompts_with_data(world); ++prompt) {
    Layer layer = {{{static_cast<StateId>(prompt), Partial{}}, Mass{1, 1, 1}}};
    for (int h = 0; h < graph.horizon(); ++h) {
      num::may_interrupt();
      Layer next;
      for (const auto& [key, mass] : layer)
        for (EdgeId e = graph.edge(key.first, 0); e < graph.edge(key.first + 1, 0); ++e) {
          const auto edge = static_cast<std::size_t>(e);
          // What is over no longer tells states apart.
          const StateId target = h + 1 == graph.horizon() ? 0 : graph.successor(e);
          Mass& to = next[{target, extended(key.second, features, world, e)}];
          to.first += mass.first * num::exp(pairs.log_first[edge]);
          to.second += mass.second * num::exp(pairs.log_second[edge]);
          to.reference += mass.reference * num::exp(world.log_reference[edge]);
          if (rows.size() + next.size() > limit)
            refuse();  // before the layer takes the memory that it asks for
        }
      layer = std::move(next);
    }
    for (auto& [key, mass] : layer) rows.emplace_back(key.second, mass);
    out.begin.push_back(static_cast<Eigen::Index>(rows.size()));
  }
  const auto n = static_cast<Eigen::Index>(rows.size());
  out.psi = Eigen::MatrixXd::Zero(n, static_cast<Eigen::Index>(features.parameters));
  out.truth.resize(n);
  out.first.resize(n);
  out.second.resize(n);
  out.reference.resize(n);
  for (Eigen::Index i = 0; i < n; ++i) {
    const auto& [partial, mass] = rows[static_cast<std::size_t>(i)];
    for (const auto& [k, value] : partial.psi) out.psi(i, k) = value;
    out.truth(i) = partial.truth;
    out.first(i) = mass.first;
    out.second(i) = mass.second;
    out.reference(i) = mass.reference;
  }
  return out;
}

LogLaw log_plan(const Atoms& atoms, const Eigen::VectorXd& reward, double beta) {
  LogLaw law{Eigen::VectorXd(atoms.rows()), std::vector<double>(atoms.prompts())};
  for (std::size_t p = 0; p < atoms.prompts(); ++p) {
    const Eigen::Index begin = atoms.begin[p];
    const Eigen::Index size = atoms.begin[p + 1] - begin;
    std::vector<double> logits(static_cast<std::size_t>(size));
    for (Eigen::Index i = 0; i < size; ++i)
      logits[static_cast<std::size_t>(i)] = num::log(atoms.reference(begin + i)) + reward(begin + i) / beta;
    law.normaliser[p] = num::log_sum_exp(logits);
    for (Eigen::Index i = 0; i < size; ++i)
      law.of_atom(begin + i) = logits[static_cast<std::size_t>(i)] - law.normaliser[p];
  }
  return law;
}

}  // namespace twostage
