#include "results/verdict/certainty.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "results/verdict/verdict.hpp"
#include "sim/numerics/elementary.hpp"

namespace twostage::claims {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// --- ranges

Range hull(const auto& values) {
  return {*std::ranges::min_element(values), *std::ranges::max_element(values)};
}

Range times(const Range& a, const Range& b) {
  const auto product = [](double x, double y) { return x == 0 || y == 0 ? 0.0 : x * y; };
  return hull(std::array{product(a.low, b.low), product(a.low, b.high), product(a.high, b.low),
                         product(a.high, b.high)});
}

Range inverse(const Range& a) {
  if (a.low < 0 && a.high > 0) return {};
  return {a.high == 0 ? -infinity : 1 / a.high, a.low == 0 ? infinity : 1 / a.low};
}

Range magnitude(const Range& a) {
  const double most = std::fmax(std::fabs(a.low), std::fabs(a.high));
  const bool around_zero = a.low <= 0 && a.high >= 0;
  return {around_zero ? 0 : std::fmin(std::fabs(a.low), std::fabs(a.high)), most};
}

double logarithm(double x) {
  return x <= 0 ? -infinity : std::isinf(x) ? infinity : num::log(x);
}

double bound(const Variable& variable, std::string_view attribute, double otherwise) {
  const auto it = variable.attributes.find(attribute);
  const auto* value = it == variable.attributes.end() ? nullptr : std::get_if<double>(&it->second);
  return value ? *value : otherwise;
}

std::size_t place_of(const Grid& grid, const std::string& arm, const SameArms& same) {
  const auto at = static_cast<std::size_t>(std::ranges::find(grid.arms(), arm) - grid.arms().begin());
  return at < same.size() ? same[at] : at;
}

// Whether two expressions have one value, whatever is measured.
bool equal(const Grid& grid, const Expression& a, const Expression& b, const SameArms& same) {
  if (a.kind != b.kind || a.name != b.name || a.arms.size() != b.arms.size() ||
      a.operands.size() != b.operands.size())
    return false;
  if (a.kind == Expression::Kind::number) return a.number == b.number;
  for (std::size_t i = 0; i < a.arms.size(); ++i)
    if (place_of(grid, a.arms[i], same) != place_of(grid, b.arms[i], same)) return false;
  for (std::size_t i = 0; i < a.operands.size(); ++i)
    if (!equal(grid, a.operands[i], b.operands[i], same)) return false;
  return true;
}

Range range_of_name(const Grid& grid, const Expression& e, const SameArms& same) {
  if (!grid.data().has_variable(e.name)) return hull(grid.coordinates(grid.axis(e.name, e.column), e.column));
  const Variable& variable = grid.data().variable(e.name);
  if (e.arms.size() == 2 && place_of(grid, e.arms[0], same) == place_of(grid, e.arms[1], same))
    if (const double value = bound(variable, "of_itself", std::nan("")); !std::isnan(value))
      return {value, value};
  return {bound(variable, "lower_bound", -infinity), bound(variable, "upper_bound", infinity)};
}

// --- what is refused, and why

std::string text_of(const Range& r) {
  if (r.low == r.high) return fmt::format("{:g}", r.low);
  return fmt::format("{}{:g}, {:g}{}", std::isinf(r.low) ? "(" : "[", r.low, r.high,
                     std::isinf(r.high) ? ")" : "]");
}

[[noreturn]] void refuse(std::size_t column, bool holds, const std::string& reason) {
  throw ClaimError("", column,
                   fmt::format("the claim {}: {}", holds ? "cannot fail" : "cannot hold", reason));
}

// "'a' and 'b' are one recipe; ", when that is why.
std::string twins(const Grid& grid, const std::vector<const Expression*>& terms, const SameArms& same) {
  std::vector<std::string> arms;
  const auto collect = [&](auto& self, const Expression& e) -> void {
    arms.insert(arms.end(), e.arms.begin(), e.arms.end());
    for (const Expression& operand : e.operands) self(self, operand);
  };
  for (const Expression* term : terms) collect(collect, *term);
  for (std::size_t i = 0; i < arms.size(); ++i)
    for (std::size_t j = i + 1; j < arms.size(); ++j)
      if (arms[i] != arms[j] && place_of(grid, arms[i], same) == place_of(grid, arms[j], same))
        return fmt::format("the arms '{}' and '{}' have one recipe; ", arms[i], arms[j]);
  return "";
}

// What an interval can be, whatever is measured; an open end is never reached by it.
struct Attainable {
  Range range;
  bool low_open = false;
  bool high_open = false;
  std::string why;
};

Attainable of_range(const Range& range) {
  return {range, std::isinf(range.low), std::isinf(range.high),
          fmt::format("by definition the quantity lies in {}", text_of(range))};
}

// Clopper and Pearson's interval of a share has its lower end below 1 and its upper one above 0.
Attainable share() {
  return {{0, 1}, true, true, "the interval of a share always reaches into (0, 1)"};
}

std::vector<const Expression*> pointers(const std::vector<Expression>& terms) {
  std::vector<const Expression*> out;
  for (const Expression& term : terms) out.push_back(&term);
  return out;
}

// The product of the terms above over that of those below; equal ones cancel.
Attainable quotient(const Grid& grid, const Estimand& e, const SameArms& same) {
  std::vector<const Expression*> above, below;
  for (std::size_t t = 0; t < e.signs.size(); ++t) {
    if (range_of(grid, e.terms[t], same).high <= 0)
      refuse(e.terms[t].column, false, "a ratio needs positive means, and by definition this one never is");
    (e.signs[t] > 0 ? above : below).push_back(&e.terms[t]);
  }
  std::erase_if(above, [&](const Expression* a) {
    const auto match =
        std::ranges::find_if(below, [&](const Expression* b) { return equal(grid, *a, *b, same); });
    if (match == below.end()) return false;
    below.erase(match);
    return true;
  });
  if (above.empty() && below.empty())
    return {{1, 1}, false, false, twins(grid, pointers(e.terms), same) + "a quantity over itself is 1"};
  Range range{1, 1};
  for (const Expression* a : above) range = times(range, range_of(grid, *a, same));
  for (const Expression* b : below) range = times(range, inverse(range_of(grid, *b, same)));
  if (range.low > 0) return of_range(range);
  // Its interval is made for the logarithm, so it stays above 0.
  Attainable out = of_range({0, range.high});
  out.low_open = true;
  if (out.high_open) out.why = "a ratio that has an interval is positive";
  return out;
}

Attainable of_line(const Grid& grid, const Estimand& e, const SameArms& same);

Attainable attainable(const Grid& grid, const Estimand& e, Estimand::Kind kind, const SameArms& same) {
  using Kind = Estimand::Kind;
  switch (kind) {
    case Kind::mean:
      return of_range(range_of(grid, e.terms[0], same));
    case Kind::difference: {
      Expression minus;
      minus.kind = Expression::Kind::subtract;
      minus.operands = {e.terms[0], e.terms[1]};
      Attainable out = of_range(range_of(grid, minus, same));
      if (equal(grid, e.terms[0], e.terms[1], same))
        out.why = twins(grid, {e.terms.data(), e.terms.data() + 1}, same) + "a quantity less itself is 0";
      return out;
    }
    case Kind::ratio:
    case Kind::agreement:
      return quotient(grid, e, same);
    case Kind::trend:
    case Kind::slope:
      return of_line(grid, e, same);
    case Kind::crossing:
      if (equal(grid, e.terms[0], e.terms[1], same))
        refuse(e.column, false, twins(grid, pointers(e.terms), same) + "a quantity does not cross itself");
      return {{0, infinity}, true, true, "a crossing is a positive number"};
    case Kind::probability:
    case Kind::proportion: {
      if (certainty(grid, *e.event, same) == Certainty::open) return share();
      throw ClaimError("", e.column,
                       twins(grid, {&e.event->left, &e.event->right}, same) +
                           "the comparison comes out the same way in every replicate, whatever is measured");
    }
    case Kind::winner:
      break;
  }
  return {{}, true, true, ""};
}

Attainable of_line(const Grid& grid, const Estimand& e, const SameArms& same) {
  const Attainable level = attainable(grid, e, e.line, same);
  if (level.range.low == level.range.high)
    return {{0, 0}, false, false, level.why + ", so its line is level"};
  return {{}, true, true, ""};
}

void refuse_certain(const ClaimedSet& set, const Attainable& a, std::size_t column) {
  const bool low_inside = set.low < a.range.low || (set.low == a.range.low && (a.low_open || set.low_closed));
  const bool high_inside =
      set.high > a.range.high || (set.high == a.range.high && (a.high_open || set.high_closed));
  if (low_inside && high_inside) refuse(column, true, a.why);
  const bool above = set.low > a.range.high || (set.low == a.range.high && (a.high_open || !set.low_closed));
  const bool under = set.high < a.range.low || (set.high == a.range.low && (a.low_open || !set.high_closed));
  if (above || under) refuse(column, false, a.why);
}

bool reads_axes_alone(const Grid& grid, const Expression& e) {
  if (e.kind == Expression::Kind::name && grid.data().has_variable(e.name)) return false;
  return std::ranges::all_of(e.operands, [&](const Expression& o) { return reads_axes_alone(grid, o); });
}

}  // namespace

Range range_of(const Grid& grid, const Expression& e, const SameArms& same) {
  using Kind = Expression::Kind;
  const auto operand = [&](std::size_t i) { return range_of(grid, e.operands[i], same); };
  const auto twice = [&] { return equal(grid, e.operands[0], e.operands[1], same); };
  switch (e.kind) {
    case Kind::number:
      return {e.number, e.number};
    case Kind::text:
      return {};
    case Kind::name:
      return range_of_name(grid, e, same);
    case Kind::negate:
      return times(operand(0), {-1, -1});
    case Kind::add: {
      const Range a = operand(0), b = operand(1);
      return {a.low + b.low, a.high + b.high};
    }
    case Kind::subtract: {
      if (twice()) return {0, 0};
      const Range a = operand(0), b = operand(1);
      return {a.low - b.high, a.high - b.low};
    }
    case Kind::multiply: {
      if (!twice()) return times(operand(0), operand(1));
      const Range a = magnitude(operand(0));
      return times(a, a);
    }
    case Kind::divide:
      return twice() ? Range{1, 1} : times(operand(0), inverse(operand(1)));
    case Kind::abs:
      return magnitude(operand(0));
    case Kind::log: {
      const Range a = operand(0);
      return {logarithm(a.low), logarithm(a.high)};
    }
  }
  return {};
}

Certainty certainty(const Grid& grid, const Comparison& c, const SameArms& same) {
  const bool alike = equal(grid, c.left, c.right, same);
  const Range a = range_of(grid, c.left, same), b = range_of(grid, c.right, same);
  const auto either = [](bool always, bool never) {
    return always ? Certainty::always : never ? Certainty::never : Certainty::open;
  };
  const bool one_number = a.low == a.high && b.low == b.high && a.low == b.low;
  const bool apart = a.high < b.low || b.high < a.low;
  switch (c.comparator) {
    case Comparator::less:
      return either(a.high < b.low, alike || a.low >= b.high);
    case Comparator::at_most:
      return either(alike || a.high <= b.low, a.low > b.high);
    case Comparator::greater:
      return either(a.low > b.high, alike || a.high <= b.low);
    case Comparator::at_least:
      return either(alike || a.low >= b.high, a.high < b.low);
    case Comparator::equal:
      return either(alike || one_number, apart);
    case Comparator::unequal:
      return either(apart, alike || one_number);
  }
  return Certainty::open;
}

void refuse_certain(const Grid& grid, const HoldsFormula& formula, const SameArms& same) {
  const Comparison& c = formula.assertion;
  if (reads_axes_alone(grid, c.left) && reads_axes_alone(grid, c.right))
    throw ClaimError("", c.left.column, "the claim is about axes and numbers alone: no result can change it");
  const Certainty outcome = certainty(grid, c, same);
  if (outcome == Certainty::open) return;
  const std::string by = twins(grid, {&c.left, &c.right}, same);
  refuse(
      c.left.column, outcome == Certainty::always,
      equal(grid, c.left, c.right, same)
          ? by + "both sides are the same quantity"
          : by + fmt::format("by definition the left side lies in {} and the right side in {}",
                             text_of(range_of(grid, c.left, same)), text_of(range_of(grid, c.right, same))));
}

void refuse_certain(const Grid& grid, const IntervalFormula& formula, const SameArms& same) {
  const Estimand& e = formula.estimand;
  if (e.kind == Estimand::Kind::winner) {
    const auto alike = [&](std::size_t a, std::size_t b) {
      return equal(grid, e.terms[a], e.terms[b], same);
    };
    if (alike(0, 1))
      refuse(e.column, false,
             twins(grid, {e.terms.data(), e.terms.data() + 1}, same) + "a quantity is no winner over itself");
    if (alike(0, 2) && alike(1, 3)) refuse(e.column, true, "the two sides are the same quantities");
  } else {
    const ClaimedSet& inner = formula.each ? *formula.each->set : formula.set;
    refuse_certain(inner, attainable(grid, e, e.kind, same), e.column);
  }
  if (formula.each) refuse_certain(formula.set, share(), e.column);
}

}  // namespace twostage::claims
