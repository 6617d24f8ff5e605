#include <array>
#include <cmath>
#include <utility>

#include "results/verdict/language/claim_error.hpp"
#include "results/verdict/language/token_stream.hpp"

namespace twostage::claims {
namespace {

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

Estimand::Kind estimand_kind(TokenStream& in) {
  if (in.peek().kind == Token::Kind::word) {
    for (const auto& [word, kind] : estimands)
      if (in.take_word(word)) return kind;
    std::vector<std::string> names{"points"};
    for (const auto& [word, kind] : estimands) names.emplace_back(word);
    throw ClaimError("", in.peek().column, unknown_name("estimand", in.peek().text, names));
  }
  in.fail("expected an estimand, such as ratio(regret['a'], regret['b'])");
}

void expect_second(TokenStream& in) {
  if (!in.take_symbol(",")) in.fail("expected ',' and a second expression");
}

// What stands between the brackets of `kind`: mean has one expression, the others two, either of which may
// be a ratio in agreement.
void terms(TokenStream& in, Estimand& e, Estimand::Kind kind) {
  const auto quantity = [&](double sign) {
    if (kind != Estimand::Kind::agreement || !in.take_call("ratio")) {
      e.terms.push_back(parse_expression(in));
      e.signs.push_back(sign);
      return;
    }
    e.terms.push_back(parse_expression(in));
    expect_second(in);
    e.terms.push_back(parse_expression(in));
    in.expect(")");
    e.signs.insert(e.signs.end(), {sign, -sign});
  };
  quantity(1);
  if (kind == Estimand::Kind::mean) return;
  expect_second(in);
  quantity(-1);
}

void ratio(TokenStream& in, Estimand& e) {
  if (!in.take_call("ratio")) in.fail("expected ratio(..., ...)");
  terms(in, e, Estimand::Kind::ratio);
  in.expect(")");
}

void line(TokenStream& in, Estimand& e) {
  if (in.take_call("log")) {
    const TokenStream::Level level(in);
    line(in, e);
    in.expect(")");
    e.log_line = true;
    return;
  }
  for (const auto& [word, kind] : estimands) {
    if (!in.at_call(word)) continue;
    const bool is_line = kind == Estimand::Kind::mean || kind == Estimand::Kind::difference ||
                         kind == Estimand::Kind::ratio || kind == Estimand::Kind::agreement;
    if (!is_line) in.fail("expected mean, difference, ratio or agreement");
    in.take(), in.take();
    e.line = kind;
    terms(in, e, kind);
    in.expect(")");
    const bool relative = kind == Estimand::Kind::ratio || kind == Estimand::Kind::agreement;
    e.log_line = e.kind == Estimand::Kind::slope || relative;
    return;
  }
  if (e.kind == Estimand::Kind::trend)
    in.fail("expected mean(...), difference(...), ratio(...) or agreement(...)");
  e.line = Estimand::Kind::mean;
  e.log_line = true;
  e.terms = {parse_expression(in)};
  e.signs = {1};
}

void along(TokenStream& in, Estimand& e) {
  e.log_axis = e.kind == Estimand::Kind::slope || e.kind == Estimand::Kind::crossing;
  const bool call = in.take_call("log");
  if (call) e.log_axis = true;
  e.axis_column = in.peek().column;
  e.axis = in.name("an axis");
  if (call) in.expect(")");
}

}  // namespace

Estimand parse_estimand(TokenStream& in) {
  Estimand e;
  e.column = in.peek().column;
  e.kind = estimand_kind(in);
  in.expect("(");
  switch (e.kind) {
    case Estimand::Kind::trend:
    case Estimand::Kind::slope:
      line(in, e);
      in.expect(",");
      along(in, e);
      break;
    case Estimand::Kind::crossing:
      ratio(in, e);
      in.expect(",");
      if (in.at_call("ratio")) {
        ratio(in, e);
        in.expect(",");
        e.signs.resize(2);  // the second is a prediction
      }
      along(in, e);
      break;
    case Estimand::Kind::probability: {
      e.event = parse_comparison(in);
      const Comparator c = e.event->comparator;
      if (c != Comparator::less && c != Comparator::greater)
        throw ClaimError("", e.column, "probability compares with < or >; for other events write proportion");
      break;
    }
    case Estimand::Kind::proportion:
      e.event = parse_comparison(in);
      break;
    default:
      terms(in, e, e.kind);
  }
  in.expect(")");
  return e;
}

PointTest parse_points(TokenStream& in, Estimand& inner) {
  PointTest test;
  inner = parse_estimand(in);
  if (inner.kind == Estimand::Kind::winner) {
    in.expect("==");
    const Estimand predicted = parse_estimand(in);
    if (predicted.kind != Estimand::Kind::winner)
      throw ClaimError("", predicted.column, "expected winner(..., ...) after '=='");
    inner.terms.insert(inner.terms.end(), predicted.terms.begin(), predicted.terms.end());
  } else {
    test.set = parse_set(in);
  }
  if (!in.take_word("at")) in.fail("expected 'at' and the level of each point's interval, as in 'at 0.95'");
  const std::size_t column = in.peek().column;
  test.level = in.signed_number();
  if (!(test.level > 0 && test.level < 1))
    throw ClaimError("", column, "the level of each point's interval lies between 0 and 1");
  in.expect(")");
  return test;
}

ClaimedSet parse_set(TokenStream& in) {
  if (!in.take_word("in")) in.fail("expected 'in' and the claimed set, as in 'in (0, inf)'");
  const std::size_t column = in.peek().column;
  ClaimedSet s;
  s.low_closed = in.take_symbol("[");
  if (!s.low_closed && !in.take_symbol("("))
    in.fail("expected the claimed set, as in (0, inf) or [0.9, 1.1]");
  s.low = in.signed_number();
  in.expect(",");
  s.high = in.signed_number();
  s.high_closed = in.take_symbol("]");
  if (!s.high_closed && !in.take_symbol(")")) in.fail("expected ')' or ']'");
  if (!(s.low < s.high)) throw ClaimError("", column, "the claimed set is empty or a single point");
  if (std::isinf(s.low) && std::isinf(s.high))
    throw ClaimError("", column, "the claimed set holds every number, so the claim cannot fail");
  return s;
}

}  // namespace twostage::claims
