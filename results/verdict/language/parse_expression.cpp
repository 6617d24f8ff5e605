#include <fmt/format.h>

#include <array>
#include <utility>

#include "results/verdict/language/claim_error.hpp"
#include "results/verdict/language/token_stream.hpp"

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

Expression node(Expression::Kind kind, std::size_t column, Expression operand) {
  Expression e;
  e.kind = kind;
  e.column = column;
  e.operands.push_back(std::move(operand));
  return e;
}

// Moves both operands: a chain of operators is copied at none of them.
Expression node(Expression::Kind kind, std::size_t column, Expression left, Expression right) {
  Expression e = node(kind, column, std::move(left));
  e.operands.push_back(std::move(right));
  return e;
}

Expression reference(TokenStream& in) {
  Expression e;
  e.kind = Expression::Kind::name;
  e.column = in.peek().column;
  if (in.peek().kind != Token::Kind::word) in.fail("expected a number or a variable");
  e.name = in.take().text;
  if (in.at_symbol("("))
    in.fail(fmt::format("'{}' is no function of an expression (abs and log are)", e.name));
  if (!in.take_symbol("[")) return e;
  do {
    if (in.peek().kind != Token::Kind::text) in.fail("expected the name of an arm in quotes");
    e.arm_columns.push_back(in.peek().column);
    e.arms.push_back(in.take().text);
  } while (in.take_symbol(","));
  in.expect("]");
  if (e.arms.size() > 2) throw ClaimError("", e.arm_columns[2], "at most two arms fit in brackets");
  return e;
}

Expression factor(TokenStream& in) {
  const TokenStream::Level level(in);
  const std::size_t column = in.peek().column;
  if (in.take_symbol("-")) return node(Expression::Kind::negate, column, factor(in));
  if (in.take_symbol("(")) {
    Expression inner = parse_expression(in);
    in.expect(")");
    return inner;
  }
  if (in.peek().kind == Token::Kind::number) {
    Expression e;
    e.column = column;
    e.number = in.take().number;
    return e;
  }
  if (in.peek().kind == Token::Kind::text) {
    Expression e;
    e.kind = Expression::Kind::text;
    e.column = column;
    e.name = in.take().text;
    return e;
  }
  for (const auto& [word, kind] : {std::pair{"abs", Expression::Kind::abs}, {"log", Expression::Kind::log}}) {
    if (!in.take_call(word)) continue;
    Expression inner = parse_expression(in);
    in.expect(")");
    return node(kind, column, std::move(inner));
  }
  return reference(in);
}

Expression product(TokenStream& in) {
  Expression left = factor(in);
  while (in.at_symbol("*") || in.at_symbol("/")) {
    in.count_operator();
    const Token sign = in.take();
    const auto kind = sign.text == "*" ? Expression::Kind::multiply : Expression::Kind::divide;
    Expression right = factor(in);
    left = node(kind, sign.column, std::move(left), std::move(right));
  }
  return left;
}

}  // namespace

Expression parse_expression(TokenStream& in) {
  Expression left = product(in);
  while (in.at_symbol("+") || in.at_symbol("-")) {
    in.count_operator();
    const Token sign = in.take();
    const auto kind = sign.text == "+" ? Expression::Kind::add : Expression::Kind::subtract;
    Expression right = product(in);
    left = node(kind, sign.column, std::move(left), std::move(right));
  }
  return left;
}

std::optional<Comparator> comparator_of(std::string_view symbol) {
  for (const auto& [text, value] : comparators)
    if (text == symbol) return value;
  return std::nullopt;
}

Comparison parse_comparison(TokenStream& in, std::string_view expectation) {
  Comparison c;
  c.left = parse_expression(in);
  const std::optional<Comparator> comparator =
      in.peek().kind == Token::Kind::symbol ? comparator_of(in.peek().text) : std::nullopt;
  if (!comparator) in.fail(expectation);
  in.take();
  c.comparator = *comparator;
  c.right = parse_expression(in);
  return c;
}

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

}  // namespace twostage::claims
