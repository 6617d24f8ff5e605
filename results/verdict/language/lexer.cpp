#include "results/verdict/language/lexer.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>

#include "results/verdict/language/claim_error.hpp"
#include "results/verdict/language/syntax.hpp"

namespace twostage::claims {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool starts_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool continues_word(char c) {
  return starts_word(c) || is_digit(c) || c == '.';
}

class Lexer {
 public:
  explicit Lexer(std::string_view formula) : rest_(formula) {}

  Token next() {
    while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\t' || rest_[0] == '\n')) drop(1);
    if (rest_.empty()) return {Token::Kind::end, "", 0, column_};
    const char c = rest_[0];
    if (starts_word(c)) return word();
    if (is_digit(c) || (c == '.' && rest_.size() > 1 && is_digit(rest_[1]))) return number();
    if (c == '\'' || c == '"') return quoted(Token::Kind::text);
    if (c == '`') return quoted(Token::Kind::word);
    return symbol();
  }

 private:
  void drop(std::size_t count) {
    rest_.remove_prefix(count);
    column_ += count;
  }

  Token word() {
    std::size_t length = 1;
    while (length < rest_.size() && continues_word(rest_[length])) ++length;
    Token token{Token::Kind::word, std::string(rest_.substr(0, length)), 0, column_};
    if (token.text == "inf") {
      token.kind = Token::Kind::number;
      token.number = std::numeric_limits<double>::infinity();
    }
    if (token.text == "true" || token.text == "false") token.kind = Token::Kind::text;  // names of values
    drop(length);
    return token;
  }

  Token number() {
    Token token{Token::Kind::number, "", 0, column_};
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), token.number);
    const auto length = static_cast<std::size_t>(end - rest_.data());
    token.text = std::string(rest_.substr(0, length));
    if (error != std::errc{} || (length < rest_.size() && continues_word(rest_[length])))
      throw ClaimError("", column_, fmt::format("'{}' is no number", rest_.substr(0, length + 1)));
    drop(length);
    return token;
  }

  Token quoted(Token::Kind kind) {
    const std::size_t end = rest_.find(rest_[0], 1);
    if (end == std::string_view::npos)
      throw ClaimError("", column_, fmt::format("the quote {} is not closed", rest_[0]));
    Token token{kind, std::string(rest_.substr(1, end - 1)), 0, column_};
    drop(end + 1);
    return token;
  }

  Token symbol() {
    static constexpr std::array<std::string_view, 18> symbols = {
        "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "(", ")", "[", "]", "{", "}", ",", "="};
    for (const std::string_view s : symbols) {
      if (!rest_.starts_with(s)) continue;
      if (s == "=") throw ClaimError("", column_, "'=' is no comparison; write '=='");
      Token token{Token::Kind::symbol, std::string(s), 0, column_};
      drop(s.size());
      return token;
    }
    throw ClaimError("", column_, fmt::format("'{}' does not belong in a formula", rest_[0]));
  }

  std::string_view rest_;
  std::size_t column_ = 1;
};

}  // namespace

std::string Token::description() const {
  switch (kind) {
    case Kind::end:
      return "the end";
    case Kind::text:
      return fmt::format("the text '{}'", text);
    default:
      return fmt::format("'{}'", text);
  }
}

std::vector<Token> tokenize(std::string_view formula) {
  if (formula.size() > kLongestFormula)
    throw ClaimError("", 1,
                     fmt::format("the formula has {} characters, more than the {} that are read",
                                 formula.size(), kLongestFormula));
  Lexer lexer(formula);
  std::vector<Token> tokens;
  do tokens.push_back(lexer.next());
  while (tokens.back().kind != Token::Kind::end);
  return tokens;
}

}  // namespace twostage::claims
