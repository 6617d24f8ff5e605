#include "experiments/runner/replicate/conclusion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "sim/loss/policy_objective.hpp"
#include "sim/measure/limits.hpp"
#include "sim/numerics/reduce.hpp"
#include "sim/plan/end_spread.hpp"
#include "sim/plan/return_distribution.hpp"
#include "sim/plan/ties.hpp"
#include "theory/prediction/regime.hpp"

namespace twostage {
namespace {

constexpr double kSamePolicy = 1e-6;   // of occupancies; also of rewards over their scale
constexpr double kFloorCounts = 0.01;  // of the regret

std::string name_of(const WholeReplicate& replicate, std::size_t arm) {
  return replicate.point.recipe().arms[arm].name;
}

std::string names(const WholeReplicate& replicate, const std::vector<std::size_t>& arms) {
  std::string out;
  for (std::size_t i = 0; i < arms.size(); ++i) {
    if (i > 0) out += i + 1 == arms.size() ? " and " : ", ";
    out += name_of(replicate, arms[i]);
  }
  return out;
}

// Which completions have one true reward, as far as a sentence can say it.
enum class Alike { none, ends, rewards };

Alike alike_in(const World& world) {
  const std::optional<double> within = spread_within_ends(world.graph, world.reward);
  if (within && *within <= rounding_of(world.graph, world.reward)) return Alike::ends;
  return most_return_atoms(world.graph, world.reward, world.log_reference) <= kMostAtoms ? Alike::rewards
                                                                                         : Alike::none;
}

// The largest difference that the rewards make between completions of one prompt with one true reward.
std::optional<double> spread_among_alike(const World& world, Alike alike,
                                         const std::vector<double>& rewards) {
  if (!std::isfinite(num::max_abs(rewards))) return std::nullopt;
  if (alike == Alike::ends) return spread_within_ends(world.graph, rewards);
  if (alike == Alike::none || most_return_atoms(world.graph, world.reward, rewards) > kMostAtoms)
    return std::nullopt;
  const std::vector<ReturnAtom> atoms =
      return_distribution(world.graph, world.reward, rewards, world.log_reference, world.log_reference);
  std::optional<double> widest;
  for_each_prompt(std::span(atoms), [&](std::size_t, std::span<const ReturnAtom> of_prompt) {
    std::size_t i = 0;
    for (const std::size_t end : tied_group_ends(of_prompt, rounding_of(world.graph, world.reward))) {
      const std::size_t begin = i;
      double low = of_prompt[i].second;
      double high = low;
      for (; i < end; ++i) {
        low = std::min(low, of_prompt[i].second);
        high = std::max(high, of_prompt[i].second);
      }
      if (end - begin > 1) widest = std::max(widest.value_or(0), high - low);
    }
  });
  return widest;
}

// "1.9 times as much", or the difference where that says more.
std::string by_how_much(double winner, double loser) {
  constexpr double told_apart = 1.005;  // by three digits
  return winner > 1e-9 && loser > told_apart * winner ? fmt::format("{:.3g} times as much", loser / winner)
                                                      : fmt::format("{:.2g} more", loser - winner);
}

class Reasons {
 public:
  Reasons(const WholeReplicate& replicate, Alike alike, const SamePolicy& winner, const SamePolicy& loser)
      : replicate_(replicate),
        alike_(alike),
        winner_(winner.arms.front()),
        loser_(loser.arms.front()),
        regret_(loser.regret) {}

  std::vector<std::string> found() {
    misses_the_truth();
    tells_alike_apart();
    learns_more();
    return std::move(out_);
  }

 private:
  std::string winner() const { return name_of(replicate_, winner_); }
  std::string loser() const { return name_of(replicate_, loser_); }

  void misses_the_truth() {
    const double floor = measure_of(replicate_, "predicted_floor", loser_);
    const double winners = measure_of(replicate_, "predicted_floor", winner_);
    if (floor - (std::isnan(winners) ? 0 : winners) > kFloorCounts * regret_)
      out_.push_back(
          fmt::format("The class of {} misses the truth: with endless data its regret would still be {:.3g}.",
                      loser(), floor));
  }

  void tells_alike_apart() {
    const auto spread = [&](std::size_t arm) {
      const auto* edges = on_edges(replicate_.arms[arm].result.policy);
      return edges ? spread_among_alike(replicate_.world(), alike_,
                                        implicit_reward(replicate_.world(), *edges, replicate_.world().beta))
                   : std::nullopt;
    };
    const std::optional<double> mine = spread(winner_);
    const std::optional<double> other = spread(loser_);
    if (!mine || !other || !(*other > kSamePolicy) || !(*other > *mine)) return;
    const std::string what = alike_ == Alike::ends ? "Completions with one end have one true reward"
                                                   : "Some completions have one true reward";
    if (*mine <= kSamePolicy)
      out_.push_back(fmt::format("{}: {} treats them alike, {} tells them apart by up to {:.2g}.", what,
                                 winner(), loser(), *other));
    else
      out_.push_back(fmt::format("{}: {} tells them apart by up to {:.2g}, {} by up to {:.2g}.", what,
                                 loser(), *other, winner(), *mine));
  }

  void learns_more() {
    const auto& arms = replicate_.point.recipe().arms;
    if (arms[winner_].sampler != arms[loser_].sampler) return;  // from other pairs
    // Those that ask for pairs of their own may leave the data aside.
    const auto asks = [](const ArmSpec& arm) {
      return arm.options.has("keep") && arm.options.text("keep") != "all";
    };
    if (asks(arms[winner_]) || asks(arms[loser_])) return;
    const std::size_t mine = replicate_.arms[winner_].result.rank;
    const std::size_t other = replicate_.arms[loser_].result.rank;
    if (other > mine)
      out_.push_back(fmt::format("From the same pairs {} has {} numbers to learn, {} has {}.", loser(), other,
                                 winner(), mine));
  }

  const WholeReplicate& replicate_;
  Alike alike_;
  std::size_t winner_;
  std::size_t loser_;
  double regret_;
  std::vector<std::string> out_;
};

// Whether chance or the classes decided: whom theory expects to win, over all data sets. Empty without
// theory; of numbers outside its regime nothing is concluded.
std::string expectation(const WholeReplicate& replicate, const std::vector<SamePolicy>& ranks) {
  const auto expected = [&](const SamePolicy& rank) {
    return measure_of(replicate, "predicted_regret", rank.arms.front());
  };
  std::vector<const SamePolicy*> known;
  bool within = true;
  for (const SamePolicy& rank : ranks) {
    if (std::isnan(expected(rank))) continue;
    known.push_back(&rank);
    within = within && is_within(replicate, rank.arms.front());
  }
  if (std::isnan(expected(ranks.front())) || known.size() < 2) return "";
  if (!within)
    return "Theory says nothing about the winner here: its numbers lie outside its regime, mostly for lack "
           "of "
           "pairs.";
  const SamePolicy& best =
      **std::ranges::min_element(known, {}, [&](const SamePolicy* rank) { return expected(*rank); });
  const double mine = expected(ranks.front());
  if (&best == &ranks.front()) return "Theory expects the same winner on average over data sets.";
  if (mine <= 1.001 * expected(best)) return "Theory expects a tie on average over data sets.";
  return fmt::format(
      "Theory expects another winner on average over data sets, {}: this replicate is an exception.",
      name_of(replicate, best.arms.front()));
}

std::vector<SamePolicy> ranks_of(const WholeReplicate& replicate, const std::vector<std::size_t>& fitted) {
  std::vector<SamePolicy> ranks;
  for (const std::size_t a : fitted) {
    const auto same = std::ranges::find_if(ranks, [&](const SamePolicy& rank) {
      return policy_gap(replicate.world(), replicate.arms[rank.arms.front()].result.policy,
                        replicate.arms[a].result.policy) <= kSamePolicy;
    });
    if (same != ranks.end())
      same->arms.push_back(a);
    else
      ranks.push_back({{a}, measure_of(replicate, "regret", a)});
  }
  std::ranges::stable_sort(ranks, {}, &SamePolicy::regret);
  return ranks;
}

}  // namespace

bool is_within(const WholeReplicate& replicate, std::size_t arm) {
  return measure_of(replicate, "regime", arm) == static_cast<double>(Regime::within);
}

double measure_of(const WholeReplicate& replicate, std::string_view name, std::size_t arm) {
  const auto& columns = replicate.columns.arm;
  const auto found =
      std::ranges::find(columns, name, [](const auto* entry) -> std::string_view { return entry->name; });
  return found == columns.end() ? std::numeric_limits<double>::quiet_NaN()
                                : replicate.values[static_cast<std::size_t>(found - columns.begin())][arm];
}

Conclusion conclude(const WholeReplicate& replicate) {
  Conclusion out;
  std::vector<std::size_t> fitted;
  for (std::size_t a = 0; a < replicate.arms.size(); ++a)
    (replicate.arms[a].status == ArmStatus::ok ? fitted : out.no_fit).push_back(a);
  out.ranks = ranks_of(replicate, fitted);
  if (!out.no_fit.empty())
    out.sentences.push_back(fmt::format("{} {} no part in the comparison, having no certified optimum.",
                                        names(replicate, out.no_fit),
                                        out.no_fit.size() == 1 ? "takes" : "take"));
  if (fitted.size() < 2) return out;
  const SamePolicy& winner = out.ranks.front();
  if (out.ranks.size() == 1) {
    out.sentences.push_back(fmt::format("Nobody wins: {} return one policy, of regret {:.3g}.",
                                        names(replicate, winner.arms), winner.regret));
    return out;
  }
  out.sentences.push_back(
      winner.arms.size() == 1
          ? fmt::format("{} wins, with a regret of {:.3g}.", names(replicate, winner.arms), winner.regret)
          : fmt::format("{} win: they return one policy, of regret {:.3g}.", names(replicate, winner.arms),
                        winner.regret));
  const Alike alike = alike_in(replicate.world());
  for (std::size_t k = 1; k < out.ranks.size(); ++k) {
    const SamePolicy& loser = out.ranks[k];
    std::string told = fmt::format("{} {} {:.3g}, {}.", names(replicate, loser.arms),
                                   loser.arms.size() == 1 ? "has" : "return one policy, of regret",
                                   loser.regret, by_how_much(winner.regret, loser.regret));
    for (const std::string& reason : Reasons(replicate, alike, winner, loser).found()) told += " " + reason;
    out.sentences.push_back(std::move(told));
  }
  if (std::string expected = expectation(replicate, out.ranks); !expected.empty())
    out.sentences.push_back(std::move(expected));
  return out;
}

}  // namespace twostage
