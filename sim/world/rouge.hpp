// ROUGE-L (Lin 2004): how well a text agrees with a reference text, by the longest subsequence of tokens that
// they have in common, wherever these stand but in one order.
//   F = 2 P R / (P + R),   P = LCS / tokens of the text,   R = LCS / tokens of the reference.
// As both lengths are fixed, F = 2 LCS / (sum of the two): each token adds what the common subsequence grows
// by.
//
// What a text so far has in common with the reference is a row of the table of dynamic programming, LCS(text,
// first j tokens of the reference) for each j. It rises by 0 or 1 from one j to the next, and so is a set of
// bits; two texts with one row are worth the same, however they go on.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

namespace twostage {

class CommonSubsequence {
 public:
  using Row = std::uint32_t;  // bit j: LCS grows from j to j + 1 tokens of the reference
  static constexpr std::size_t kMostTokens = 31;

  // Tokens of the reference, kMostTokens at most (std::invalid_argument).
  explicit CommonSubsequence(std::vector<int> reference);

  static constexpr Row kNothing = 0;  // of the empty text
  Row after(Row row, int token) const;
  static int length(Row row) { return std::popcount(row); }

 private:
  std::vector<int> reference_;
};

// ROUGE-L of a text of `text` tokens and a reference of `reference` that have `common` in order; 0 where
// nothing is.
double rouge_l(int common, int text, int reference);

}  // namespace twostage
