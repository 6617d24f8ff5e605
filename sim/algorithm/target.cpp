#include "sim/algorithm/target.hpp"

#include "sim/completions/completions.hpp"
#include "sim/numerics/elementary.hpp"
#include "sim/numerics/reduce.hpp"
#include "sim/plan/sweeps.hpp"
#include "sim/preference/label_law.hpp"

namespace twostage {
namespace {

std::string why_none(const ArmResult& fit) {
  if (fit.ended == Ended::unbounded) return "its loss without penalty has no lower bound";
  if (fit.existence == Existence::not_attained) return "its loss without penalty has no minimum";
  if (!fit.certificate.converged) return "nobody knows whether its loss without penalty has a minimum";
  if (fit.certificate.optimum == Optimum::not_unique) return "its loss without penalty has many minima";
  return "";
}

}  // namespace

double population_pairs(const TokenGraph& graph) {
  const std::vector<double> completions = completions_from(graph);
  double pairs = 0;
  for (std::size_t p = 0; p < graph.prompts(); ++p) pairs += completions[p] * completions[p];
  return pairs;
}

PreferenceData population_of_pairs(const World& world) {
  const TokenGraph& graph = world.graph;
  const Completions all = all_completions(graph);
  const LabelLaw law(world);
  PreferenceData out;
  out.horizon = all.horizon;
  std::size_t begin = 0;
  for (std::size_t p = 0; p < graph.prompts(); ++p) {
    if (world.rho[p] == 0) break;  // held out, as are all that follow
    const std::size_t count = all.count(p);
    const auto path = [&](std::size_t k) {
      return std::span(all.edges).subspan((begin + k) * out.horizon, out.horizon);
    };
    std::vector<double> share(count);
    std::vector<Worth> worth(count);
    for (std::size_t k = 0; k < count; ++k) {
      share[k] = num::exp(path_sum(world.log_reference, path(k)));
      worth[k] = law.worth(path(k));
    }
    std::vector<double> preferred(count);  // y to each z
    for (std::size_t y = 0; y < count; ++y) {
      law.probabilities(worth[y], worth, preferred);
      for (std::size_t z = 0; z < count; ++z) {
        const auto chosen = path(y), rejected = path(z);
        out.chosen.insert(out.chosen.end(), chosen.begin(), chosen.end());
        out.rejected.insert(out.rejected.end(), rejected.begin(), rejected.end());
        out.weight.push_back(world.rho[p] * share[y] * share[z] * preferred[z]);
      }
    }
    begin += count;
  }
  const double scale = static_cast<double>(out.weight.size()) / num::sum(out.weight);
  for (double& w : out.weight) w *= scale;
  return out;
}

Target target_of(const ArmSpec& spec, const ArmInput& input) {
  Target out;
  if (population_pairs(input.world.graph) > kMostPopulationPairs) {
    out.missing = "no exact form: more than 2^18 pairs of completions";
    return out;
  }
  if (!algorithms().at(spec.algorithm).extra.run) {
    out.missing = "no target: an algorithm that goes step by step ends where its course does";
    return out;
  }
  ArmSpec alone = spec;
  alone.penalty = {};
  alone.penalty.set("kind", std::string("none"));
  alone.course = {};
  const PreferenceData population = population_of_pairs(input.world);
  try {
    validate_arm(alone, input.world);
    ArmInput of_population(input.world, population, input.source, input.replicate);
    of_population.population = true;
    of_population.stop = input.stop;
    out.fit = run_arm(alone, of_population);
    const std::string why = why_none(out.fit);
    if (!why.empty()) out.missing = "no target: arm '" + spec.name + "': " + why;
  } catch (const InputError& error) {
    const std::string why = error.what();
    out.missing =
        "no target: " + why.substr(0, why.find("; valid:"));  // it is not the arm as it was asked for
  }
  return out;
}

}  // namespace twostage
