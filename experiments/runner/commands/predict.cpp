// predict: who wins and by how much, by theory alone: expected regrets, winners, crossings, the pairs that a
// given regret takes, and whether the regime holds. Where each replicate draws its own world, the curves are
// means over the first worlds.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "experiments/runner/cell.hpp"
#include "experiments/runner/commands/commands.hpp"
#include "experiments/runner/forecaster.hpp"
#include "experiments/runner/run.hpp"
#include "experiments/runner/study_library.hpp"
#include "sim/plan/divergence.hpp"
#include "theory/curves.hpp"

namespace twostage {
namespace {

constexpr double kFewestPairs = 10;
constexpr double kMostPairs = 1e6;

// A world and what theory says about the arms in it.
struct Outlook {
  std::vector<ArmSpec> arms;
  std::vector<double> log_optimal;
  World world;
  PairPolicies policies;
  std::unique_ptr<Forecaster> forecaster;
  double headroom;
};

std::unique_ptr<Outlook> outlook_of(const Point& point, std::uint64_t replicate) {
  auto out =
      std::make_unique<Outlook>(Outlook{point.recipe().arms, {}, point.make(replicate), {}, nullptr, 0});
  SoftPlan optimum;
  soft_plan(out->world.graph, out->world.log_reference, out->world.reward, out->world.beta, optimum);
  out->policies = point.policies(out->world, optimum);
  out->log_optimal = optimum.log_policy;
  out->headroom = regret(out->world, out->world.log_reference, optimum.log_policy);
  out->forecaster = std::make_unique<Forecaster>(out->arms, out->world, out->policies);
  return out;
}

bool is_pairs(const Axis& axis) {
  return axis.key == "pairs" || axis.key == "pairs_factor";
}

// Points that differ in their number of pairs alone.
struct Group {
  std::size_t first;  // one of them
  std::vector<std::int64_t> pairs;
};

std::vector<Group> groups_of(const Study& study) {
  std::map<std::vector<std::size_t>, std::size_t> known;
  std::vector<Group> out;
  for (std::size_t point = 0; point < study.points(); ++point) {
    std::vector<std::size_t> at = coordinates(study, point);
    for (std::size_t k = 0; k < study.axes.size(); ++k)
      if (is_pairs(study.axes[k])) at[k] = 0;
    const auto [found, fresh] = known.emplace(std::move(at), out.size());
    if (fresh) out.push_back({point, {}});
    out[found->second].pairs.push_back(recipe_at(study, point).pairs);
  }
  return out;
}

std::string title_of(const Study& study, std::size_t point) {
  std::string out;
  const auto at = coordinates(study, point);
  for (std::size_t k = 0; k < study.axes.size(); ++k)
    if (!is_pairs(study.axes[k]))
      out += (out.empty() ? "" : ", ") + study.axes[k].name + " = " + to_text(study.axes[k].values[at[k]]);
  return out;
}

std::string count_text(double pairs) {
  if (std::isinf(pairs)) return "never";
  return pairs >= kMostPairs ? fmt::format("{:.2g}", pairs) : fmt::format("{:.0f}", std::ceil(pairs));
}

class Outlooks {
 public:
  Outlooks(const Study& study, const Group& group, int worlds) {
    const Point point(study, group.first, world_budget({}));
    arms_ = point.recipe().arms;
    const int count = point.shares_world() ? 1 : worlds;
    for (int i = 0; i < count; ++i) outlooks_.push_back(outlook_of(point, static_cast<std::uint64_t>(i)));
  }

  std::size_t worlds() const { return outlooks_.size(); }
  const std::vector<ArmSpec>& arms() const { return arms_; }

  double headroom() const {
    double sum = 0;
    for (const auto& o : outlooks_) sum += o->headroom;
    return sum / static_cast<double>(outlooks_.size());
  }

  Prediction one(std::size_t world, std::size_t arm, double pairs, double effort = 0) const {
    return outlooks_[world]->forecaster->predictor(arm).at(pairs, effort);
  }

  double mean(std::size_t arm, double pairs, double Prediction::*field) const {
    double sum = 0;
    for (std::size_t w = 0; w < worlds(); ++w) sum += one(w, arm, pairs).*field;
    return sum / static_cast<double>(worlds());
  }

  // NaN unless every world has one: what a point of a run may cost, whatever the number of worlds.
  double second_order(std::size_t arm, double pairs) const {
    double sum = 0;
    for (std::size_t w = 0; w < worlds(); ++w)
      sum += one(w, arm, pairs, kEffortForMany / static_cast<double>(worlds())).second;
    return sum / static_cast<double>(worlds());
  }

  std::optional<SamplerReport> sampler(std::size_t arm) const {
    return outlooks_[0]->forecaster->sampler(arm, outlooks_[0]->log_optimal);
  }

  // One of each set of arms with equal predictions, and those that theory says nothing about.
  std::vector<std::size_t> distinct() const {
    std::vector<std::size_t> out;
    for (std::size_t a = 0; a < arms_.size(); ++a)
      if (std::ranges::none_of(out, [&](std::size_t b) { return same(a, b); })) out.push_back(a);
    return out;
  }

  // "dpo = dense-rm+plan"
  std::string name(std::size_t arm) const {
    std::string out = arms_[arm].name;
    for (std::size_t b = arm + 1; b < arms_.size(); ++b)
      if (same(arm, b)) out += " = " + arms_[b].name;
    return out;
  }

  Curve curve(std::size_t arm) const {
    return [this, arm](double pairs) { return mean(arm, pairs, &Prediction::regret); };
  }

  std::string regime(std::size_t arm, double pairs) const {
    std::map<std::string, int> count;
    for (std::size_t w = 0; w < worlds(); ++w)
      ++count[regime_names()[static_cast<std::size_t>(one(w, arm, pairs).regime)]];
    if (count.size() == 1) return count.begin()->first;
    return fmt::format("within in {} of {}", count["within"], worlds());
  }

 private:
  bool same(std::size_t a, std::size_t b) const {
    constexpr double rounding = 1e-6;
    return std::ranges::all_of(std::vector<double>{100, 10'000}, [&](double pairs) {
      const double one = this->one(0, a, pairs).regret;
      return std::fabs(this->one(0, b, pairs).regret - one) <= rounding * one;
    });
  }

  std::vector<ArmSpec> arms_;
  std::vector<std::unique_ptr<Outlook>> outlooks_;
};

void print_curves(const Outlooks& outlooks, int width, double target) {
  fmt::print("  {:<{}} {:>10} {:>10} {:>13}   E regret -> floor + slope / n\n", "arm", width, "floor",
             "slope", "pairs needed");
  for (const std::size_t a : outlooks.distinct()) {
    const std::string reason = outlooks.one(0, a, 1000).reason;
    if (!reason.empty()) {
      fmt::print("  {:<{}} {}\n", outlooks.name(a), width, reason);
      continue;
    }
    const Curve curve = outlooks.curve(a);
    const double floor = outlooks.mean(a, 1000, &Prediction::floor);
    fmt::print("  {:<{}} {:>10} {:>10.4g} {:>13}\n", outlooks.name(a), width,
               floor > 1e-12 ? fmt::format("{:.4g}", floor) : "0", curve_slope(curve, floor),
               count_text(pairs_for(curve, target)));
  }
}

void print_winner(const Outlooks& outlooks, std::size_t a, std::size_t b) {
  const std::string& one = outlooks.arms()[a].name;
  const std::string& other = outlooks.arms()[b].name;
  const Curve difference = [&](double pairs) { return outlooks.curve(b)(pairs) - outlooks.curve(a)(pairs); };
  if (std::isnan(difference(kMostPairs))) return;
  const auto where = crossings(outlooks.curve(a), outlooks.curve(b), kFewestPairs, kMostPairs);
  const std::string last = difference(kMostPairs) > 0 ? one : other;
  if (where.empty()) {
    const std::size_t winner = last == one ? a : b;
    const std::size_t loser = last == one ? b : a;
    fmt::print("  {} beats {} at every n; regret ratio {:.4g} at n = 1000\n", last,
               outlooks.arms()[loser].name, outlooks.curve(loser)(1000) / outlooks.curve(winner)(1000));
    return;
  }
  std::string turns;
  for (const double n : where) turns += fmt::format("{}{:.0f}", turns.empty() ? "" : ", ", n);
  fmt::print("  {} or {}: the winner changes at n = {}; with more pairs it is {}\n", one, other, turns, last);
}

void print_points(const Outlooks& outlooks, int width, const std::vector<std::int64_t>& pairs) {
  fmt::print("  {:>8}  {:<{}} {:>10} {:>10} {:>10} {:>9}  {}\n", "n", "arm", width, "E regret", "2nd order",
             "deviation", "kappa", "regime");
  for (const std::int64_t n : pairs)
    for (const std::size_t a : outlooks.distinct()) {
      const auto at = static_cast<double>(n);
      if (!outlooks.one(0, a, at).reason.empty()) continue;
      const double second = outlooks.second_order(a, at);
      fmt::print("  {:>8}  {:<{}} {:>10.4g} {:>10} {:>10.4g} {:>9.3g}  {}\n", n, outlooks.name(a), width,
                 outlooks.mean(a, at, &Prediction::regret),
                 std::isnan(second) ? "-" : fmt::format("{:.4g}", second),
                 outlooks.mean(a, at, &Prediction::deviation), outlooks.mean(a, at, &Prediction::kappa),
                 outlooks.regime(a, at));
    }
}

// Of the first world: these are properties of it, whose means say little.
void print_sampler(const Outlooks& outlooks, int width) {
  const auto times = [](double log) { return fmt::format("{:.4g}", std::exp(log)); };
  bool first = true;
  for (const std::size_t a : outlooks.distinct()) {
    const auto report = outlooks.sampler(a);
    if (!report) {
      fmt::print("  {:<{}} the class misses the truth, or has no theory: nothing to design for\n",
                 outlooks.name(a), width);
      continue;
    }
    if (first) {
      const CoverageLogs& logs = report->first.logs;
      fmt::print(
          "  the pairs: coverage of every policy {}, of pi* {}, its 1 + chi-square {}, of the ball that "
          "holds pi* {}\n",
          times(logs.global), times(logs.optimal), times(logs.chi_square), times(report->first.local));
      first = false;
    }
    fmt::print(
        "  {:<{}} condition {:.4g} (by concentrability at most {}), {}\n", outlooks.name(a), width,
        report->condition, times(report->log_condition_bound),
        report->reason.empty()
            ? fmt::format("efficiency {:.4g}: the best choice of pairs needs that share", report->efficiency)
            : report->reason);
  }
}

// NaN has no place in JSON.
nlohmann::json number(double x) {
  return std::isfinite(x) ? nlohmann::json(x) : nlohmann::json();
}

int print_json(const Study& study, int worlds) {
  nlohmann::json out = nlohmann::json::array();
  for (std::size_t index = 0; index < study.points(); ++index) {
    const auto n = static_cast<double>(recipe_at(study, index).pairs);
    const Outlooks outlooks(study, {index, {}}, worlds);
    for (std::size_t a = 0; a < outlooks.arms().size(); ++a) {
      nlohmann::json row = {{"point", index}, {"arm", outlooks.arms()[a].name}, {"pairs", n}};
      const auto at = coordinates(study, index);
      for (std::size_t k = 0; k < study.axes.size(); ++k)
        row["at"][study.axes[k].name] = to_text(study.axes[k].values[at[k]]);
      row["regret"] = number(outlooks.mean(a, n, &Prediction::regret));
      row["second_order"] = number(outlooks.second_order(a, n));
      row["floor"] = number(outlooks.mean(a, n, &Prediction::floor));
      row["deviation"] = number(outlooks.mean(a, n, &Prediction::deviation));
      row["kappa"] = number(outlooks.mean(a, n, &Prediction::kappa));
      row["existence"] = number(outlooks.mean(a, n, &Prediction::existence));
      row["regime"] = outlooks.regime(a, n);
      row["reason"] = outlooks.one(0, a, n).reason;
      out.push_back(std::move(row));
    }
  }
  fmt::print("{}\n", out.dump(1));
  return 0;
}

}  // namespace

int predict_command(const PredictArguments& arguments) {
  const StudyChoice& choice = arguments.choice;
  const Study study = load_study(choice.study, choice.preset, choice.overrides);
  check_study(study, world_budget({}));
  if (arguments.json) return print_json(study, arguments.worlds);
  bool first = true;
  for (const Group& group : groups_of(study)) {
    const Outlooks outlooks(study, group, arguments.worlds);
    const double target = arguments.regret > 0 ? arguments.regret : outlooks.headroom() / 10;
    const std::string title = title_of(study, group.first);
    fmt::print("{}{}{}headroom {:.4g}, pairs needed for a regret of {:.4g}{}\n", first ? "" : "\n", title,
               title.empty() ? "" : ": ", outlooks.headroom(), target,
               outlooks.worlds() > 1 ? fmt::format(", means over {} worlds", outlooks.worlds()) : "");
    const auto distinct = outlooks.distinct();
    std::size_t width = 3;
    for (const std::size_t a : distinct) width = std::max(width, outlooks.name(a).size());
    print_curves(outlooks, static_cast<int>(width), target);
    for (std::size_t k = 0; k < distinct.size(); ++k)
      for (std::size_t l = k + 1; l < distinct.size(); ++l) print_winner(outlooks, distinct[k], distinct[l]);
    print_points(outlooks, static_cast<int>(width), group.pairs);
    if (arguments.sampler) print_sampler(outlooks, static_cast<int>(width));
    first = false;
  }
  return 0;
}

}  // namespace twostage
