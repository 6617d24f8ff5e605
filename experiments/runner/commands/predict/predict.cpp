// predict: who wins and by how much, by theory alone: expected regrets, winners, crossings, the pairs that a
// given regret takes, and whether the regime holds where each of these lies. Where each replicate draws its
// own world, the curves are means over the first worlds.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "experiments/runner/commands/commands.hpp"
#include "experiments/runner/commands/predict/json.hpp"
#include "experiments/runner/commands/predict/outlooks.hpp"
#include "experiments/runner/run/run.hpp"
#include "experiments/runner/study/study_library.hpp"
#include "experiments/runner/terminal/printing.hpp"

namespace twostage {
namespace {

using Align = TextTable::Align;

constexpr std::size_t kMostShown = 20;  // settings, in a call that does not ask for all

// Theory's numbers are the same along a course and along yardsticks, of which it says nothing; pairs are
// rows.
bool is_no_setting(const Axis& axis) {
  return is_yardstick_key(axis.key) || axis.key == "pairs" || axis.key == "pairs_factor" ||
         axis.key.starts_with("course.") || axis.key.find(".course.") != axis.key.npos;
}

// Points that differ in their number of pairs, or in what theory says nothing of, alone.
struct Group {
  std::vector<std::size_t> points;
  std::vector<std::int64_t> pairs;  // each number once
};

std::vector<Group> groups_of(const Study& study) {
  std::map<std::vector<std::size_t>, std::size_t> known;
  std::vector<Group> out;
  for (std::size_t point = 0; point < study.points(); ++point) {
    std::vector<std::size_t> at = coordinates(study, point);
    for (std::size_t k = 0; k < study.axes.size(); ++k)
      if (is_no_setting(study.axes[k])) at[k] = 0;
    const auto [found, fresh] = known.emplace(std::move(at), out.size());
    if (fresh) out.push_back({});
    out[found->second].points.push_back(point);
    std::vector<std::int64_t>& pairs = out[found->second].pairs;
    if (const std::int64_t n = recipe_at(study, point).pairs; std::ranges::find(pairs, n) == pairs.end())
      pairs.push_back(n);
  }
  return out;
}

std::string title_of(const Study& study, std::size_t point) {
  std::string out;
  const auto at = coordinates(study, point);
  for (std::size_t k = 0; k < study.axes.size(); ++k)
    if (!is_no_setting(study.axes[k]))
      out += (out.empty() ? "" : ", ") + study.axes[k].name + " = " + to_text(study.axes[k].values[at[k]]);
  return out;
}

std::string count_text(double pairs) {
  constexpr double many = 1e6;
  return pairs >= many ? fmt::format("{:.2g}", pairs) : fmt::format("{:.0f}", std::ceil(pairs));
}

// What is said outside the regime is no prediction, and looks like none.
std::string trusted(const std::string& value, const Standing& standing) {
  return standing.within ? value : "(" + value + ")";
}

// A regret, its deviation or its slope: never negative. Far outside the regime an expansion may be, or may
// have no value at all: then there is nothing to show.
std::string regret_text(double value) {
  return value >= 0 ? fmt::format("{:.4g}", value) : "-";
}
std::string trusted_regret(double value, const Standing& standing) {
  return value >= 0 ? trusted(regret_text(value), standing) : regret_text(value);
}

// These return whether something is in parentheses.
bool print_curves(const Outlooks& outlooks, double target) {
  bool doubtful = false;
  bool any = false;
  TextTable table({{"arm", Align::text},
                   {"floor", Align::right},
                   {"slope", Align::right},
                   {"pairs needed", Align::right},
                   {"regime there", Align::text}},
                  2);
  for (const std::size_t a : outlooks.distinct()) {
    const std::string reason = outlooks.reason(a, 1000);
    if (!reason.empty()) {
      table.row({outlooks.name(a)}, reason);
      continue;
    }
    const double floor = outlooks.floor(a);
    const PairsNeeded needed = outlooks.pairs_needed(a, target);
    const bool never = std::isinf(needed.pairs);
    const bool unknown = std::isnan(needed.pairs);
    doubtful = doubtful || (!never && !unknown && !needed.there.within);
    table.row({outlooks.name(a), floor > 0 ? fmt::format("{:.4g}", floor) : "0",
               regret_text(curve_slope(outlooks.curve(a), floor)),
               never     ? "never"
               : unknown ? "-"
                         : trusted(count_text(needed.pairs), needed.there),
               never || unknown ? "-" : needed.there.regime});
    any = true;
  }
  print_table(table);
  if (any) print_text("E regret -> floor + slope / n", "  ", 4);
  return doubtful;
}

void print_winner(const Outlooks& outlooks, std::size_t a, std::size_t b) {
  const Match match = outlooks.match(a, b);
  if (!match.winner) return;
  const std::size_t winner = *match.winner;
  const std::size_t loser = winner == a ? b : a;
  const std::string& last = outlooks.arms()[winner].name;
  if (!match.turns.empty()) {
    std::string turns;
    for (const Turn& turn : match.turns)
      turns += (turns.empty() ? "" : ", ") + count_text(std::round(turn.pairs)) + turn.there.note();
    print_text(fmt::format("{} or {}: the winner changes at n = {}; with more pairs it is {}",
                           outlooks.arms()[a].name, outlooks.arms()[b].name, turns, last),
               "  ", 4);
    return;
  }
  // Where to look at the ratio: as early as it may be trusted.
  const std::optional<double> from = outlooks.trusted_from(a, b);
  const double at = std::max(from.value_or(1000), kFewestPairs);
  print_text(fmt::format("{} beats {} at every n from {:.0f} to 1e10; regret ratio {:.4g} at n = {}{}", last,
                         outlooks.arms()[loser].name, kFewestPairs,
                         outlooks.curve(loser)(at) / outlooks.curve(winner)(at), count_text(at),
                         from ? ", where the regime begins" : outlooks.standing({a, b}, at).note()),
             "  ", 4);
}

// kappa looks at the fit, not at what the plan makes of it: in cold worlds (low beta) it can be small while
// the next order in 1/n is not.
std::string next_order_note(double first, double second) {
  const double excess = second / first - 1;
  return std::fabs(excess) > 0.1 ? fmt::format(", but 2nd order {:+.0f} %", 100 * excess) : "";
}

bool print_points(const Outlooks& outlooks, const std::vector<std::int64_t>& pairs) {
  bool doubtful = false;
  bool any = false;
  TextTable table({{"n", Align::right},
                   {"arm", Align::text},
                   {"E regret", Align::right},
                   {"2nd order", Align::right},
                   {"deviation", Align::right},
                   {"kappa", Align::right},
                   {"regime", Align::text}},
                  2);
  for (const std::int64_t n : pairs)
    for (const std::size_t a : outlooks.distinct()) {
      const auto at = static_cast<double>(n);
      if (!outlooks.reason(a, at).empty()) continue;
      const Standing standing = outlooks.standing({a}, at);
      const auto value = [&](double Prediction::*field) {
        return trusted_regret(outlooks.mean(a, at, field), standing);
      };
      const double second = standing.within ? outlooks.second_order(a, at) : std::nan("");
      table.row({fmt::format("{}", n), outlooks.name(a), value(&Prediction::regret),
                 std::isnan(second) ? "-" : fmt::format("{:.4g}", second), value(&Prediction::deviation),
                 fmt::format("{:.3g}", standing.kappa),
                 standing.regime + next_order_note(outlooks.mean(a, at, &Prediction::regret), second)});
      doubtful = doubtful || !standing.within;
      any = true;
    }
  if (any) print_table(table);
  return doubtful;
}

void print_coverage(const std::string& whose, const MemberCoverage& member) {
  const auto times = [](double log) { return fmt::format("{:.4g}", std::exp(log)); };
  print_text(
      fmt::format(
          "{}: coverage of every policy {}, of pi* {}, its 1 + chi-square {}, of the ball that holds pi* {}",
          whose, times(member.logs.global), times(member.logs.optimal), times(member.logs.chi_square),
          times(member.local)),
      "  ", 4);
}

// Of the first world.
void print_sampler(const Outlooks& outlooks) {
  TextTable table({{"", Align::text}, {"", Align::text}}, 2);
  bool first = true;
  for (const std::size_t a : outlooks.distinct()) {
    const auto report = outlooks.sampler(a);
    if (!report) {
      table.row({outlooks.name(a), "the class misses the truth, or has no theory: nothing to design for"});
      continue;
    }
    if (first) {
      const bool one = outlooks.one_sampler();
      print_coverage(one ? "the pairs" : "the first of a pair", report->first);
      if (!one) print_coverage("the second of a pair", report->second);
      first = false;
    }
    const std::string worth =
        report->reason.empty()
            ? fmt::format("efficiency {:.4g}: the best choice of pairs needs that share", report->efficiency)
            : report->reason;
    table.row(
        {outlooks.name(a), fmt::format("condition {:.4g} (by concentrability at most {:.4g}), {}",
                                       report->condition, std::exp(report->log_condition_bound), worth)});
  }
  print_table(table);
}

// Twenty worlds in all where several settings are asked for, but two of each at least.
int worlds_of(const PredictArguments& arguments, std::size_t groups) {
  constexpr int most = 20;
  constexpr int least = 2;
  return arguments.worlds > 0 ? arguments.worlds : std::max(least, most / static_cast<int>(groups));
}

double target_of(const PredictArguments& arguments, const Outlooks& outlooks) {
  return arguments.regret > 0 ? arguments.regret : outlooks.headroom() / 10;
}

int print_json(const Study& study, const PredictArguments& arguments) {
  std::vector<std::vector<nlohmann::json>> rows(study.points());
  for (const Group& group : groups_of(study)) {
    const Outlooks outlooks(study, group.points[0], worlds_of(arguments, 1));
    const nlohmann::json answers = predicted_answers(outlooks, target_of(arguments, outlooks));
    for (const std::size_t point : group.points)
      rows[point] = predicted_rows(study, outlooks, point, answers);
  }
  nlohmann::json out = nlohmann::json::array();
  for (const auto& point : rows)
    for (const nlohmann::json& row : point) out.push_back(row);
  fmt::print("{}\n", out.dump(1));
  return 0;
}

void print_group(const Study& study, const Group& group, const PredictArguments& arguments, int worlds) {
  const Outlooks outlooks(study, group.points[0], worlds);
  const double target = target_of(arguments, outlooks);
  const std::string title = title_of(study, group.points[0]);
  print_text(
      fmt::format("{}{}headroom {:.4g}, pairs needed for a regret of {:.4g}{}", title,
                  title.empty() ? "" : ": ", outlooks.headroom(), target,
                  outlooks.worlds() > 1 ? fmt::format(", means over {} worlds", outlooks.worlds()) : ""),
      "", 2);
  const auto distinct = outlooks.distinct();
  bool doubtful = print_curves(outlooks, target);
  for (std::size_t k = 0; k < distinct.size(); ++k)
    for (std::size_t l = k + 1; l < distinct.size(); ++l) print_winner(outlooks, distinct[k], distinct[l]);
  doubtful = print_points(outlooks, group.pairs) || doubtful;
  if (doubtful) print_text("in parentheses: outside its regime, not a prediction", "  ", 4);
  if (arguments.sampler) print_sampler(outlooks);
}

}  // namespace

int predict_command(const PredictArguments& arguments) {
  const StudyChoice& choice = arguments.choice;
  const Study study = load_study(choice.study, choice.preset, choice.overrides);
  check_study(study, {}, Asked::theory);
  if (arguments.json) return print_json(study, arguments);
  const std::vector<Group> groups = groups_of(study);
  const std::size_t shown = arguments.all ? groups.size() : std::min(groups.size(), kMostShown);
  for (std::size_t k = 0; k < shown; ++k) {
    if (k > 0) fmt::print("\n");
    print_group(study, groups[k], arguments, worlds_of(arguments, shown));
    std::fflush(stdout);  // what is known need not wait for the rest
  }
  if (shown < groups.size()) {
    fmt::print("\n");
    print_text(
        fmt::format("{} of {} settings are shown: --all shows the others too, {}=... chooses among them",
                    shown, groups.size(), std::ranges::find_if_not(study.axes, is_no_setting)->name));
  }
  return 0;
}

}  // namespace twostage
