#include "results/verdict/token_stream.hpp"
#include "results/verdict/verdict.hpp"

namespace twostage::claims {

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
  if (in.take_call("cells")) {
    formula.each = parse_cells(in, formula.estimand);
  } else {
    formula.estimand = parse_estimand(in);
    if (formula.estimand.kind == Estimand::Kind::winner)
      throw ClaimError("", formula.estimand.column,
                       "winner is told cell by cell: cells(winner(a, b) == winner(c, d) at 0.999)");
  }
  formula.set = parse_set(in);
  formula.where = parse_where(in);
  return formula;
}

}  // namespace twostage::claims
