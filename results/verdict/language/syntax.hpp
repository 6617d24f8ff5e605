// The claim language: what a formula can say, and its parser (recursive descent by hand).
//
//   holds     comparison [where condition]
//   interval  estimand in set [where condition]
//
//   estimand    mean(e) | difference(e, e) | ratio(e, e) | agreement(q, q)
//               trend(line, axis) | trend(line, log(axis)) | slope(line, axis)
//               crossing(ratio(e, e), axis) | crossing(ratio(e, e), ratio(e, e), axis)
//               probability(e > e) | proportion(comparison)
//               points(estimand in set at level) | points(winner(e, e) == winner(e, e) at level)
//   q           e | ratio(e, e)
//   line        mean(e) | difference(e, e) | ratio(e, e) | agreement(q, q) | log(line); in slope also e
//   set         (a, b) | [a, b] | (a, b] | [a, b), bounds may be inf
//   comparison  e < e, with == != < <= > >=; flag['arm'] == 'name' for a variable with named values
//   e           + - * / over numbers, metric['arm'], metric['arm', 'other'], metric, numeric axes;
//               abs(e), log(e)
//   condition   axis < value | axis in {value, ...} | comparison, joined by and, or, (...); texts in quotes
//
// mean is over replicates, point by point. ratio = mean / mean over the same replicates; agreement = the same
// with a prediction below; trend = least-squares slope over the axis of a line (of its logarithm for ratio
// and agreement); slope = log-log. crossing = the
// value of the axis at which two means are equal; with a second ratio (a prediction), relative to where those
// two are (crossing.hpp). probability counts a tie as one half. points = the share of the points whose
// own interval, at the stated level, lies in the inner set; or, among those where it tells which of the first
// two means is the smaller, in which the other two (a prediction) stand likewise. A name that is no plain
// word (dots are allowed) is written in backquotes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace twostage::claims {

// What a formula may be at most. Reading, binding and evaluating it recurse over brackets, signs and
// operators.
inline constexpr std::size_t kLongestFormula = 10'000;  // characters
inline constexpr int kDeepestFormula = 100;             // brackets and signs inside each other
inline constexpr int kMostOperators = 500;              // + - * /

struct Expression {
  enum class Kind { number, text, name, negate, add, subtract, multiply, divide, abs, log };
  Kind kind = Kind::number;
  std::size_t column = 1;
  double number = 0;
  std::string name;               // variable or axis; of a text, the text
  std::vector<std::string> arms;  // what stands in brackets: none, one or two
  std::vector<std::size_t> arm_columns;
  std::vector<Expression> operands;
};

enum class Comparator { equal, unequal, less, at_most, greater, at_least };

// False when either side is NaN, whatever the comparator.
bool compare(double left, Comparator comparator, double right);

struct Comparison {
  Expression left;
  Comparator comparator = Comparator::less;
  Expression right;
};

using Constant = std::variant<double, std::string>;

struct Condition {
  enum class Kind { everything, compare, in, conjunction, disjunction };
  Kind kind = Kind::everything;
  std::size_t column = 1;
  Comparison comparison;         // compare
  std::string axis;              // in
  std::vector<Constant> values;  // in
  std::vector<Condition> operands;
};

struct Estimand {
  enum class Kind {
    mean,
    difference,
    ratio,
    agreement,
    trend,
    slope,
    crossing,
    probability,
    proportion,
    winner
  };
  Kind kind = Kind::mean;
  std::size_t column = 1;
  std::vector<Expression> terms;    // of trend and slope: the line's
  std::vector<double> signs;        // of each term: -1 when subtracted or below a fraction bar
  std::optional<Comparison> event;  // probability, proportion
  // trend, slope and crossing
  Kind line = Kind::mean;
  bool log_line = false;
  std::string axis;
  std::size_t axis_column = 1;
  bool log_axis = false;
};

struct ClaimedSet {
  double low = 0;
  double high = 0;
  bool low_closed = false;
  bool high_closed = false;
};

struct HoldsFormula {
  Comparison assertion;
  Condition where;
};

// points(...): what each point is asked.
struct PointTest {
  double level = 0.95;
  std::optional<ClaimedSet> set;  // of the estimand; none for winner
};

struct IntervalFormula {
  Estimand estimand;
  std::optional<PointTest> each;  // then `set` is of the share of the points
  ClaimedSet set;
  Condition where;
};

// Throw ClaimError with an empty key.
HoldsFormula parse_holds(std::string_view text);
IntervalFormula parse_interval(std::string_view text);
// The left side of an interval claim by itself, which claims nothing: `set` holds every number. A plain
// expression is read as its mean.
IntervalFormula parse_estimate(std::string_view text);
// A condition by itself, without 'where'.
Condition parse_condition(std::string_view text);

}  // namespace twostage::claims
