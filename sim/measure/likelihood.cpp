// What the arm makes of the data it was trained on: likelihood of the completions under the policy, and of
// the labels under the reward (for direct routes the implicit one, beta log pi/pi_ref).
#include "sim/measure/groups.hpp"
#include "sim/numerics/elementary.hpp"
#include "sim/numerics/reduce.hpp"
#include "sim/plan/ties.hpp"

namespace twostage {
namespace {

template <typename Term>
double mean_over_pairs(const PreferenceData& data, Term term) {
  std::vector<double> terms(data.size());
  for (std::size_t i = 0; i < terms.size(); ++i) terms[i] = data.weight_of(i) * term(i);
  return num::sum(terms) / (data.weight.empty() ? static_cast<double>(terms.size()) : num::sum(data.weight));
}

double margin(const Context& c, const ArmResult& arm, std::size_t i) {
  return path_sum(arm.edge_reward, c.data.chosen_path(i)) -
         path_sum(arm.edge_reward, c.data.rejected_path(i));
}

double chosen_log_prob(const Context& c, const ArmResult& arm) {
  return mean_over_pairs(
      c.data, [&](std::size_t i) { return log_probability(c.world, arm.policy, c.data.chosen_path(i)); });
}

double rejected_log_prob(const Context& c, const ArmResult& arm) {
  return mean_over_pairs(
      c.data, [&](std::size_t i) { return log_probability(c.world, arm.policy, c.data.rejected_path(i)); });
}

double rm_log_likelihood(const Context& c, const ArmResult& arm) {
  return mean_over_pairs(c.data, [&](std::size_t i) { return -num::softplus(-margin(c, arm, i)); });
}

double rm_accuracy(const Context& c, const ArmResult& arm) {
  const double rounding = rounding_of(c.world.graph, arm.edge_reward);
  const auto error = [&](std::span<const EdgeId> path) {
    return arm.edge_error.empty() ? 0 : path_sum(arm.edge_error, path);
  };
  return mean_over_pairs(c.data, [&](std::size_t i) {
    const double m = margin(c, arm, i);
    if (std::fabs(m) <= tie_tolerance(rounding, error(c.data.chosen_path(i)), error(c.data.rejected_path(i))))
      return 0.5;
    return m > 0 ? 1.0 : m < 0 ? 0.0 : m;  // NaN stays NaN
  });
}

Entry<Metric> entry(std::string name, std::string summary, std::string long_name, std::string units,
                    std::string definition, double (*value)(const Context&, const ArmResult&),
                    MetricRange range) {
  return exact_metric(std::move(name), std::move(summary), "Swamy et al. 2503.01067",
                      {.kind = MetricKind::always,
                       .long_name = std::move(long_name),
                       .units = std::move(units),
                       .definition = std::move(definition),
                       .value = value,
                       .range = range});
}

}  // namespace

MetricEntries likelihood_metrics() {
  return {
      entry("chosen_log_prob", "log-probability of the chosen completions",
            "mean log-probability of the chosen completions", "nat",
            "Mean over the pairs of log P_pi(xi+|s0), nats per completion.", chosen_log_prob, kNotPositive),
      entry("rejected_log_prob", "log-probability of the rejected completions",
            "mean log-probability of the rejected completions", "nat",
            "Mean over the pairs of log P_pi(xi-|s0), nats per completion.", rejected_log_prob, kNotPositive),
      entry("rm_log_likelihood", "Bradley-Terry log-likelihood in sample",
            "in-sample log-likelihood of the reward", "nat",
            "Mean over the training pairs of log sigmoid(r(xi+) - r(xi-)), r the arm's reward (for direct "
            "routes "
            "beta log pi/pi_ref).",
            rm_log_likelihood, kNotPositive),
      entry("rm_accuracy", "share of training pairs ranked right", "in-sample accuracy of the reward", "1",
            "Share of training pairs with r(xi+) > r(xi-), ties (equal up to the error of r: 1e-12 H "
            "max|r(e)| for rounding, and ten times what the step that the optimiser would take next changes) "
            "counted half; r the "
            "arm's reward (for direct routes beta log pi/pi_ref).",
            rm_accuracy, kShare),
  };
}

}  // namespace twostage
