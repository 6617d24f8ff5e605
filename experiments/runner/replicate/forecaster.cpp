#include "experiments/runner/replicate/forecaster.hpp"

#include <fmt/format.h>

#include <map>

#include "experiments/runner/study/recipe.hpp"
#include "sim/algorithm/arm.hpp"
#include "sim/penalty/penalty.hpp"

namespace twostage {
namespace {

TheoryRoute route_of(const ArmSpec& arm) {
  if (!arm.course.values().empty()) return {.why_none = "no formula for a fit that stops before its optimum"};
  return algorithms().at(arm.algorithm).extra.theory(arm);
}

struct Described {
  Route route;
  std::unique_ptr<const LinearModel> model;
  std::string missing;  // why there is no theory
};

Described described(const ArmSpec& arm, const World& world) {
  Described out;
  const TheoryRoute route = route_of(arm);
  if (route.kind == TheoryRoute::Kind::none) {
    out.missing = route.why_none;
    return out;
  }
  const bool plan = route.kind == TheoryRoute::Kind::plan;
  const PenaltyChoice choice = read_penalty(arm.penalty);
  using Term = PenaltyTerm::Kind;
  const std::map<PenaltyKind, Term> terms = {{PenaltyKind::none, Term::none},
                                             {PenaltyKind::reference_kl, Term::reference_kl},
                                             {PenaltyKind::variance, Term::variance},
                                             {PenaltyKind::ridge, Term::ridge}};
  const auto term = terms.find(choice.penalty.kind);
  if (choice.tuning.active || term == terms.end()) {
    out.missing = choice.tuning.active ? "no formula for a strength chosen from the data"
                                       : "no formula for this penalty";
    return out;
  }
  const Role role = plan ? Role::reward : Role::policy;
  if (!make_model(route.fitted, world, role)->linear()) {
    out.missing = "no formula for a class that is not linear in its parameters";
    return out;
  }
  out.model = make_linear_model(route.fitted, world, role);
  out.route = {
      plan ? Route::Kind::plan : Route::Kind::direct, out.model.get(), {term->second, choice.penalty.lambda}};
  return out;
}

// Arms of one identity have one prediction: theory knows a route, a class and a penalty.
std::string prediction_of(const ArmSpec& arm, const World& world, PromptSet measured) {
  const TheoryRoute route = route_of(arm);
  if (route.kind == TheoryRoute::Kind::none) return route.why_none;
  if (measured == PromptSet::train) {
    try {
      const Described arm_route = described(arm, world);
      if (arm_route.missing.empty() && rewards_every_action(arm_route.route))
        return "every action\n" + identity(arm.penalty);
    } catch (const std::exception&) {
      // A class that cannot be made shares with nobody; the predictor of the arm says why.
    }
  }
  const bool plan = route.kind == TheoryRoute::Kind::plan;
  return (plan ? "plan\n" : "direct\n") + identity(route.fitted) + identity(arm.penalty);
}

}  // namespace

Forecaster::Forecaster(const std::vector<ArmSpec>& arms, const World& world, const PairPolicies& pairs,
                       PromptSet measured)
    : arms_(arms),
      world_(world),
      pairs_(pairs),
      measured_(measured),
      models_(arms.size()),
      predictors_(arms.size()) {
  std::map<std::string, std::size_t> known;
  for (const ArmSpec& arm : arms)
    predictor_of_.push_back(
        known.emplace(prediction_of(arm, world, measured), predictor_of_.size()).first->second);
}

Predictor& Forecaster::predictor(std::size_t arm) {
  const std::size_t first = predictor_of_[arm];
  std::unique_ptr<Predictor>& mine = predictors_[first];
  if (mine) return *mine;
  try {
    Described route = described(arms_[first], world_);
    if (pairs_.log_first.empty()) route.missing = "no formula for pairs that are given instead of drawn";
    mine = route.missing.empty() ? std::make_unique<Predictor>(route.route, world_, pairs_, measured_)
                                 : std::make_unique<Predictor>(std::move(route.missing));
    models_[first] = std::move(route.model);
  } catch (const std::exception& error) {
    mine = std::make_unique<Predictor>(error.what());
  }
  return *mine;
}

std::optional<SamplerReport> Forecaster::sampler(std::size_t arm, std::span<const double> log_optimal) {
  constexpr double many_pairs = 1e6;
  constexpr double rounding = 1e-12;
  const Prediction prediction = predictor(arm).at(many_pairs);
  if (!(prediction.floor < rounding)) return std::nullopt;
  try {
    const Described arm_route = described(arms_[arm], world_);
    const EdgeFeatures phi = reward_features(*arm_route.model, world_);
    return sampler_report(
        world_, arm_route.route.kind == Route::Kind::plan ? phi : policy_features(phi, world_, log_optimal),
        pairs_);
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

}  // namespace twostage
