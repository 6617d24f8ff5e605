#include "experiments/runner/replicate/regret_control.hpp"

#include <limits>

#include "sim/numerics/elementary.hpp"
#include "sim/plan/sweeps.hpp"

namespace twostage {

Eigen::VectorXd score_of(const PairTable& table, const ClassOnEdges& at) {
  // What the comparisons say of the reward of each edge, before that is told by parameters.
  std::vector<double> pull(at.reward.size(), 0.0), reward(table.completion_count());
  path_sums(at.reward, table.completions, table.horizon, reward);
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const double difference = reward[table.first[row]] - reward[table.second[row]];
    const double surprise =
        table.wins[row] - (table.wins[row] + table.losses[row]) * num::sigmoid(difference);
    for (const EdgeId e : table.first_path(row)) pull[static_cast<std::size_t>(e)] += surprise;
    for (const EdgeId e : table.second_path(row)) pull[static_cast<std::size_t>(e)] -= surprise;
  }
  Eigen::VectorXd score = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(at.gradient.parameters));
  for (EdgeId e = 0; static_cast<std::size_t>(e) < pull.size(); ++e)
    for (std::size_t k = 0; k < at.gradient.indices(e).size(); ++k)
      score(at.gradient.indices(e)[k]) += pull[static_cast<std::size_t>(e)] * at.gradient.values(e)[k];
  return score;
}

Measured regret_control(Predictor& predictor, const PairTable& table) {
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  const ScoreResponse* const response = predictor.response(static_cast<double>(table.pairs));
  if (response) return {.value = response->control(score_of(table, *response->at)), .missing = {}};
  return {.value = none,
          .missing =
              predictor.reason().empty() ? "theory finds no optimum to expand around" : predictor.reason()};
}

}  // namespace twostage
