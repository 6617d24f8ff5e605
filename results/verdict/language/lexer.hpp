// Words, numbers, quoted texts and symbols of a claim's formula, each with its column (from 1).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace twostage::claims {

struct Token {
  enum class Kind { word, number, text, symbol, end };
  Kind kind = Kind::end;
  std::string text;  // without quotes
  double number = 0;
  std::size_t column = 1;

  // How a message names it.
  std::string description() const;
};

// The last token is `end`. Throws ClaimError.
std::vector<Token> tokenize(std::string_view formula);

}  // namespace twostage::claims
