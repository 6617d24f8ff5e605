#include "theory/prediction/prediction.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <stdexcept>

#include "sim/model/dense_model.hpp"
#include "sim/numerics/elementary.hpp"
#include "sim/plan/sweeps.hpp"
#include "sim/world/headroom.hpp"
#include "theory/asymptotics/expansion.hpp"
#include "theory/asymptotics/second_order.hpp"
#include "theory/asymptotics/shrinkage.hpp"
#include "theory/distributions/weighted_chi_square.hpp"
#include "theory/existence/existence_probability.hpp"

namespace twostage {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kMostParameters = 256;
constexpr double kEnumerable = 4096;  // of theory/existence/existence_probability.hpp
constexpr double kEnumerate = 256;    // completions up to which enumeration is the quicker way

// The most for which second_order_cost stays below the effort.
std::size_t affordable_atoms(double parameters, double effort) {
  std::size_t atoms = 0;
  while (atoms < kMostExpandedAtoms &&
         second_order_cost(static_cast<double>(atoms + 1), parameters) <= effort)
    ++atoms;
  return atoms;
}

// A floor is of second order in the distance to pi*: what Newton's method leaves of one that is zero is far
// below this, and one that is not matters only beyond 1e10 pairs for each parameter. Where there is no
// headroom the temperature is the scale.
bool holds_the_optimum(double floor, const World& world) {
  return floor <= 1e-10 * headroom(world) + 1e-20 * world.beta;
}

// Weights of the limit law of a policy class that holds pi*; none where the information is not to be had.
std::vector<double> weights_of_policies(const LinearModel& model, const World& world,
                                        const PairPolicies& pairs) {
  SoftPlan optimum;
  soft_plan(world.graph, world.log_reference, world.reward, world.beta, optimum);
  try {
    const EdgeFeatures psi = policy_features(reward_features(model, world), world, optimum.log_policy);
    return local_limit(world, psi, pairs).eigenvalues;
  } catch (const std::exception&) {
    return {};
  }
}

double completions_of(const World& world) {
  return count_completions(world.graph);
}

Trust trust_in(const Prediction& out, double existence, bool penalised) {
  return {.regret = out.regret,
          .kappa = out.kappa,
          .widest = out.widest,
          .curvature = out.curvature,
          .next_order = out.next_order,
          .existence = existence,
          .penalised = penalised};
}

}  // namespace

bool rewards_every_action(const Route& route) {
  if (route.kind == Route::Kind::plan) return route.model->every_action() != nullptr;
  // A ridge is no functional of the policy: it means the coordinates it is written in.
  return route.model->every_policy() && route.penalty.kind != PenaltyTerm::Kind::ridge;
}

Prediction Prediction::missing(std::string reason) {
  return {kNone,
          kNone,
          kNone,
          kNone,
          kNone,
          kNone,
          kNone,
          kNone,
          kNone,
          kNone,
          kNone,
          Regime::no_theory,
          std::move(reason)};
}

// What is known of one route in one world, and kept from one n to the next.
class Predictor::Theory {
 public:
  Theory(const Route& route, const World& world, const PairPolicies& pairs, PromptSet measured);

  const std::string& reason() const { return reason_; }  // why there is none
  Prediction at(double pairs, double effort, const PredictionParts& parts);
  double regret(double pairs);
  const ScoreResponse* response(double pairs);
  Trusted regime(double pairs, double effort);

 private:
  struct Quantiles {  // of sum_j lambda_j chi^2_1
    double median, upper;
  };

  void prepare(const Route& route, const World& world, const PairPolicies& pairs);
  void prepare_elsewhere(const Route& route, const World& world, const PairPolicies& pairs);
  void forget();
  Prediction predicted(double pairs, double effort, const PredictionParts& parts);
  Prediction first_order(double pairs);  // of the moments: no second order, floor, quantiles, existence
  void add_next_order(Prediction& out, double pairs, double effort);
  double floor();
  void add_quantiles(Prediction& out, double pairs);
  // From no more than it takes. The next order is that of `out` if it is there already.
  Regime regime_of_prediction(Prediction out, double pairs, double effort, bool has_next_order);
  // What the data do where the penalty holds too little; 1 where it is not asked.
  double existence(const Prediction& out, double pairs);
  double second_order(double regret, double pairs, double effort);
  double unpenalised_existence(double pairs);
  const Quantiles& of_limit_law();  // NaN for none; after floor_ is known

  std::unique_ptr<LinearModel> isomorph_;
  std::optional<Expansion> expansion_;
  std::optional<Shrinkage> shrinkage_;
  std::optional<Expansion> beside_law_;              // for the second order where the rest goes by shrinkage_
  std::optional<ExistenceProbability> comparisons_;  // once it is asked
  std::optional<double> floor_;
  std::optional<Quantiles> of_limit_law_;
  std::map<double, std::optional<ScoreResponse>> responses_;  // by n; empty where the numbers fail
  const World* world_;
  const PairPolicies* policies_;
  Route taken_;
  bool penalised_;
  PromptSet measured_;
  double beta_;
  std::string reason_;
};

Predictor::Theory::Theory(const Route& route, const World& world, const PairPolicies& pairs,
                          PromptSet measured)
    : world_(&world),
      policies_(&pairs),
      penalised_(route.penalty.kind != PenaltyTerm::Kind::none),
      measured_(world.every_prompt.empty() ? PromptSet::train : measured),
      beta_(world.beta) {
  try {
    prepare(route, world, pairs);
  } catch (const std::exception& error) {
    reason_ = error.what();
  }
}

void Predictor::Theory::prepare(const Route& route, const World& world, const PairPolicies& pairs) {
  if (world.cycle) {
    reason_ = kNoReward;
    return;
  }
  if (route.model->parameters() > kMostParameters) {
    reason_ = "more than " + std::to_string(kMostParameters) + " parameters: too large to predict in passing";
    return;
  }
  Route taken = route;
  if (route.kind == Route::Kind::direct && route.model->every_policy()) {
    isomorph_ = std::make_unique<DenseModel>(world);
    if (rewards_every_action(route)) taken = {Route::Kind::plan, isomorph_.get(), route.penalty};
  }
  taken_ = taken;
  if (measured_ != PromptSet::train) {
    prepare_elsewhere(route, world, pairs);
    return;
  }
  try {
    if (taken.kind == Route::Kind::plan)
      shrinkage_ = Shrinkage::at_truth(*taken.model, taken.penalty, world, pairs);
    const bool by_law = shrinkage_ && (!penalised_ || completions_of(world) > kEnumerate);
    if (!by_law) expansion_.emplace(taken, world, pairs);
  } catch (const std::exception& error) {
    if (!shrinkage_) reason_ = error.what();
  }
}

// Of prompts without data only the law around the truth is told.
void Predictor::Theory::prepare_elsewhere(const Route& route, const World& world, const PairPolicies& pairs) {
  // Logits that prompts share are rewards that they share where they have one reference, too.
  const bool rewards = route.kind == Route::Kind::plan ||
                       (isomorph_ && (!world.shared_classes ||
                                      DenseModel(measured_world(world, PromptSet::all)).every_policy()));
  if (taken_.kind == Route::Kind::plan && rewards)
    shrinkage_ = Shrinkage::at_truth(*taken_.model, taken_.penalty, world, pairs, measured_);
  if (shrinkage_) return;
  reason_ = rewards ? "no formula for prompts on which the class does not hold the truth (where it has no "
                      "parameters, its policy is the reference)"
                    : "no formula for this class of policies on prompts without data";
}

double Predictor::Theory::unpenalised_existence(double pairs) {
  if (completions_of(*world_) > kEnumerable) return 0;  // nothing is known of it
  if (!comparisons_) {
    // Implicit rewards are rewards of the path: where all of those stay bounded, so do they.
    const DenseModel every_reward(*world_);
    const bool direct = taken_.kind == Route::Kind::direct;
    comparisons_.emplace(comparison_graph(*world_, direct ? every_reward : *taken_.model, *policies_));
  }
  return comparisons_->at(static_cast<std::size_t>(pairs)).low;
}

double Predictor::Theory::second_order(double regret, double pairs, double effort) {
  if (taken_.kind != Route::Kind::plan || measured_ != PromptSet::train) return kNone;
  try {
    if (!expansion_ && !beside_law_)
      beside_law_.emplace(taken_, *world_, *policies_,
                          affordable_atoms(static_cast<double>(taken_.model->parameters()), effort));
    if (expansion_) return regret + expansion_->second_order(pairs, effort).value_or(kNone);
    return beside_law_->at(pairs).regret + beside_law_->second_order(pairs, effort).value_or(kNone);
  } catch (const std::exception&) {  // too many completions, or no optimum
    return kNone;
  }
}

double Predictor::Theory::regret(double pairs) {
  try {
    return (expansion_ ? expansion_->at(pairs) : shrinkage_->at(pairs)).regret;
  } catch (const std::exception&) {
    return kNone;
  }
}

const ScoreResponse* Predictor::Theory::response(double pairs) {
  const auto [found, fresh] = responses_.try_emplace(pairs);
  if (fresh) {
    try {
      found->second = expansion_ ? expansion_->response(pairs) : shrinkage_->response(pairs);
    } catch (const std::exception&) {  // no optimum: as for the prediction
    }
  }
  return found->second ? &*found->second : nullptr;
}

const Predictor::Theory::Quantiles& Predictor::Theory::of_limit_law() {
  if (of_limit_law_) return *of_limit_law_;
  of_limit_law_ = Quantiles{kNone, kNone};
  std::vector<double> weights;
  if (shrinkage_ && !penalised_)
    weights = shrinkage_->law().eigenvalues;
  else if (taken_.kind == Route::Kind::direct && !penalised_ && holds_the_optimum(*floor_, *world_))
    weights = weights_of_policies(*taken_.model, *world_, *policies_);
  if (!weights.empty())
    of_limit_law_ =
        Quantiles{weighted_chi_square_quantile(weights, 0.5), weighted_chi_square_quantile(weights, 0.9)};
  return *of_limit_law_;
}

void Predictor::Theory::forget() {
  if (expansion_) expansion_->forget();
  if (beside_law_) beside_law_->forget();
  if (penalised_) floor_.reset();  // its search began where that at n had ended
}

Prediction Predictor::Theory::at(double pairs, double effort, const PredictionParts& parts) {
  try {
    forget();
    return predicted(pairs, effort, parts);
  } catch (const std::exception& error) {
    return Prediction::missing(error.what());
  }
}

Prediction Predictor::Theory::first_order(double pairs) {
  const ExpectedRegret expected = expansion_ ? expansion_->at(pairs) : shrinkage_->at(pairs);
  if (!std::isfinite(expected.regret) || !std::isfinite(expected.deviation))
    return Prediction::missing("the expected regret leaves the range of double precision");
  Prediction out = Prediction::missing("");
  out.regret = expected.regret;
  out.deviation = expected.deviation;
  out.kappa = expected.kappa;
  out.widest = expected.widest;
  out.curvature = (expansion_ ? expansion_->excess(pairs) : shrinkage_->excess(pairs)) / out.regret;
  return out;
}

void Predictor::Theory::add_next_order(Prediction& out, double pairs, double effort) {
  if (!(effort > 0)) return;
  out.second = second_order(out.regret, pairs, effort);
  out.next_order = taken_.kind == Route::Kind::direct
                       ? expansion_->tangent_second_order(pairs, effort).value_or(kNone) / out.regret
                       : out.second / out.regret - 1;
}

double Predictor::Theory::floor() {
  if (!floor_) floor_ = expansion_ && !shrinkage_ ? expansion_->irreducible() : 0.0;
  return *floor_;
}

// A coercive penalty makes sure of the estimate, but not of what it is worth: where differences may be wide,
// it is asked what the data do without it.
double Predictor::Theory::existence(const Prediction& out, double pairs) {
  const bool wide = !(out.widest <= kWidestLimit);
  return penalised_ && !wide ? 1.0 : unpenalised_existence(pairs);
}

void Predictor::Theory::add_quantiles(Prediction& out, double pairs) {
  const double scale = 1 / (2 * beta_ * pairs);
  try {
    out.median = scale * of_limit_law().median;
    out.upper = scale * of_limit_law().upper;
  } catch (const std::invalid_argument&) {  // eigenvalues beyond double precision: no quantiles
  }
}

Prediction Predictor::Theory::predicted(double pairs, double effort, const PredictionParts& parts) {
  Prediction out = first_order(pairs);
  if (!out.reason.empty()) return out;
  if (parts.second_order) add_next_order(out, pairs, effort);
  const Regime regime =
      parts.regime ? regime_of_prediction(out, pairs, effort, parts.second_order) : Regime::no_theory;
  try {
    out.floor = floor();
  } catch (const std::runtime_error& error) {
    out.reason = error.what();
    return out;
  }
  if (parts.quantiles) add_quantiles(out, pairs);
  if (parts.existence) out.existence = penalised_ ? 1.0 : unpenalised_existence(pairs);
  out.regime = regime;
  return out;
}

Regime Predictor::Theory::regime_of_prediction(Prediction out, double pairs, double effort,
                                               bool has_next_order) {
  const double next_order = out.next_order;
  // Whatever is not known yet is taken for good: what is not within then never is.
  out.next_order = 0;
  const Regime first = regime_of(trust_in(out, 1, penalised_));
  if (first == Regime::kappa_unknown || first == Regime::kappa_too_large) return first;
  const double unpenalised = existence(out, pairs);
  const Regime second = regime_of(trust_in(out, unpenalised, penalised_));
  if (second != Regime::within) return second;
  out.next_order = next_order;
  if (!has_next_order) add_next_order(out, pairs, effort);
  return regime_of(trust_in(out, unpenalised, penalised_));
}

Predictor::Trusted Predictor::Theory::regime(double pairs, double effort) {
  try {
    const Prediction out = first_order(pairs);
    if (out.reason.empty()) {
      floor();  // without which there is no theory
      return {regime_of_prediction(out, pairs, effort, false), out.kappa};
    }
  } catch (const std::exception&) {
  }
  return {.regime = Regime::no_theory, .kappa = kNone};
}

Predictor::Predictor(const Route& route, const World& world, const PairPolicies& pairs, PromptSet measured)
    : theory_(std::make_unique<Theory>(route, world, pairs, measured)) {
  if (theory_->reason().empty()) return;
  reason_ = theory_->reason();
  theory_.reset();
}

Predictor::Predictor(std::string reason) : reason_(std::move(reason)) {}
Predictor::~Predictor() = default;
Predictor::Predictor(Predictor&&) noexcept = default;
Predictor& Predictor::operator=(Predictor&&) noexcept = default;

Prediction Predictor::at(double pairs, double effort, const PredictionParts& parts) {
  return theory_ ? theory_->at(pairs, effort, parts) : Prediction::missing(reason_);
}

double Predictor::regret(double pairs) {
  return theory_ ? theory_->regret(pairs) : kNone;
}

const ScoreResponse* Predictor::response(double pairs) {
  return theory_ ? theory_->response(pairs) : nullptr;
}

Predictor::Trusted Predictor::regime(double pairs, double effort) {
  return theory_ ? theory_->regime(pairs, effort) : Trusted{.regime = Regime::no_theory, .kappa = kNone};
}

}  // namespace twostage
