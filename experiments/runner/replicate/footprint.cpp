#include "experiments/runner/replicate/footprint.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

#include "sim/algorithm/arm.hpp"
#include "sim/algorithm/learned_prompts.hpp"
#include "sim/algorithm/target.hpp"
#include "sim/existence/visited_features.hpp"
#include "sim/fit/limits.hpp"
#include "sim/fit/linear_policies.hpp"
#include "sim/measure/limits.hpp"
#include "sim/model/dense_model.hpp"
#include "sim/model/score_model.hpp"
#include "sim/penalty/penalty.hpp"
#include "sim/plan/return_distribution.hpp"
#include "sim/policy/best_of_n.hpp"
#include "sim/world/prompt_set.hpp"
#include "theory/asymptotics/sizes.hpp"
#include "theory/prediction/prediction.hpp"

namespace twostage {
namespace {

constexpr double kNumber = sizeof(double);
constexpr double kExistenceParameters = 2048;  // of sim/existence/existence.hpp

struct Sizes {
  double edges, states, horizon, rows, completions, prompts, widest_layer;
  double largest_prompt;  // edges of one prompt's graph

  double seen() const { return std::fmin(2 * rows, completions); }  // completions in a table of pairs
};

// A table of pairs (sim/preference/preference_data.hpp) that grows, with what finds rows and completions
// again.
double tabulation_bytes(const Sizes& size) {
  return 96 * size.rows + (8 * size.horizon + 40) * size.seen();
}

// A loss with a table of its own.
double loss_bytes(const Sizes& size) {
  return 120 * size.rows + (4 * size.horizon + 8) * size.seen();
}

// Samplers that arms have of their own, different ones.
double own_samplers(const Recipe& recipe) {
  std::set<std::string> distinct;
  for (const ArmSpec& arm : recipe.arms)
    if (!arm.sampler.values().empty()) distinct.insert(identity(arm.sampler));
  return static_cast<double>(distinct.size());
}

Sizes sizes_of(const Recipe& recipe, const World& world) {
  const TokenGraph& graph = world.graph;
  const auto prompts = static_cast<double>(graph.prompts());
  const std::vector<double> completions = completions_from(graph);
  double all = 0, comparisons = 0;
  for (std::size_t p = 0; p < graph.prompts(); ++p) {
    all += completions[p];
    comparisons += completions[p] * (completions[p] + 1) / 2;
  }
  std::size_t widest = 0;
  std::vector<std::size_t> of_prompt(graph.prompts(), 0);
  for (int h = 0; h <= graph.horizon(); ++h) {
    widest = std::max(widest, graph.layer_width(h));
    for (std::size_t p = 0; h < graph.horizon() && p < graph.prompts(); ++p)
      of_prompt[p] += graph.prompt_edges(h, p).size();
  }
  return {.edges = static_cast<double>(graph.edges()),
          .states = static_cast<double>(graph.states()),
          .horizon = static_cast<double>(graph.horizon()),
          .rows = std::fmin(static_cast<double>(recipe.pairs), comparisons),
          .completions = all,
          .prompts = prompts,
          .widest_layer = static_cast<double>(widest),
          .largest_prompt = static_cast<double>(*std::ranges::max_element(of_prompt))};
}

// The most features that a completion was seen to have, on paths that spread over the graph.
double features_of_path(const LinearModel& model, const World& world) {
  constexpr std::size_t paths = 16;
  const TokenGraph& graph = world.graph;
  std::size_t most = 1;
  FeatureRow row;
  for (std::size_t i = 0; i < paths; ++i) {
    auto s = static_cast<StateId>(i % graph.prompts());
    std::vector<EdgeId> path;
    for (int h = 0; h < graph.horizon(); ++h) {
      const auto actions = static_cast<std::size_t>(graph.actions(s));
      const std::size_t action = (i * (2 * static_cast<std::size_t>(h) + 1) + i / actions) % actions;
      path.push_back(graph.edge(s, 0) + static_cast<EdgeId>(action));
      s = graph.successor(path.back());
    }
    row.clear();
    model.add_path(path, 1, row);
    most = std::max(most, row.index.size());
  }
  return static_cast<double>(most);
}

double parameters_of(const ScoreModel& model) {
  return static_cast<double>(model.parameters());
}

double descent_bytes(const ScoreModel& model) {
  const auto steps = static_cast<double>(likelihood_options(1, model.parameters()).memory);
  return 2 * kNumber * parameters_of(model) * (steps + 5);
}

double existence_bytes(const LinearModel& model, const World& world, const Sizes& size) {
  const double p = parameters_of(model);
  if (p > kExistenceParameters) return 0;
  return std::fmax(size.rows * (150 * features_of_path(model, world) + 300) + 80 * p * p,
                   kNumber * model.rank_work(world));
}

// Of the test for chosen completions alone (sim/existence/choices.hpp), which lists the features of all
// visited states; where the estimate is flat, its rows are written out, too.
double choices_bytes(const ArmSpec& arm, const LinearModel& model, const World& world, const Sizes& size) {
  constexpr double most_numbers = 1 << 23;
  const double p = parameters_of(model);
  const double chosen = 2 * size.rows;  // completions, at most
  const double numbers = VisitedFeatures::most_numbers(model, world, static_cast<std::size_t>(chosen));
  if (p > kExistenceParameters || numbers > most_numbers) return 0;
  int actions = 0;
  for (const Stretch& stretch : world.graph.stretches()) actions = std::max(actions, stretch.actions);
  const double rows = std::fmin(size.edges, chosen * size.horizon) * (actions - 1);
  const bool may_be_flat = penalty_kind(arm.penalty) == PenaltyKind::none;
  return kNumber * (numbers + (may_be_flat ? 2 * rows * p : 0)) +
         rows * (150 * features_of_path(model, world) + 300) + 80 * p * p;
}

const Algorithm& algorithm_of(const ArmSpec& arm) {
  return algorithms().at(arm.algorithm).extra;
}

// `planned`: by descent through the planner.
double reward_fit_bytes(const ArmSpec& arm, const LinearModel& model, bool planned, const World& world,
                        const Sizes& size) {
  const double p = parameters_of(model);
  const PenaltyKind penalty = penalty_kind(arm.penalty);
  const bool pooled = penalty == PenaltyKind::pooled_variance;
  double out = descent_bytes(model);
  if (!newton_fits(model, world, pooled && !planned)) return out;
  out += kNumber * covariance_numbers(model, world, pooled);
  out += (penalty == PenaltyKind::l1 ? 64 : 40) * p * p;
  return out + size.rows * (70 * features_of_path(model, world) + 150);
}

// Of a descent in the logits, with the features that products of its Hessian need.
double logits_descent_bytes(const ArmSpec& arm, const ScoreModel& model, const World& world,
                            const Sizes& size) {
  const LinearModel* linear = model.linear();
  if (!linear || !algorithm_of(arm).log_ratio_margins || !LinearPolicies::serves(penalty_kind(arm.penalty)))
    return descent_bytes(model);
  const double entries =
      std::fmin(LinearPolicies::kMostEntries, size.edges * features_of_path(*linear, world));
  return descent_bytes(model) + LinearPolicies::kBytesPerEntry * entries +
         kNumber * (7 * size.edges + 2 * size.states);
}

double policy_fit_bytes(const ArmSpec& arm, const ScoreModel& model, const World& world, const Sizes& size) {
  if (const LinearModel* rewards = model.planned_rewards())
    return reward_fit_bytes(arm, *rewards, true, world, size);
  const DenseModel* tabular = model.every_action();
  if (!(tabular && algorithm_of(arm).log_ratio_margins && newton_fits(*tabular, world, true)))
    return logits_descent_bytes(arm, model, world, size);
  const double p = parameters_of(model);
  const double of_prompt = size.largest_prompt;
  return descent_bytes(model) + 2 * kNumber * p * p + kNumber * of_prompt * of_prompt +
         96 * size.rows * size.horizon;
}

// The linear class that a class is, or plans for.
const LinearModel* linear_part(const ScoreModel* model) {
  if (!model) return nullptr;
  return model->planned_rewards() ? model->planned_rewards() : model->linear();
}

// Of the theta, the rewards and their errors that all members of an ensemble have while it is fitted, and the
// pairs that one of them sees.
double members_of(const ArmSpec& arm) {
  const Algorithm& algorithm = algorithm_of(arm);
  return algorithm.members ? static_cast<double>(algorithm.members(arm)) : 1;
}
double ensemble_bytes(const ArmSpec& arm, const ScoreModel& model, const Sizes& size) {
  const double members = members_of(arm);
  if (members == 1) return 0;
  return members * kNumber * (2 * parameters_of(model) + 3 * size.edges + size.states) +
         tabulation_bytes(size);
}

// `tested`: whether its estimate exists is decided, too.
double fit_bytes(const ArmSpec& arm, const ArmModels& models, bool tested, const World& world,
                 const Sizes& size) {
  double fit = 0;
  double existence = 0;
  if (models.reward) {
    const LinearModel* linear = models.reward->linear();
    fit = linear ? reward_fit_bytes(arm, *linear, algorithm_of(arm).through_planner, world, size)
                 : descent_bytes(*models.reward);
    fit += ensemble_bytes(arm, *models.reward, size);
    if (linear) existence = existence_bytes(*linear, world, size);
  }
  if (models.policy) {
    fit = std::fmax(fit, policy_fit_bytes(arm, *models.policy, world, size));
    if (const LinearModel* linear = linear_part(models.policy); linear) {
      if (algorithm_of(arm).log_ratio_margins)
        existence = existence_bytes(*linear, world, size);
      else if (algorithm_of(arm).loss)  // which of the tests is its own affair
        existence =
            std::fmax(existence_bytes(*linear, world, size), choices_bytes(arm, *linear, world, size));
      else if (algorithm_of(arm).existence != nullptr && !models.reward)
        existence = choices_bytes(arm, *linear, world, size);
    }
  }
  for (const ScoreModel* model : {models.reward, models.policy})
    if (const LinearModel* linear = linear_part(model))
      fit = std::fmax(fit, kNumber * linear->rank_work(world));
  for (const ScoreModel* model : {models.reward, models.policy})
    if (model) fit += kNumber * model->numbers_held();
  const double in_order = size.seen() * (4 * size.horizon + 24);  // the completions of the table
  const double table = tabulation_bytes(size);
  // While a second stage is at work, it has the rewards of the first, their errors and their plan beside it.
  const double on_edges = models.reward && models.policy ? 15 : 12;
  return learning_world_bytes(arm, world) + on_edges * kNumber * size.edges + 6 * kNumber * size.states +
         table + std::fmax(in_order, std::fmax(loss_bytes(size) + fit, tested ? existence + table : 0));
}

// Between its steps a course keeps its class, its objective and a table of its own.
double course_bytes(const ArmSpec& arm, const ScoreModel& model, const World& world, const Sizes& size) {
  if (arm.course.values().empty()) return 0;
  const Algorithm& algorithm = algorithm_of(arm);
  const bool of_pairs = algorithm.log_ratio_margins || algorithm.loss;
  const double losses = of_pairs ? loss_bytes(size) : 0;
  const double own = algorithm.course_bytes ? algorithm.course_bytes(arm, world) : 0;
  return own + losses + 8 * kNumber * size.edges + 4 * kNumber * parameters_of(model);
}

// Completions that differ in their true reward or their features, at most: theory lists no others.
double distinct_completions(const LinearModel& model, const World& world, const Sizes& size) {
  return model.by_end() ? std::fmin(size.completions, most_return_atoms(world.graph, world.reward, {}))
                        : size.completions;
}

// Lists are given up when they get longer than `limit`, and then become no matrices.
double listing_bytes(double completions, double limit, double features, double p) {
  return std::fmin(completions, limit) * (100 * features + 2 * kNumber * p + 250);
}
double matrices_bytes(double completions, double limit, double count, const Sizes& size) {
  return completions > limit ? 0 : count * kNumber * completions * completions / size.prompts;
}

// Of one prediction (theory/prediction/prediction.cpp): information and covariances on the graph, then
// whatever is listed there: completions for the leverage, for an expansion, for existence; and the second
// order in coordinates of p.
double prediction_bytes(const ArmSpec& arm, const LinearModel& model, const Recipe& recipe,
                        const World& world, const Sizes& size) {
  constexpr double most_parameters = 256;
  constexpr double leverage_limit = 2048;
  constexpr double existence_limit = 4096;
  constexpr double existence_nodes = 1024;
  constexpr double quicker_listed = 256;  // where the law of a class that holds the truth is not used
  constexpr auto expansion_limit = static_cast<double>(kMostExpandedAtoms);
  const double p = parameters_of(model);
  if (p > most_parameters) return 0;  // not predicted in passing
  const double completions = distinct_completions(model, world, size);
  const double features = features_of_path(model, world);
  const TheoryRoute::Kind route = algorithm_of(arm).theory(arm).kind;
  if (route == TheoryRoute::Kind::none || !arm.course.values().empty()) return 0;
  if (route == TheoryRoute::Kind::direct && !model.every_action() && completions > expansion_limit)
    return 0;  // nothing is known of it

  const bool alike = sampler_of(recipe, arm).text("kind") != "policy-guided";
  const double moments = std::fmax(size.edges + size.states, (alike ? 2 : 4) * size.states);
  const double graph = kNumber * p * (3 * size.edges + moments) + 150 * size.edges + 12 * kNumber * p * p;
  const double effort = recipe.world.text("instance") == "fixed" ? kEffortForMany : kEffortForOne;
  const double affordable = std::fmax((effort / (p * p * p) - 30 * p) / 3, 0);  // N^2, by second_order_cost
  const double expanded = model.surely_holds_truth()
                              ? std::fmin(std::fmax(quicker_listed, std::sqrt(affordable)), expansion_limit)
                              : expansion_limit;
  const double lists = std::fmax(
      listing_bytes(completions, leverage_limit, features, p) +
          matrices_bytes(completions, leverage_limit, 3, size),
      listing_bytes(completions, expanded, features, p) + matrices_bytes(completions, expanded, 12, size));
  // With a penalty it is asked where differences may be wide, as they are with few completions at most.
  const bool unpenalised = penalty_kind(arm.penalty) == PenaltyKind::none;
  double existence = 0;
  if (size.completions <= (unpenalised ? existence_limit : existence_nodes))
    existence = size.completions * (100 * std::fmax(features, size.horizon) + 250) +
                5 * kNumber * std::pow(std::fmin(size.completions, existence_nodes), 2);
  const double pairs = std::fmin(std::pow(std::fmin(completions, expansion_limit), 2), affordable) / 2;
  const double second = pairs > 0 ? kNumber * (pairs * (4 * p + 12) + 40 * p * p * p) : 0;
  return graph + lists + existence + second;
}

// Scores while they are listed, and those that the policy keeps.
double scores_bytes(const ArmSpec& arm, const Sizes& size) {
  return algorithm_of(arm).lists_scores ? 200 * std::fmin(size.completions, kMostScores) : 0;
}
double policy_bytes(const ArmSpec& arm, const Sizes& size) {
  return kNumber * size.edges +
         (algorithm_of(arm).lists_scores ? 32 * std::fmin(size.completions, kMostReweightedScores) : 0);
}

// Of the fit to all pairs of completions (sim/algorithm/target.hpp): as of any other, and the pairs.
double target_bytes(const ArmSpec& arm, const ArmModels& models, const World& world, const Sizes& size) {
  const double pairs = population_pairs(world.graph);
  if (pairs > kMostPopulationPairs) return 0;
  Sizes of_all = size;
  of_all.rows = pairs / 2 + size.completions;
  ArmSpec alone = arm;
  alone.penalty = {};
  alone.penalty.set("kind", std::string("none"));
  return fit_bytes(alone, models, true, world, of_all) + pairs * (8 * size.horizon + kNumber) +
         tabulation_bytes(of_all);
}

double metric_bytes(const Columns& columns, const Sizes& size) {
  const auto asked_for = [](const auto* column) {
    return column->extra.kind == MetricKind::on_request ||
           column->extra.kind == MetricKind::pairwise_on_request;
  };
  if (!std::ranges::any_of(columns.arm, asked_for) && !std::ranges::any_of(columns.pair, asked_for)) return 0;
  return 300 * size.widest_layer + 160 * std::fmin(size.completions, kMostAtoms);
}

}  // namespace

double data_bytes(const Recipe& recipe) {
  const auto horizon = static_cast<double>(recipe.world.integer("horizon"));
  return (1 + own_samplers(recipe)) * static_cast<double>(recipe.pairs) * (8 * horizon + 48);
}

Footprint footprint(const Recipe& recipe, const World& world, const std::vector<ArmModels>& models,
                    const Columns& columns) {
  const Sizes size = sizes_of(recipe, world);
  const bool predicts =
      std::ranges::any_of(columns.arm, [](const auto* column) { return is_of_theory(column->extra.kind); });
  // As the world is seen from other prompts than those of the data, and the fits that wait for it.
  const double elsewhere = holds_prompts_out(recipe.world) ? 1 : 0;
  constexpr double of_edge = 4 * sizeof(EdgeId) + 3 * kNumber, of_state = 4 * sizeof(StateId);
  constexpr double of_sampler = 6 * kNumber;  // two policies, and the tables that they are drawn by
  // Pairs of arms with samplers of their own, and what those draw from.
  const double own = own_samplers(recipe);
  Footprint out{.world = world_bytes(recipe.world) +
                         2 * elsewhere * (of_edge * size.edges + of_state * size.states) +
                         own * of_sampler * size.edges,
                .data = data_bytes(recipe) + (1 + own) * tabulation_bytes(size)};
  const bool of_target =
      std::ranges::any_of(columns.arm, [](const auto* column) { return column->extra.of_target; });
  double kept = 0;
  double at_work = metric_bytes(columns, size);
  for (std::size_t a = 0; a < models.size(); ++a) {
    const ScoreModel* fitted = models[a].reward ? models[a].reward : models[a].policy;
    kept += kNumber * size.edges + members_of(recipe.arms[a]) * kNumber * parameters_of(*fitted) +
            policy_bytes(recipe.arms[a], size) + course_bytes(recipe.arms[a], *fitted, world, size);
    at_work = std::fmax(
        at_work, fit_bytes(recipe.arms[a], models[a], needs_existence(recipe.arms[a], columns), world, size));
    at_work = std::fmax(at_work, scores_bytes(recipe.arms[a], size));
    if (of_target) kept += 3 * kNumber * size.edges + kNumber * parameters_of(*fitted);
    if (of_target) at_work = std::fmax(at_work, target_bytes(recipe.arms[a], models[a], world, size));
    if (const LinearModel* predicted = linear_part(fitted); predicts && predicted)
      out.predictions =
          std::fmax(out.predictions, prediction_bytes(recipe.arms[a], *predicted, recipe, world, size));
  }
  out.arms = (1 + elsewhere) * kept + at_work;
  return out;
}

}  // namespace twostage
