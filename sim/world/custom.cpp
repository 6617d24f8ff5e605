#include "sim/world/custom.hpp"

#include <algorithm>
#include <cmath>

#include "sim/numerics/elementary.hpp"
#include "sim/numerics/reduce.hpp"

namespace twostage {
namespace {

std::string at(const std::string& name, std::size_t i, double x) {
  return name + "[" + std::to_string(i) + "] = " + to_text(x);
}

void expect_length(const std::string& name, const std::vector<double>& values, std::size_t length,
                   const std::string& of_what) {
  if (values.size() != length)
    throw InputError(name, name + " has " + std::to_string(values.size()) + " numbers; it needs " +
                               std::to_string(length) + ", one for each " + of_what);
}

void expect_positive(const std::string& name, const std::vector<double>& values) {
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!(values[i] > 0) || !std::isfinite(values[i]))
      throw InputError(name, at(name, i, values[i]) + " is no probability above 0");
}

// Divides by the sum, which must be one but for the slack.
void normalise(const std::string& name, const std::string& of_what, std::span<double> values) {
  const double sum = num::sum(values);
  if (!(std::fabs(sum - 1) <= kProbabilitySlack))
    throw InputError(name, name + ": " + of_what + " sum to " + to_text(sum) + ", not to 1");
  for (double& x : values) x /= sum;
}

void expect_prompts(const TokenGraph& graph, bool shared_classes) {
  if (!graph.prompts_are_apart())
    throw InputError("graph",
                     "graph: prompts share states; each needs states of its own (see join and forest)");
  if (shared_classes && !graph.prompts_are_copies())
    throw InputError("shared_classes",
                     "shared_classes: the prompts have different graphs, so they cannot share parameters; "
                     "valid: false, or copies of one graph (see forest)");
}

bool is_prefix_forest(const TokenGraph& graph) {
  std::vector<bool> reached(graph.states(), false);
  for (const StateId s : graph.successors()) {
    if (reached[static_cast<std::size_t>(s)]) return false;
    reached[static_cast<std::size_t>(s)] = true;
  }
  return true;
}

std::vector<double> log_reference(const TokenGraph& graph, std::vector<double> reference) {
  if (reference.empty()) return uniform_policy(graph);
  expect_length("reference", reference, graph.edges(), "edge");
  expect_positive("reference", reference);
  for (StateId s = 0; s < static_cast<StateId>(graph.inner_states()); ++s) {
    const EdgeRange edges = graph.leaving(s);
    normalise("reference", "the probabilities in state " + std::to_string(s),
              std::span(reference).subspan(static_cast<std::size_t>(edges.begin), edges.size()));
  }
  num::log(reference, reference);
  return reference;
}

std::vector<double> prompt_weights(std::size_t prompts, std::vector<double> rho) {
  if (rho.empty()) return std::vector<double>(prompts, 1.0 / static_cast<double>(prompts));
  expect_length("rho", rho, prompts, "prompt");
  expect_positive("rho", rho);
  normalise("rho", "the weights", rho);
  return rho;
}

}  // namespace

World custom_world(WorldParts parts) {
  expect_prompts(parts.graph, parts.shared_classes);
  expect_length("reward", parts.reward, parts.graph.edges(), "edge");
  for (std::size_t e = 0; e < parts.reward.size(); ++e)
    if (!std::isfinite(parts.reward[e]))
      throw InputError("reward", at("reward", e, parts.reward[e]) + " is not finite");
  if (!(parts.beta > 0) || !std::isfinite(parts.beta))
    throw InputError("beta", "beta = " + to_text(parts.beta) + " is no temperature; it must be above 0");
  if (!parts.length.empty()) expect_length("length", parts.length, parts.graph.edges(), "edge");
  for (std::size_t e = 0; e < parts.length.size(); ++e)
    if (!(parts.length[e] >= 0) || !std::isfinite(parts.length[e]))
      throw InputError("length", at("length", e, parts.length[e]) + " is no number of tokens");
  std::vector<double> reference = log_reference(parts.graph, std::move(parts.reference));
  std::vector<double> rho = prompt_weights(parts.graph.prompts(), std::move(parts.rho));
  const bool distinct = is_prefix_forest(parts.graph);
  const int truth_degree = parts.basis ? parts.basis->max_degree() : 0;
  return {.family = "custom",
          .graph = std::move(parts.graph),
          .rho = std::move(rho),
          .log_reference = std::move(reference),
          .reward = std::move(parts.reward),
          .beta = parts.beta,
          .shared_classes = parts.shared_classes,
          .edge_length = std::move(parts.length),
          .basis = std::move(parts.basis),
          .edges_are_distinct_prefixes = distinct,
          .truth_degree = truth_degree};
}

}  // namespace twostage
