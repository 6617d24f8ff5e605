#include <fmt/format.h>

#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "results/verdict/lexer.hpp"
#include "results/verdict/syntax.hpp"
#include "results/verdict/verdict.hpp"

namespace twostage::claims {
namespace {

constexpr std::array<std::pair<std::string_view, Comparator>, 6> comparators = {{
    {"==", Comparator::equal},
    {"!=", Comparator::unequal},
    {"<", Comparator::less},
    {"<=", Comparator::at_most},
    {">", Comparator::greater},
    {">=", Comparator::at_least},
}};

constexpr std::array<std::pair<std::string_view, Estimand::Kind>, 10> estimands = {{
    {"mean", Estimand::Kind::mean},
    {"difference", Estimand::Kind::difference},
    {"ratio", Estimand::Kind::ratio},
    {"agreement", Estimand::Kind::agreement},
    {"trend", Estimand::Kind::trend},
    {"slope", Estimand::Kind::slope},
    {"crossing", Estimand::Kind::crossing},
    {"probability", Estimand::Kind::probability},
    {"proportion", Estimand::Kind::proportion},
    {"winner", Estimand::Kind::winner},
}};

class Parser {
 public:
  explicit Parser(std::string_view formula) : tokens_(tokenize(formula)) {}

  HoldsFormula holds() {
    HoldsFormula formula;
    formula.assertion = comparison();
    formula.where = where();
    return formula;
  }

  IntervalFormula interval() {
    IntervalFormula formula;
    if (at_call("cells")) {
      formula.each = cells(formula.estimand);
    } else {
      formula.estimand = estimand();
      if (formula.estimand.kind == Estimand::Kind::winner)
        throw ClaimError("", formula.estimand.column,
                         "winner is told cell by cell: cells(winner(a, b) == winner(c, d) at 0.999)");
    }
    formula.set = set_after_in();
    formula.where = where();
    return formula;
  }

 private:
  const Token& peek() const { return tokens_[position_]; }
  const Token& peek_second() const { return tokens_[std::min(position_ + 1, tokens_.size() - 1)]; }
  Token take() { return tokens_[position_ + 1 < tokens_.size() ? position_++ : position_]; }

  bool at_symbol(std::string_view symbol) const {
    return peek().kind == Token::Kind::symbol && peek().text == symbol;
  }
  bool at_word(std::string_view word) const {
    return peek().kind == Token::Kind::word && peek().text == word;
  }
  bool at_call(std::string_view word) const {
    return at_word(word) && peek_second().kind == Token::Kind::symbol && peek_second().text == "(";
  }
  bool take_symbol(std::string_view symbol) { return at_symbol(symbol) && (take(), true); }
  bool take_word(std::string_view word) { return at_word(word) && (take(), true); }

  // "<expectation>, not '<what stands there>'"
  [[noreturn]] void fail(std::string_view expectation) const {
    throw ClaimError("", peek().column, fmt::format("{}, not {}", expectation, peek().description()));
  }
  void expect(std::string_view symbol) {
    if (!take_symbol(symbol)) fail(fmt::format("expected '{}'", symbol));
  }

  std::string name(std::string_view what) {
    if (peek().kind != Token::Kind::word) fail(fmt::format("expected the name of {}", what));
    return take().text;
  }

  // Expressions

  static Expression node(Expression::Kind kind, std::size_t column, std::vector<Expression> operands) {
    Expression e;
    e.kind = kind;
    e.column = column;
    e.operands = std::move(operands);
    return e;
  }

  Expression expression() {
    Expression left = product();
    while (at_symbol("+") || at_symbol("-")) {
      const Token sign = take();
      const auto kind = sign.text == "+" ? Expression::Kind::add : Expression::Kind::subtract;
      Expression right = product();
      left = node(kind, sign.column, {std::move(left), std::move(right)});
    }
    return left;
  }

  Expression product() {
    Expression left = factor();
    while (at_symbol("*") || at_symbol("/")) {
      const Token sign = take();
      const auto kind = sign.text == "*" ? Expression::Kind::multiply : Expression::Kind::divide;
      Expression right = factor();
      left = node(kind, sign.column, {std::move(left), std::move(right)});
    }
    return left;
  }

  Expression factor() {
    const std::size_t column = peek().column;
    if (take_symbol("-")) return node(Expression::Kind::negate, column, {factor()});
    if (take_symbol("(")) {
      Expression inner = expression();
      expect(")");
      return inner;
    }
    if (peek().kind == Token::Kind::number) {
      Expression e;
      e.column = column;
      e.number = take().number;
      return e;
    }
    if (peek().kind == Token::Kind::text) {
      Expression e;
      e.kind = Expression::Kind::text;
      e.column = column;
      e.name = take().text;
      return e;
    }
    for (const auto& [word, kind] :
         {std::pair{"abs", Expression::Kind::abs}, {"log", Expression::Kind::log}}) {
      if (!at_call(word)) continue;
      take(), take();
      Expression inner = expression();
      expect(")");
      return node(kind, column, {std::move(inner)});
    }
    return reference();
  }

  Expression reference() {
    Expression e;
    e.kind = Expression::Kind::name;
    e.column = peek().column;
    if (peek().kind != Token::Kind::word) fail("expected a number or a variable");
    e.name = take().text;
    if (at_symbol("(")) fail(fmt::format("'{}' is no function of an expression (abs and log are)", e.name));
    if (!take_symbol("[")) return e;
    do {
      if (peek().kind != Token::Kind::text) fail("expected the name of an arm in quotes");
      e.arm_columns.push_back(peek().column);
      e.arms.push_back(take().text);
    } while (take_symbol(","));
    expect("]");
    if (e.arms.size() > 2) throw ClaimError("", e.arm_columns[2], "at most two arms fit in brackets");
    return e;
  }

  Comparator comparator(std::string_view expectation) {
    if (peek().kind == Token::Kind::symbol)
      for (const auto& [symbol, value] : comparators)
        if (take_symbol(symbol)) return value;
    fail(expectation);
  }

  Comparison comparison() {
    Comparison c;
    c.left = expression();
    c.comparator = comparator("expected a comparison (== != < <= > >=)");
    c.right = expression();
    return c;
  }

  // Estimands and sets

  Estimand estimand() {
    Estimand e;
    e.column = peek().column;
    e.kind = estimand_kind();
    expect("(");
    switch (e.kind) {
      case Estimand::Kind::trend:
      case Estimand::Kind::slope:
        line(e);
        expect(",");
        along(e);
        break;
      case Estimand::Kind::crossing:
        ratio(e);
        expect(",");
        if (at_call("ratio")) {
          ratio(e);
          expect(",");
          e.signs.resize(2);  // the second is a prediction
        }
        along(e);
        break;
      case Estimand::Kind::probability: {
        e.event = comparison();
        const Comparator c = e.event->comparator;
        if (c != Comparator::less && c != Comparator::greater)
          throw ClaimError("", e.column,
                           "probability compares with < or >; for other events write proportion");
        break;
      }
      case Estimand::Kind::proportion:
        e.event = comparison();
        break;
      default:
        terms(e, e.kind);
    }
    expect(")");
    return e;
  }

  CellTest cells(Estimand& inner) {
    take(), take();
    CellTest test;
    inner = estimand();
    if (inner.kind == Estimand::Kind::winner) {
      expect("==");
      const Estimand predicted = estimand();
      if (predicted.kind != Estimand::Kind::winner)
        throw ClaimError("", predicted.column, "expected winner(..., ...) after '=='");
      inner.terms.insert(inner.terms.end(), predicted.terms.begin(), predicted.terms.end());
    } else {
      test.set = set_after_in();
    }
    if (!take_word("at")) fail("expected 'at' and the level of each cell's interval, as in 'at 0.95'");
    const std::size_t column = peek().column;
    test.level = bound();
    if (!(test.level > 0 && test.level < 1))
      throw ClaimError("", column, "the level of each cell's interval lies between 0 and 1");
    expect(")");
    return test;
  }

  Estimand::Kind estimand_kind() {
    if (peek().kind == Token::Kind::word) {
      for (const auto& [word, kind] : estimands)
        if (take_word(word)) return kind;
      std::vector<std::string> names{"cells"};
      for (const auto& [word, kind] : estimands) names.emplace_back(word);
      throw ClaimError("", peek().column, unknown_name("estimand", peek().text, names));
    }
    fail("expected an estimand, such as ratio(regret['a'], regret['b'])");
  }

  // What stands between the brackets of `kind`: mean has one expression, the others two, either of which may
  // be a ratio in agreement.
  void terms(Estimand& e, Estimand::Kind kind) {
    const auto quantity = [&](double sign) {
      if (kind != Estimand::Kind::agreement || !at_call("ratio")) {
        e.terms.push_back(expression());
        e.signs.push_back(sign);
        return;
      }
      take(), take();
      e.terms.push_back(expression());
      expect_second();
      e.terms.push_back(expression());
      expect(")");
      e.signs.insert(e.signs.end(), {sign, -sign});
    };
    quantity(1);
    if (kind == Estimand::Kind::mean) return;
    expect_second();
    quantity(-1);
  }

  void ratio(Estimand& e) {
    if (!at_call("ratio")) fail("expected ratio(..., ...)");
    take(), take();
    terms(e, Estimand::Kind::ratio);
    expect(")");
  }

  void expect_second() {
    if (!take_symbol(",")) fail("expected ',' and a second expression");
  }

  void line(Estimand& e) {
    if (at_call("log")) {
      take(), take();
      line(e);
      expect(")");
      e.log_line = true;
      return;
    }
    for (const auto& [word, kind] : estimands) {
      if (!at_call(word)) continue;
      const bool is_line = kind == Estimand::Kind::mean || kind == Estimand::Kind::difference ||
                           kind == Estimand::Kind::ratio || kind == Estimand::Kind::agreement;
      if (!is_line) fail("expected mean, difference, ratio or agreement");
      take(), take();
      e.line = kind;
      terms(e, kind);
      expect(")");
      const bool relative = kind == Estimand::Kind::ratio || kind == Estimand::Kind::agreement;
      e.log_line = e.kind == Estimand::Kind::slope || relative;
      return;
    }
    if (e.kind == Estimand::Kind::trend)
      fail("expected mean(...), difference(...), ratio(...) or agreement(...)");
    e.line = Estimand::Kind::mean;
    e.log_line = true;
    e.terms = {expression()};
    e.signs = {1};
  }

  void along(Estimand& e) {
    e.log_axis = e.kind == Estimand::Kind::slope || e.kind == Estimand::Kind::crossing;
    const bool call = at_call("log");
    if (call) {
      take(), take();
      e.log_axis = true;
    }
    e.axis_column = peek().column;
    e.axis = name("an axis");
    if (call) expect(")");
  }

  double bound() {
    const bool negative = take_symbol("-");
    if (!negative) take_symbol("+");
    if (peek().kind != Token::Kind::number) fail("expected a number or inf");
    const double value = take().number;
    return negative ? -value : value;
  }

  ClaimedSet set_after_in() {
    if (!take_word("in")) fail("expected 'in' and the claimed set, as in 'in (0, inf)'");
    return set();
  }

  ClaimedSet set() {
    const std::size_t column = peek().column;
    ClaimedSet s;
    s.low_closed = take_symbol("[");
    if (!s.low_closed && !take_symbol("(")) fail("expected the claimed set, as in (0, inf) or [0.9, 1.1]");
    s.low = bound();
    expect(",");
    s.high = bound();
    s.high_closed = take_symbol("]");
    if (!s.high_closed && !take_symbol(")")) fail("expected ')' or ']'");
    if (!(s.low < s.high)) throw ClaimError("", column, "the claimed set is empty or a single point");
    if (std::isinf(s.low) && std::isinf(s.high))
      throw ClaimError("", column, "the claimed set holds every number, so the claim cannot fail");
    return s;
  }

  // Conditions

  Condition where() {
    Condition c;
    if (take_word("where")) c = disjunction();
    if (peek().kind != Token::Kind::end) fail("expected 'where', 'and', 'or' or the end");
    return c;
  }

  static Condition join(Condition::Kind kind, std::vector<Condition> operands) {
    if (operands.size() == 1) return std::move(operands[0]);
    Condition c;
    c.kind = kind;
    c.operands = std::move(operands);
    return c;
  }

  Condition disjunction() {
    std::vector<Condition> operands;
    do operands.push_back(conjunction());
    while (take_word("or"));
    return join(Condition::Kind::disjunction, std::move(operands));
  }

  Condition conjunction() {
    std::vector<Condition> operands;
    do operands.push_back(simple_condition());
    while (take_word("and"));
    return join(Condition::Kind::conjunction, std::move(operands));
  }

  Condition simple_condition() {
    if (at_symbol("(") && brackets_hold_conditions()) {
      take();
      Condition inner = disjunction();
      expect(")");
      return inner;
    }
    Condition c;
    c.column = peek().column;
    if (peek().kind == Token::Kind::word && peek_second().kind == Token::Kind::word &&
        peek_second().text == "in") {
      c.kind = Condition::Kind::in;
      c.axis = name("an axis");
      take();
      expect("{");
      do c.values.push_back(constant());
      while (take_symbol(","));
      expect("}");
      return c;
    }
    if (peek().kind == Token::Kind::end) fail("expected a condition");
    c.kind = Condition::Kind::compare;
    c.comparison.left = expression();
    c.comparison.comparator = comparator("expected a comparison (== != < <= > >=) or 'in {...}'");
    c.comparison.right = expression();
    return c;
  }

  // Whether a comparison stands in the brackets that open here, rather than arithmetic.
  bool brackets_hold_conditions() const {
    int depth = 0;
    for (std::size_t i = position_; i < tokens_.size(); ++i) {
      const Token& token = tokens_[i];
      if (token.kind == Token::Kind::word && token.text == "in") return true;
      if (token.kind != Token::Kind::symbol) continue;
      if (token.text == "(") ++depth;
      if (token.text == ")" && --depth == 0) return false;
      for (const auto& [symbol, value] : comparators)
        if (token.text == symbol) return true;
    }
    return true;
  }

  Constant constant() {
    if (peek().kind == Token::Kind::text) return take().text;
    return bound();
  }

  std::vector<Token> tokens_;
  std::size_t position_ = 0;
};

}  // namespace

bool compare(double left, Comparator comparator, double right) {
  switch (comparator) {
    case Comparator::equal:
      return left == right;
    case Comparator::unequal:
      return left < right || left > right;
    case Comparator::less:
      return left < right;
    case Comparator::at_most:
      return left <= right;
    case Comparator::greater:
      return left > right;
    case Comparator::at_least:
      return left >= right;
  }
  return false;
}

HoldsFormula parse_holds(std::string_view text) {
  return Parser(text).holds();
}
IntervalFormula parse_interval(std::string_view text) {
  return Parser(text).interval();
}

}  // namespace twostage::claims
