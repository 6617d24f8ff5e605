#include "experiments/runner/commands/predict_outlooks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "experiments/runner/run.hpp"
#include "sim/plan/divergence.hpp"

namespace twostage {
namespace {

constexpr double kLargeSample = 1000;  // where it does not matter which n is asked
constexpr double kNoFloor = 1e-12;
constexpr double kMostTrusted = 1e9;

}  // namespace

// A world and what theory says about the arms in it.
struct Outlooks::Outlook {
  std::vector<ArmSpec> arms;
  std::vector<double> log_optimal;
  World world;
  PairPolicies policies;
  std::unique_ptr<Forecaster> forecaster;
  double headroom = 0;

  Outlook(const Point& point, std::uint64_t replicate)
      : arms(point.recipe().arms), world(point.make(replicate)) {
    SoftPlan optimum;
    soft_plan(world.graph, world.log_reference, world.reward, world.beta, optimum);
    policies = point.policies(world, optimum);
    log_optimal = optimum.log_policy;
    headroom = regret(world, world.log_reference, optimum.log_policy);
    forecaster = std::make_unique<Forecaster>(arms, world, policies);
  }
};

void Outlooks::Forget::operator()(Outlook* outlook) const {
  delete outlook;
}

std::string Standing::note() const {
  if (within) return "";
  const std::string mean = fmt::format("kappa {:.2g}", kappa);
  if (regime == regime_names()[static_cast<std::size_t>(Regime::kappa_too_large)])
    return fmt::format(" (outside the regime: {})", mean);
  if (regime == regime_names()[static_cast<std::size_t>(Regime::estimate_may_not_exist)])
    return " (outside the regime: the estimate may not exist)";
  if (regime == regime_names()[static_cast<std::size_t>(Regime::kappa_unknown)])
    return " (the regime is not known: too many completions for kappa)";
  if (regime == regime_names()[static_cast<std::size_t>(Regime::next_order_too_large)])
    return " (outside the regime: the next order is too large)";
  if (regime == regime_names()[static_cast<std::size_t>(Regime::penalty_too_weak)])
    return " (outside the regime: the penalty alone makes the estimate exist, and is weak)";
  return fmt::format(" (the regime: {} worlds)", regime);
}

Outlooks::Outlooks(const Study& study, std::size_t index, int worlds) {
  const double budget = cell_budget(study, {}) * thread_count({});
  const Point point(study, index, budget);
  arms_ = point.recipe().arms;
  const int count = point.shares_world() ? 1 : worlds;
  if (const double bytes = count * world_bytes(point.recipe().world); bytes > budget)
    throw InputError(
        "worlds",
        fmt::format("{} worlds need {:.3g} GB of memory, more than the {:.3g} GB there are; "
                    "lower --worlds to {}",
                    count, bytes / 1e9, budget / 1e9, std::max(1, static_cast<int>(budget / bytes * count))));
  effort_ = point.shares_world() ? kEffortForMany : kEffortForOne;
  for (int i = 0; i < count; ++i) outlooks_.emplace_back(new Outlook(point, static_cast<std::uint64_t>(i)));
  for (std::size_t a = 0; a < arms_.size(); ++a) {
    std::size_t first = 0;
    while (first < a && !same(first, a)) ++first;
    representative_.push_back(first);
  }
}

double Outlooks::headroom() const {
  double sum = 0;
  for (const auto& o : outlooks_) sum += o->headroom;
  return sum / static_cast<double>(worlds());
}

const std::vector<Prediction>& Outlooks::at(std::size_t arm, double pairs) const {
  const auto [found, fresh] = known_.try_emplace({arm, pairs});
  if (fresh)
    for (const auto& o : outlooks_) found->second.push_back(o->forecaster->predictor(arm).at(pairs, effort_));
  return found->second;
}

bool Outlooks::same(std::size_t a, std::size_t b) const {
  constexpr double rounding = 1e-6;
  return std::ranges::all_of(std::vector<double>{100, 10'000}, [&](double pairs) {
    const double one = at(a, pairs)[0].regret;
    return std::fabs(at(b, pairs)[0].regret - one) <= rounding * one;
  });
}

std::vector<std::size_t> Outlooks::distinct() const {
  std::vector<std::size_t> out;
  for (std::size_t a = 0; a < arms_.size(); ++a)
    if (representative_[a] == a) out.push_back(a);
  return out;
}

std::string Outlooks::name(std::size_t arm) const {
  std::string out = arms_[arm].name;
  for (std::size_t b = arm + 1; b < arms_.size(); ++b)
    if (representative_[b] == arm) out += " = " + arms_[b].name;
  return out;
}

std::string Outlooks::reason(std::size_t arm, double pairs) const {
  return at(arm, pairs)[0].reason;
}

double Outlooks::mean(std::size_t arm, double pairs, double Prediction::*field) const {
  double sum = 0;
  for (const Prediction& one : at(arm, pairs)) sum += one.*field;
  return sum / static_cast<double>(worlds());
}

double Outlooks::second_order(std::size_t arm, double pairs) const {
  double sum = 0;
  for (const auto& o : outlooks_)
    sum += o->forecaster->predictor(arm).at(pairs, kEffortForMany / static_cast<double>(worlds())).second;
  return sum / static_cast<double>(worlds());
}

double Outlooks::floor(std::size_t arm) const {
  const double out = mean(arm, kLargeSample, &Prediction::floor);
  return out <= kNoFloor ? 0 : out;
}

Curve Outlooks::curve(std::size_t arm) const {
  const auto mean_regret = [this, arm](double pairs) {
    double sum = 0;
    for (const auto& o : outlooks_) sum += o->forecaster->predictor(arm).regret(pairs);
    return sum / static_cast<double>(worlds());
  };
  return with_tail(mean_regret, floor(arm));
}

Standing Outlooks::standing(const std::vector<std::size_t>& arms, double pairs) const {
  std::map<Regime, std::size_t> count;
  Standing out;
  out.kappa = mean(arms[0], pairs, &Prediction::kappa);
  for (const std::size_t a : arms) out.kappa = std::max(out.kappa, mean(a, pairs, &Prediction::kappa));
  for (std::size_t w = 0; w < worlds(); ++w) {
    Regime worst = Regime::within;
    for (const std::size_t a : arms)
      if (worst == Regime::within) worst = at(a, pairs)[w].regime;
    ++count[worst];
  }
  out.within = count[Regime::within] == worlds();
  std::erase_if(count, [](const auto& entry) { return entry.second == 0; });
  out.regime = count.size() == 1 ? regime_names()[static_cast<std::size_t>(count.begin()->first)]
                                 : fmt::format("within in {} of {}", count[Regime::within], worlds());
  return out;
}

PairsNeeded Outlooks::pairs_needed(std::size_t arm, double target) const {
  const Curve curve = this->curve(arm);
  PairsNeeded out{pairs_for(curve, target), {}};
  const double left = target - floor(arm);
  if (std::isinf(out.pairs) && left > 0) out.pairs = curve_slope(curve, floor(arm)) / left;
  if (std::isfinite(out.pairs)) out.there = standing({arm}, std::ceil(out.pairs));
  return out;
}

Match Outlooks::match(std::size_t a, std::size_t b) const {
  const Contest fought = contest(curve(a), curve(b), kFewestPairs, kMostPairs);
  Match out;
  for (const double n : fought.turns) out.turns.push_back({n, standing({a, b}, std::round(n))});
  if (fought.lower != 0) out.winner = fought.lower < 0 ? a : b;
  return out;
}

std::optional<double> Outlooks::trusted_from(std::size_t a, std::size_t b) const {
  const auto trusted = [&](double pairs) { return standing({a, b}, pairs).within; };
  double low = 1;
  double high = kMostTrusted;
  if (!trusted(high)) return std::nullopt;
  while (high - low > 1) {
    const double middle = std::round(std::sqrt(low * high));
    if (middle <= low || middle >= high) break;
    (trusted(middle) ? high : low) = middle;
  }
  return high;
}

std::optional<SamplerReport> Outlooks::sampler(std::size_t arm) const {
  return outlooks_[0]->forecaster->sampler(arm, outlooks_[0]->log_optimal);
}

bool Outlooks::one_sampler() const {
  return outlooks_[0]->policies.log_first == outlooks_[0]->policies.log_second;
}

}  // namespace twostage
