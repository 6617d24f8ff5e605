#include <limits>

#include "results/verdict/language/claim_error.hpp"
#include "results/verdict/language/token_stream.hpp"

namespace twostage::claims {
namespace {

// Any but winner, which is told point by point.
Estimand parse_told_estimand(TokenStream& in) {
  Estimand estimand = parse_estimand(in);
  if (estimand.kind == Estimand::Kind::winner)
    throw ClaimError("", estimand.column,
                     "winner is told point by point: points(winner(a, b) == winner(c, d) at 0.999)");
  return estimand;
}

// A name and an opening bracket, but for the functions of expressions.
bool begins_estimand(const TokenStream& in) {
  return in.peek().kind == Token::Kind::word && in.at_call(in.peek().text) && !in.at_word("abs") &&
         !in.at_word("log");
}

}  // namespace

HoldsFormula parse_holds(std::string_view text) {
  TokenStream in(text);
  HoldsFormula formula;
  formula.assertion = parse_comparison(in);
  formula.where = parse_where(in);
  return formula;
}

IntervalFormula parse_interval(std::string_view text) {
  TokenStream in(text);
  IntervalFormula formula;
  if (in.take_call("points")) {
    formula.each = parse_points(in, formula.estimand);
  } else {
    formula.estimand = parse_told_estimand(in);
  }
  formula.set = parse_set(in);
  formula.where = parse_where(in);
  return formula;
}

IntervalFormula parse_estimate(std::string_view text) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  TokenStream in(text);
  IntervalFormula formula;
  formula.set = {-infinity, infinity};
  if (in.take_call("points")) {
    formula.each = parse_points(in, formula.estimand);
  } else if (begins_estimand(in)) {
    formula.estimand = parse_told_estimand(in);
  } else {
    if (in.peek().kind == Token::Kind::end)
      in.fail("expected what to estimate, such as regret['a'] or ratio(regret['a'], regret['b'])");
    formula.estimand.terms = {parse_expression(in)};
    formula.estimand.signs = {1};
  }
  if (in.at_word("in"))
    throw ClaimError("", in.peek().column, "'in' begins a claimed set: an estimate is what stands before it");
  if (in.at_word("where"))
    throw ClaimError("", in.peek().column, "'where' begins a condition, which is given by itself");
  if (in.peek().kind != Token::Kind::end) in.fail("expected the end of the estimand");
  return formula;
}

}  // namespace twostage::claims
