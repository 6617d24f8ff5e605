#include "sim/preference/pair_mixture.hpp"

#include <cmath>

#include "sim/numerics/elementary.hpp"

namespace twostage {

double PairMixture::share_of(std::size_t part, std::size_t prompt) const {
  return share.empty() ? 1 : share[part * prompts() + prompt];
}

PairMixture only(PairPolicies policies) {
  PairMixture out;
  out.parts.push_back(std::move(policies));
  return out;
}

PairMixture guided_mixture(const World& world, std::vector<double> reward) {
  const std::size_t prompts = world.graph.prompts();
  const std::vector<double> uniform = uniform_policy(world.graph);
  SoftPlan up, down;
  soft_plan(world.graph, uniform, reward, 1, up);
  for (double& r : reward) r = -r;
  soft_plan(world.graph, uniform, reward, 1, down);

  PairMixture out;
  out.share.resize(2 * prompts);
  out.weight.resize(prompts);
  for (std::size_t p = 0; p < prompts; ++p) {
    const double of_guided = up.value[p] + down.value[p];  // the log of its weight, where that of u is 1
    out.share[p] = num::sigmoid(-of_guided);
    out.share[prompts + p] = num::sigmoid(of_guided);
    out.weight[p] = (1 + num::exp(of_guided)) / 2;
    if (of_guided > out.log_weight || std::isnan(of_guided)) out.log_weight = of_guided;
  }
  out.parts = {{uniform, uniform}, {std::move(up.log_policy), std::move(down.log_policy)}};
  return out;
}

}  // namespace twostage
