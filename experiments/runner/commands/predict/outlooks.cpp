#include "experiments/runner/commands/predict/outlooks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "experiments/runner/run/run.hpp"
#include "sim/plan/divergence.hpp"

namespace twostage {
namespace {

constexpr double kLargeSample = 1000;  // where it does not matter which n is asked
constexpr double kNoFloor = 1e-12;
constexpr double kMostTrusted = 1e9;  // what is not within there never is
constexpr double kHundredth = 1.01;

}  // namespace

// A world and what theory says about the arms in it.
struct Outlooks::Outlook {
  std::vector<ArmSpec> arms;
  std::vector<double> log_optimal;
  World world;
  PairPolicies policies;                        // of the study's sampler
  std::map<std::string, PairPolicies> of_arms;  // of their own samplers, by identity
  std::map<const PairPolicies*, Forecaster> forecasters;
  double headroom = 0;

  Outlook(const Point& point, std::uint64_t replicate)
      : arms(point.recipe().arms), world(point.make(replicate)) {
    SoftPlan optimum;
    soft_plan(world.graph, world.log_reference, world.reward, world.beta, optimum);
    policies = make_pair_policies(point.recipe().sampler, world, optimum);
    log_optimal = optimum.log_policy;
    const PromptSet population = point.recipe().population;
    headroom = regret(measured_world(world, population), world.log_reference, optimum.log_policy);
    forecasters.try_emplace(&policies, arms, world, policies, population);
    for (const ArmSpec& arm : arms) {
      if (arm.sampler.values().empty()) continue;
      const PairPolicies& own =
          of_arms.try_emplace(identity(arm.sampler), make_pair_policies(arm.sampler, world, optimum))
              .first->second;
      forecasters.try_emplace(&own, arms, world, own, population);
    }
  }

  Forecaster& forecaster(std::size_t arm) {
    const Settings& own = arms[arm].sampler;
    return forecasters.at(own.values().empty() ? &policies : &of_arms.at(identity(own)));
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
  const double budget = replicate_budget(study, {}) * thread_count({});
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

const std::vector<Prediction>& Outlooks::at(std::size_t arm, double pairs, bool next_order) const {
  const auto [found, fresh] = (next_order ? with_next_order_ : first_order_).try_emplace({arm, pairs});
  if (fresh)
    for (const auto& o : outlooks_)
      found->second.push_back(o->forecaster(arm).predictor(arm).at(pairs, next_order ? effort_ : 0));
  return found->second;
}

const std::vector<Prediction>& Outlooks::bare(std::size_t arm, double pairs) const {
  if (const auto whole = first_order_.find({arm, pairs}); whole != first_order_.end()) return whole->second;
  constexpr PredictionParts none = {
      .second_order = false, .quantiles = false, .existence = false, .regime = false};
  const auto [found, fresh] = bare_.try_emplace({arm, pairs});
  if (fresh)
    for (const auto& o : outlooks_)
      found->second.push_back(o->forecaster(arm).predictor(arm).at(pairs, 0, none));
  return found->second;
}

const std::vector<Predictor::Trusted>& Outlooks::trusted(std::size_t arm, double pairs) const {
  const auto [found, fresh] = trusted_.try_emplace({arm, pairs});
  if (fresh)
    for (const auto& o : outlooks_)
      found->second.push_back(o->forecaster(arm).predictor(arm).regime(pairs, effort_));
  return found->second;
}

double Outlooks::mean_regret(std::size_t arm, double pairs) const {
  const auto [found, fresh] = regret_.try_emplace({arm, pairs});
  if (fresh) {
    for (const auto& o : outlooks_) found->second += o->forecaster(arm).predictor(arm).regret(pairs);
    found->second /= static_cast<double>(worlds());
  }
  return found->second;
}

bool Outlooks::same(std::size_t a, std::size_t b) const {
  constexpr double rounding = 1e-6;
  return std::ranges::all_of(std::vector<double>{100, 10'000}, [&](double pairs) {
    const double one = outlooks_[0]->forecaster(a).predictor(a).regret(pairs);
    const double other = outlooks_[0]->forecaster(b).predictor(b).regret(pairs);
    return std::fabs(other - one) <= rounding * one;
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
  return bare(arm, pairs)[0].reason;
}

double Outlooks::mean(std::size_t arm, double pairs, double Prediction::*field) const {
  double sum = 0;
  for (const Prediction& one : at(arm, pairs, field == &Prediction::next_order)) sum += one.*field;
  return sum / static_cast<double>(worlds());
}

double Outlooks::second_order(std::size_t arm, double pairs) const {
  double sum = 0;
  for (const auto& o : outlooks_)
    sum += o->forecaster(arm).predictor(arm).at(pairs, kEffortForMany / static_cast<double>(worlds())).second;
  return sum / static_cast<double>(worlds());
}

double Outlooks::floor(std::size_t arm) const {
  double sum = 0;
  for (const Prediction& one : bare(arm, kLargeSample)) sum += one.floor;
  const double out = sum / static_cast<double>(worlds());
  return out <= kNoFloor ? 0 : out;
}

Curve Outlooks::curve(std::size_t arm) const {
  return with_tail([this, arm](double pairs) { return mean_regret(arm, pairs); }, floor(arm));
}

Standing Outlooks::standing(const std::vector<std::size_t>& arms, double pairs) const {
  std::map<Regime, std::size_t> count;
  Standing out;
  for (const std::size_t a : arms) {
    double kappa = 0;
    for (const Predictor::Trusted& one : trusted(a, pairs))
      kappa += one.kappa / static_cast<double>(worlds());
    out.kappa = std::isnan(out.kappa) || std::isnan(kappa) ? std::nan("") : std::max(out.kappa, kappa);
  }
  for (std::size_t w = 0; w < worlds(); ++w) {
    Regime worst = Regime::within;
    for (const std::size_t a : arms)
      if (worst == Regime::within) worst = trusted(a, pairs)[w].regime;
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
  const double first = trusted_from(a);
  const double second = trusted_from(b);
  return std::max(first, second) <= kMostTrusted ? std::optional(std::max(first, second)) : std::nullopt;
}

double Outlooks::trusted_from(std::size_t arm) const {
  const auto [found, fresh] = trusted_from_.try_emplace(arm, HUGE_VAL);
  const auto within = [&](double pairs) { return standing({arm}, pairs).within; };
  if (!fresh || !within(kMostTrusted)) return found->second;
  // kappa falls like 1/n or faster, so the regime hardly begins before it is down to its limit.
  const double kappa = standing({arm}, kLargeSample).kappa;
  double low = std::isnan(kappa) ? 1 : std::clamp(kLargeSample * kappa / kKappaLimit / 2, 1.0, kMostTrusted);
  while (low > 1 && within(std::round(low))) low = std::max(1.0, low / 4);
  double high = low;
  while (high < kMostTrusted && !within(std::round(high))) {
    low = high;
    high = std::min(2 * high, kMostTrusted);
  }
  while (high / low > kHundredth) {
    const double middle = std::round(std::sqrt(low * high));
    if (middle <= low || middle >= high) break;
    (within(middle) ? high : low) = middle;
  }
  return found->second = std::round(high);
}

std::optional<SamplerReport> Outlooks::sampler(std::size_t arm) const {
  return outlooks_[0]->forecaster(arm).sampler(arm, outlooks_[0]->log_optimal);
}

bool Outlooks::one_sampler() const {
  const auto alike = [](const PairPolicies& pairs) { return pairs.log_first == pairs.log_second; };
  return alike(outlooks_[0]->policies) &&
         std::ranges::all_of(outlooks_[0]->of_arms, [&](const auto& own) { return alike(own.second); });
}

}  // namespace twostage
