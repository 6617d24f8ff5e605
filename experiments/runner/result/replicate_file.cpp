// Storing a whole replicate. The format is described in REPLICATE_FORMAT.md; keep the two together.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "experiments/runner/replicate/whole_replicate.hpp"
#include "experiments/runner/result/provenance.hpp"
#include "results/store/store.hpp"
#include "sim/algorithm/learned_prompts.hpp"
#include "sim/model/path_covariance.hpp"
#include "sim/world/cycle.hpp"
#include "sim/world/prompt_set.hpp"

namespace twostage {
namespace {

constexpr std::size_t kLargestFeatureMatrix = 4'000'000;  // entries

std::vector<std::int64_t> integers(std::span<const std::int32_t> values) {
  return {values.begin(), values.end()};
}

std::string settings_text(const Settings& settings) {
  std::string out;
  for (const auto& [key, value] : settings.values())
    out += (out.empty() ? "" : ", ") + key + " = " + to_text(value);
  return out;
}

// "0 2 1"
std::vector<std::string> joined(const std::vector<std::vector<int>>& texts) {
  std::vector<std::string> out;
  for (const std::vector<int>& text : texts) out.push_back(fmt::format("{}", fmt::join(text, " ")));
  return out;
}

void add_graph(Dataset& file, const World& world) {
  const TokenGraph& graph = world.graph;
  std::vector<std::int64_t> offsets, source, action;
  for (int h = 0; h <= graph.horizon(); ++h) offsets.push_back(graph.layer_begin(h));
  offsets.push_back(graph.layer_end(graph.horizon()));
  for (EdgeId e = 0; e < static_cast<EdgeId>(graph.edges()); ++e) {
    source.push_back(graph.source(e));
    action.push_back(graph.action(e));
  }
  file.dimensions.push_back({"prompt", Index{graph.prompts()}});
  file.dimensions.push_back({"layer_boundary", Index{offsets.size()}});
  file.dimensions.push_back({"edge", Index{graph.edges()}});
  const auto add = [&](std::string name, std::string dimension, auto data, std::string definition) {
    file.variables.push_back(
        {std::move(name), {std::move(dimension)}, std::move(data), {{"definition", definition}}});
  };
  add("layer_offsets", "layer_boundary", std::move(offsets),
      "layer h holds the states layer_offsets[h] .. [h + 1]");
  add("edge_source", "edge", std::move(source), "state an edge leaves");
  add("edge_action", "edge", std::move(action), "token an edge appends");
  add("edge_successor", "edge", integers(graph.successors()), "state an edge leads to");
  add("rho", "prompt", world.rho, "weight of each prompt; prompt p is state p");
  add("log_reference", "edge", world.log_reference, "log pi_ref(a|s)");
  add("true_reward", "edge", world.reward, "r*(e); the reward of a completion is the sum along its path");
  if (world.cycle) {
    const auto numbers = [](std::span<const double> of) { return std::vector<double>(of.begin(), of.end()); };
    add("cycle_u", "edge", numbers(world.cycle->u()), "u(e); that of a completion is the sum along its path");
    add("cycle_v", "edge", numbers(world.cycle->v()), "v(e), likewise");
  }
  if (!world.state_label.empty()) {
    file.dimensions.push_back({"state", Index{world.state_label.size()}});
    add("state_label", "state", integers(world.state_label), "what states are told by: cells of a maze");
  }
  if (world.texts) {
    add("prompt_text", "prompt", joined(world.texts->prompt),
        "the text that a prompt is, its tokens in order");
    add("reference_text", "prompt", joined(world.texts->reference),
        "the text that completions are held against, hidden from classes");
  }
  if (!world.edge_length.empty())
    add("edge_length", "edge", world.edge_length, "tokens of an edge; those of a completion are their sum");
}

// Of the prompts that the metrics are of, and that policies are learned on, where that is not rho.
void add_other_weights(Dataset& file, const WholeReplicate& replicate) {
  const World& world = replicate.world();
  if (world.every_prompt.empty()) return;
  const Recipe& recipe = replicate.point.recipe();
  file.variables.push_back(
      {"measured_weight",
       {"prompt"},
       prompt_measure(world, recipe.population),
       {{"definition", std::string("weight of each prompt in the metrics; data and fits have rho")}}});
  if (std::ranges::any_of(recipe.arms, learns_on_all_prompts))
    file.variables.push_back(
        {"every_weight",
         {"prompt"},
         world.every_prompt,
         {{"definition",
           std::string("weight of each prompt where a policy is learned on all of them (prompts = all)")}}});
}

void add_policies(Dataset& file, const PairPolicies& pairs, const std::string& of_arm) {
  const auto add = [&](const std::string& name, const std::vector<double>& log_policy) {
    file.variables.push_back({"log_" + name + of_arm,
                              {"edge"},
                              log_policy,
                              {{"definition", "log-probabilities that the " + name +
                                                  " completion of each pair is drawn with, before labels"}}});
  };
  if (pairs.log_first.empty()) return;  // the pairs are given
  add("first", pairs.log_first);
  add("second", pairs.log_second);
}

void add_pairs(Dataset& file, const PreferenceData& data, const std::string& of_arm) {
  file.variables.push_back({"chosen" + of_arm,
                            {"pair", "step"},
                            integers(data.chosen),
                            {{"definition", std::string("edges of the preferred completion")}}});
  file.variables.push_back({"rejected" + of_arm,
                            {"pair", "step"},
                            integers(data.rejected),
                            {{"definition", std::string("edges of the other completion")}}});
}

void add_data(Dataset& file, const WholeReplicate& replicate) {
  const PreferenceData& data = replicate.data;
  file.dimensions.push_back({"pair", Index{data.size()}});
  file.dimensions.push_back({"step", Index{data.horizon}});
  add_pairs(file, data, "");
  if (!data.weight.empty())
    file.variables.push_back(
        {"weight", {"pair"}, data.weight, {{"definition", std::string("how often the pair counts")}}});
  for (const ArmSpec& arm : replicate.point.recipe().arms) {
    if (arm.sampler.values().empty()) continue;
    add_policies(file, replicate.setting->pairs_of(arm).policies, ":" + arm.name);
    add_pairs(file, replicate.own_data.at(arm.name), ":" + arm.name);
  }
}

// Feature matrix of a linear class, and its offset where it has one: scores = offset + Phi theta. Of policies
// that plan, that of the rewards that they plan for; of rewards of few features, that of all of them.
void add_features(Dataset& file, const World& world, const Settings& settings, Role role,
                  const std::string& arm, std::size_t edges) {
  if (settings.values().empty()) return;
  const auto model = make_model(settings, world, role);
  const LinearModel* planned = role == Role::policy ? model->planned_rewards() : nullptr;
  const LinearModel* linear = planned ? planned : model->sparse_of() ? model->sparse_of() : model->linear();
  if (!linear || linear->parameters() * edges > kLargestFeatureMatrix) return;
  const std::string kind = planned ? "planned" : role == Role::reward ? "reward" : "policy";
  const std::string what = planned ? "rewards that are planned for" : kind + " class";
  const std::string dimension = kind + "_feature:" + arm;
  file.dimensions.push_back({dimension, Index{linear->parameters()}});
  file.variables.push_back(
      {kind + "_features:" + arm,
       {"edge", dimension},
       feature_matrix(*linear, world),
       {{"definition", "scores of the " + what + " are this matrix times its parameters"}}});
  if (const auto offset = linear->offset(); !offset.empty())
    file.variables.push_back({kind + "_offset:" + arm,
                              {"edge"},
                              std::vector<double>(offset.begin(), offset.end()),
                              {{"definition", "to be added to the scores of the " + what}}});
}

void add_arms(Dataset& file, const WholeReplicate& replicate) {
  const auto& specs = replicate.point.recipe().arms;
  const std::size_t edges = replicate.world().graph.edges();
  std::vector<std::string> names, algorithm, reward, policy, penalty, options, course, error;
  std::vector<std::uint8_t> status;
  std::vector<double> objective, log_policy, edge_reward;
  for (std::size_t a = 0; a < specs.size(); ++a) {
    const ArmResult& result = replicate.arms[a].result;
    names.push_back(specs[a].name);
    algorithm.push_back(specs[a].algorithm);
    reward.push_back(settings_text(specs[a].reward));
    policy.push_back(settings_text(specs[a].policy));
    penalty.push_back(settings_text(specs[a].penalty));
    options.push_back(settings_text(specs[a].options));
    course.push_back(settings_text(specs[a].course));
    error.push_back(replicate.arms[a].error);
    status.push_back(static_cast<std::uint8_t>(replicate.arms[a].status));
    objective.push_back(result.certificate.objective);
    for (auto [from, to] :
         {std::pair{on_edges(result.policy), &log_policy}, std::pair{&result.edge_reward, &edge_reward}}) {
      if (from) to->insert(to->end(), from->begin(), from->end());
      to->resize((a + 1) * edges, std::numeric_limits<double>::quiet_NaN());  // a failed arm has none
    }
  }
  file.dimensions.push_back({"arm", names});
  file.dimensions.push_back({"arm_b", std::move(names)});
  const auto add = [&](std::string name, std::vector<std::string> dimensions, auto data,
                       std::string definition) {
    file.variables.push_back(
        {std::move(name), std::move(dimensions), std::move(data), {{"definition", definition}}});
  };
  add("algorithm", {"arm"}, std::move(algorithm), "how the arm gets from pairs to a policy");
  add("reward_class", {"arm"}, std::move(reward), "class of the reward it fits; empty when it fits none");
  add("policy_class", {"arm"}, std::move(policy), "class of the policy it fits; empty when it fits none");
  add("penalty", {"arm"}, std::move(penalty), "what is added to the sum of losses over pairs");
  add("options", {"arm"}, std::move(options), "the algorithm's own options");
  add("course", {"arm"}, std::move(course),
      "how it goes there step by step; empty when it is fitted to the optimum");
  Variable outcome = flag_variable("status", {"arm"}, status_names());
  outcome.data = std::move(status);
  outcome.attributes["definition"] = std::string("what became of the arm");
  file.variables.push_back(std::move(outcome));
  add("error", {"arm"}, std::move(error), "why it failed");
  add("objective", {"arm"}, std::move(objective), "what the arm's last fit minimised, where it ended");
  add("log_policy", {"arm", "edge"}, std::move(log_policy),
      "log pi(a|s) of the policy the arm returned; missing where it is none on edges");
  add("edge_reward", {"arm", "edge"}, std::move(edge_reward),
      "the reward it acted on; for direct routes beta log pi/pi_ref");
  for (std::size_t a = 0; a < specs.size(); ++a) {
    if (replicate.arms[a].result.theta.empty()) continue;
    const std::string dimension = "parameter:" + specs[a].name;
    file.dimensions.push_back({dimension, Index{replicate.arms[a].result.theta.size()}});
    add("theta:" + specs[a].name, {dimension}, replicate.arms[a].result.theta,
        "fitted parameters: of the reward where there is one, else of the policy");
    add_features(file, replicate.world(), specs[a].reward, Role::reward, specs[a].name, edges);
    add_features(file, *learning_world(specs[a], replicate.world()), specs[a].policy, Role::policy,
                 specs[a].name, edges);
  }
}

// As result files hold it: named values as bytes, 255 where there is none.
void add_metric(Dataset& file, const Entry<Metric>& entry, const std::vector<std::string>& dimensions,
                const std::vector<double>& values) {
  Variable variable = metric_variable(entry, dimensions);
  if (auto* bytes = std::get_if<std::vector<std::uint8_t>>(&variable.data))
    for (const double value : values)
      bytes->push_back(std::isnan(value) ? std::uint8_t{255} : static_cast<std::uint8_t>(value));
  else
    variable.data = values;
  file.variables.push_back(std::move(variable));
}

void add_measures(Dataset& file, const WholeReplicate& replicate) {
  for (std::size_t k = 0; k < replicate.values.size(); ++k)
    add_metric(file, *replicate.columns.arm[k], {"arm"}, replicate.values[k]);
  for (std::size_t k = 0; k < replicate.pairs.size(); ++k)
    add_metric(file, *replicate.columns.pair[k], {"arm", "arm_b"}, replicate.pairs[k]);
}

}  // namespace

void save_replicate(const std::filesystem::path& path, const Study& study, const WholeReplicate& replicate,
                    Existing existing) {
  Dataset file;
  add_graph(file, replicate.world());
  add_other_weights(file, replicate);
  file.variables.push_back({"beta",
                            {},
                            std::vector<double>{replicate.world().beta},
                            {{"definition", std::string("temperature of the KL term")}}});
  file.variables.push_back({"optimal_log_policy",
                            {"edge"},
                            replicate.optimum().log_policy,
                            {{"definition", std::string("log pi*(a|s), the soft plan of the true reward")}}});
  add_policies(file, replicate.setting->pairs.policies, "");
  add_data(file, replicate);
  add_arms(file, replicate);
  add_measures(file, replicate);
  file.variables.push_back({"configuration",
                            {},
                            std::vector<std::string>{configuration_text(study)},
                            {{"definition", std::string("the study this replicate belongs to")}}});
  file.attributes = file_attributes(study);
  const Recipe& recipe = replicate.point.recipe();
  file.attributes["replicate"] = replicate.number;
  file.attributes["cell"] = fmt::format("{}, sampler: {}, pairs = {}", settings_text(recipe.world),
                                        settings_text(recipe.sampler), recipe.pairs);
  file.attributes["measured"] =
      fmt::format("population = {}, at_kl = {}, reference_wins = {}",
                  prompt_set_names()[static_cast<std::size_t>(recipe.population)],
                  to_text(at_kl_value(recipe.yardsticks)), to_text(recipe.yardsticks.reference_wins));
  write_dataset(path, file, Packing::compressed, existing);
}

}  // namespace twostage
