// The tokens of a formula, read from left to right; what the parts of the parser share.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "results/verdict/language/lexer.hpp"
#include "results/verdict/language/syntax.hpp"

namespace twostage::claims {

class TokenStream {
 public:
  // Throws ClaimError where the formula is no sequence of tokens.
  explicit TokenStream(std::string_view formula) : tokens_(tokenize(formula)) {}

  // The token that stands `offset` after the next one; `end` beyond the last.
  const Token& ahead(std::size_t offset) const {
    return offset < tokens_.size() - position_ ? tokens_[position_ + offset] : tokens_.back();
  }
  const Token& peek() const { return tokens_[position_]; }
  Token take() { return tokens_[position_ + 1 < tokens_.size() ? position_++ : position_]; }

  bool at_symbol(std::string_view symbol) const {
    return peek().kind == Token::Kind::symbol && peek().text == symbol;
  }
  bool at_word(std::string_view word) const {
    return peek().kind == Token::Kind::word && peek().text == word;
  }
  bool at_call(std::string_view word) const {
    return at_word(word) && ahead(1).kind == Token::Kind::symbol && ahead(1).text == "(";
  }
  bool take_symbol(std::string_view symbol) { return at_symbol(symbol) && (take(), true); }
  bool take_word(std::string_view word) { return at_word(word) && (take(), true); }
  // "word(", both tokens.
  bool take_call(std::string_view word) { return at_call(word) && (take(), take(), true); }

  // One level deeper for as long as it lives; throws ClaimError where that is too deep.
  class Level {
   public:
    explicit Level(TokenStream& in) : in_(in) {
      if (++in_.depth_ > kDeepestFormula) in_.fail_too_deep();
    }
    ~Level() { --in_.depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    TokenStream& in_;
  };
  // Counts an operator; throws ClaimError where there are too many.
  void count_operator();

  // Throw ClaimError: "<expectation>, not '<what stands there>'".
  [[noreturn]] void fail(std::string_view expectation) const;
  void expect(std::string_view symbol);
  std::string name(std::string_view what);
  // A number with an optional sign, or inf.
  double signed_number();

 private:
  std::vector<Token> tokens_;  // never empty: the last is `end`
  std::size_t position_ = 0;
  int depth_ = 0;
  int operators_ = 0;

  [[noreturn]] void fail_too_deep();
};

// The parts of the grammar, each from where `in` stands. Throw ClaimError.
Expression parse_expression(TokenStream& in);
Comparison parse_comparison(TokenStream& in,
                            std::string_view expectation = "expected a comparison (== != < <= > >=)");
Estimand parse_estimand(TokenStream& in);
// "inner ... at level)", after "points(".
PointTest parse_points(TokenStream& in, Estimand& inner);
// "in (low, high)", the brackets round or square.
ClaimedSet parse_set(TokenStream& in);
// "where ..." or nothing, then the end.
Condition parse_where(TokenStream& in);

// The comparator that a symbol means, if it is one.
std::optional<Comparator> comparator_of(std::string_view symbol);

}  // namespace twostage::claims
