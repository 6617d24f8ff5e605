// What the arm makes of the data it was trained on: likelihood of the completions under the policy, and of
// the labels under the reward (for direct routes the implicit one, beta log pi/pi_ref).
#include "sim/measure/groups.hpp"
#include "sim/numerics/elementary.hpp"
#include "sim/numerics/reduce.hpp"
#include "sim/plan/ties.hpp"

namespace twostage {
namespace {

// Of one term for each pair, which is lost.
double mean_over_pairs(const PreferenceData& data, std::vector<double> terms) {
  if (!data.weight.empty())
    for (std::size_t i = 0; i < terms.size(); ++i) terms[i] = data.weight[i] * terms[i];
  return num::sum(terms) / (data.weight.empty() ? static_cast<double>(terms.size()) : num::sum(data.weight));
}

// [pairs] along the chosen or the rejected completions.
std::vector<double> sums_along(const std::vector<EdgeId>& paths, std::size_t horizon,
                               std::span<const double> edge_values) {
  std::vector<double> out(paths.size() / horizon);
  path_sums(edge_values, paths, horizon, out);
  return out;
}

// [pairs] r(xi+) - r(xi-)
std::vector<double> margins(const Context& c, const ArmResult& arm) {
  std::vector<double> out = sums_along(c.data.chosen, c.data.horizon, arm.edge_reward);
  num::axpy(-1, sums_along(c.data.rejected, c.data.horizon, arm.edge_reward), out);
  return out;
}

double mean_log_probability(const Context& c, const ArmResult& arm, const std::vector<EdgeId>& paths) {
  const std::size_t H = c.data.horizon;
  if (const std::vector<double>* edges = on_edges(arm.policy))
    return mean_over_pairs(c.data, sums_along(paths, H, *edges));
  std::vector<double> terms(c.data.size());
  for (std::size_t i = 0; i < terms.size(); ++i)
    terms[i] = log_probability(c.world, arm.policy, std::span(paths).subspan(i * H, H));
  return mean_over_pairs(c.data, std::move(terms));
}

double chosen_log_prob(const Context& c, const ArmResult& arm) {
  return mean_log_probability(c, arm, c.data.chosen);
}

double rejected_log_prob(const Context& c, const ArmResult& arm) {
  return mean_log_probability(c, arm, c.data.rejected);
}

double rm_log_likelihood(const Context& c, const ArmResult& arm) {
  std::vector<double> terms = margins(c, arm);
  for (double& m : terms) m = -m;
  num::softplus(terms, terms);
  for (double& term : terms) term = -term;
  return mean_over_pairs(c.data, std::move(terms));
}

double rm_accuracy(const Context& c, const ArmResult& arm) {
  const double rounding = rounding_of(c.world.graph, arm.edge_reward);
  std::vector<double> chosen_error(c.data.size(), 0.0), rejected_error(c.data.size(), 0.0);
  if (!arm.edge_error.empty()) {
    chosen_error = sums_along(c.data.chosen, c.data.horizon, arm.edge_error);
    rejected_error = sums_along(c.data.rejected, c.data.horizon, arm.edge_error);
  }
  std::vector<double> terms = margins(c, arm);
  for (std::size_t i = 0; i < terms.size(); ++i) {
    const double m = terms[i];
    if (std::fabs(m) <= tie_tolerance(rounding, chosen_error[i], rejected_error[i]))
      terms[i] = 0.5;
    else
      terms[i] = m > 0 ? 1.0 : m < 0 ? 0.0 : m;  // NaN stays NaN
  }
  return mean_over_pairs(c.data, std::move(terms));
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
