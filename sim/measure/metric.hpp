// Metrics: exact numbers that describe an arm (or a pair of arms) in a world. Each has a written definition,
// from which `twostage list`, the attributes in result files and the report's glossary come.
#pragma once

#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sim/algorithm/target.hpp"
#include "sim/measure/yardsticks.hpp"
#include "sim/plan/sweeps.hpp"

namespace twostage {

enum class MetricKind {
  always,      // cheap and exact at every size
  on_request,  // named in a study's `measures`; exact where it has an exact form, else NaN with a reason
  pairwise,    // cheap, on (arm, arm_b)
  pairwise_on_request,  // on (arm, arm_b), where named
  predicted,            // known before any data: theory's, which fills it in
  control,              // theory's word on the data themselves; named in `measures`
};

// What a definition implies of every value, whatever is measured: probabilities lie in [0, 1]. Measured
// values keep to it up to rounding. Claims are checked against it: what follows from a definition cannot
// fail.
struct MetricRange {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
};
inline constexpr MetricRange kNotNegative{.low = 0};
inline constexpr MetricRange kNotPositive{.high = 0};
inline constexpr MetricRange kShare{0, 1};

// What every metric may use; made once per replicate. Keeps references to its arguments, and what was found
// for one metric for the next: threads do not share one.
struct Context {
  Context(const World& world, const PreferenceData& data, const SoftPlan& optimum,
          const Yardsticks& yardsticks = {});
  Context(const World& world, const PreferenceData& data, const PairTable& table_of_data,
          const SoftPlan& optimum, const Yardsticks& yardsticks = {});

  const World& world;
  const PreferenceData& data;
  const SoftPlan& optimum;  // pi* of the true reward
  Yardsticks yardsticks;

  // The rival of the yardsticks is the soft plan of t times the true reward at temperature 1: t, or NaN where
  // there is none. Found when it is first asked for.
  double rival_tilt() const;
  // The distinct completions of the data: paths of H edges, in lexicographic order. Found when they are first
  // asked for.
  std::span<const EdgeId> seen() const;

 private:
  const PairTable* table_ = nullptr;  // of the data, where it is there
  mutable std::optional<double> rival_tilt_;
  mutable std::optional<std::vector<EdgeId>> seen_;
};

enum class PolicyForm { on_completions, on_edges };

struct Metric {
  MetricKind kind;
  std::string long_name;
  std::string units;       // UDUNITS: "1", "nat", "reward"
  std::string definition;  // one or two sentences, formula included
  double (*value)(const Context& context, const ArmResult& arm) = nullptr;  // unless pairwise or predicted
  double (*pair)(const World& world, const ArmResult& arm, const ArmResult& arm_b) = nullptr;  // pairwise
  // The weakest form of a policy that `value` can be had of; of a weaker one it is missing, with that reason.
  PolicyForm asks = PolicyForm::on_completions;
  // The yardstick that `value` is told by, which a study may state.
  Yardstick yardstick = Yardstick::none;
  // `value` is of the arm's target (sim/algorithm/target.hpp), a fit of its own, and not of what it fitted.
  bool of_target = false;
  // Why `value` is NaN for this arm in this world; empty when it has an exact form. Null = it always has.
  std::string (*inexact)(const Context& context, const ArmResult& arm) = nullptr;
  // Not empty: the value is an index into these, to be stored as uint8 with CF flag_values 0, 1, ... and
  // flag_meanings.
  std::vector<std::string> flag_meanings = {};
  MetricRange range = {};
  std::optional<double> of_itself = {};  // pairwise: the value for an arm and itself, or one that is the same
};

inline bool is_pairwise(MetricKind kind) {
  return kind == MetricKind::pairwise || kind == MetricKind::pairwise_on_request;
}

inline bool is_of_theory(MetricKind kind) {
  return kind == MetricKind::predicted || kind == MetricKind::control;
}

const Registry<Metric>& metrics();

// Whether one of the metrics so named is told by the yardstick.
bool ask_for(const std::vector<std::string>& measures, Yardstick yardstick);

// A metric that is neither pairwise nor predicted of an arm: its value, or NaN and why there is none.
struct Measured {
  double value;
  std::string missing;  // empty: nothing is
};
Measured measure(const Metric& metric, const Context& context, const ArmResult& arm);
// The same of one of the arm's target.
Measured measure(const Metric& metric, const Context& context, const Target& target);

}  // namespace twostage
