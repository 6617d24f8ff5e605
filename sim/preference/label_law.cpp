#include "sim/preference/label_law.hpp"

#include "sim/numerics/elementary.hpp"
#include "sim/numerics/reduce.hpp"
#include "sim/plan/sweeps.hpp"
#include "sim/plan/ties.hpp"

namespace twostage {

Worth LabelLaw::worth(std::span<const EdgeId> path) const {
  Worth out{.reward = path_sum(world_.reward, path)};
  if (world_.cycle) out.point = world_.cycle->point(path);
  return out;
}

double LabelLaw::probability(const Worth& first, const Worth& second) const {
  return num::sigmoid(log_odds(first, second));
}

void LabelLaw::probabilities(const Worth& first, std::span<const Worth> second, std::span<double> out) const {
  for (std::size_t i = 0; i < second.size(); ++i) out[i] = log_odds(first, second[i]);
  num::sigmoid(out, out);
}

double LabelLaw::rounding() const {
  const double of_rewards = rounding_of(world_.graph, world_.reward);
  if (!world_.cycle) return of_rewards;
  // Two products of path sums, of each of which 1e-12 may be lost.
  const double horizon = world_.graph.horizon();
  return of_rewards +
         4e-12 * horizon * horizon * num::max_abs(world_.cycle->u()) * num::max_abs(world_.cycle->v());
}

}  // namespace twostage
