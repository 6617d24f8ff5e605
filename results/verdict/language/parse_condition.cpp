#include <utility>

#include "results/verdict/language/token_stream.hpp"

namespace twostage::claims {
namespace {

Condition disjunction(TokenStream& in);

// Whether a comparison stands in the brackets that open here, rather than arithmetic.
bool brackets_hold_conditions(const TokenStream& in) {
  int depth = 0;
  for (std::size_t i = 0; in.ahead(i).kind != Token::Kind::end; ++i) {
    const Token& token = in.ahead(i);
    if (token.kind == Token::Kind::word && token.text == "in") return true;
    if (token.kind != Token::Kind::symbol) continue;
    if (token.text == "(") ++depth;
    if (token.text == ")" && --depth == 0) return false;
    if (comparator_of(token.text)) return true;
  }
  return true;
}

Constant constant(TokenStream& in) {
  if (in.peek().kind == Token::Kind::text) return in.take().text;
  return in.signed_number();
}

Condition simple_condition(TokenStream& in) {
  if (in.at_symbol("(") && brackets_hold_conditions(in)) {
    const TokenStream::Level level(in);
    in.take();
    Condition inner = disjunction(in);
    in.expect(")");
    return inner;
  }
  Condition c;
  c.column = in.peek().column;
  if (in.peek().kind == Token::Kind::word && in.ahead(1).kind == Token::Kind::word &&
      in.ahead(1).text == "in") {
    c.kind = Condition::Kind::in;
    c.axis = in.name("an axis");
    in.take();
    in.expect("{");
    do c.values.push_back(constant(in));
    while (in.take_symbol(","));
    in.expect("}");
    return c;
  }
  if (in.peek().kind == Token::Kind::end) in.fail("expected a condition");
  c.kind = Condition::Kind::compare;
  c.comparison = parse_comparison(in, "expected a comparison (== != < <= > >=) or 'in {...}'");
  return c;
}

Condition join(Condition::Kind kind, std::vector<Condition> operands) {
  if (operands.size() == 1) return std::move(operands[0]);
  Condition c;
  c.kind = kind;
  c.operands = std::move(operands);
  return c;
}

Condition conjunction(TokenStream& in) {
  std::vector<Condition> operands;
  do operands.push_back(simple_condition(in));
  while (in.take_word("and"));
  return join(Condition::Kind::conjunction, std::move(operands));
}

Condition disjunction(TokenStream& in) {
  std::vector<Condition> operands;
  do operands.push_back(conjunction(in));
  while (in.take_word("or"));
  return join(Condition::Kind::disjunction, std::move(operands));
}

}  // namespace

Condition parse_where(TokenStream& in) {
  Condition c;
  if (in.take_word("where")) c = disjunction(in);
  if (in.peek().kind != Token::Kind::end) in.fail("expected 'where', 'and', 'or' or the end");
  return c;
}

Condition parse_condition(std::string_view text) {
  TokenStream in(text);
  if (in.at_word("where")) in.fail("expected the condition itself");
  Condition c = disjunction(in);
  if (in.peek().kind != Token::Kind::end) in.fail("expected 'and', 'or' or the end");
  return c;
}

}  // namespace twostage::claims
