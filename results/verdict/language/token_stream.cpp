#include "results/verdict/language/token_stream.hpp"

#include <fmt/format.h>

#include "results/verdict/language/claim_error.hpp"

namespace twostage::claims {

void TokenStream::fail(std::string_view expectation) const {
  throw ClaimError("", peek().column, fmt::format("{}, not {}", expectation, peek().description()));
}

void TokenStream::fail_too_deep() {
  throw ClaimError(
      "", peek().column,
      fmt::format("the formula nests more than {} brackets and signs, which is the limit", kDeepestFormula));
}

void TokenStream::count_operator() {
  if (++operators_ > kMostOperators)
    throw ClaimError(
        "", peek().column,
        fmt::format("the formula has more than {} operators, which is the limit", kMostOperators));
}

void TokenStream::expect(std::string_view symbol) {
  if (!take_symbol(symbol)) fail(fmt::format("expected '{}'", symbol));
}

std::string TokenStream::name(std::string_view what) {
  if (peek().kind != Token::Kind::word) fail(fmt::format("expected the name of {}", what));
  return take().text;
}

double TokenStream::signed_number() {
  const bool negative = take_symbol("-");
  if (!negative) take_symbol("+");
  if (peek().kind != Token::Kind::number) fail("expected a number or inf");
  const double value = take().number;
  return negative ? -value : value;
}

}  // namespace twostage::claims
