#include "sim/world/rouge.hpp"

#include <stdexcept>

namespace twostage {

CommonSubsequence::CommonSubsequence(std::vector<int> reference) : reference_(std::move(reference)) {
  if (reference_.size() > kMostTokens)
    throw std::invalid_argument("common subsequence: the reference is too long");
}

// LCS(text + token, j + 1) is that of (text, j) and 1 more where the tokens are equal, else the larger of
// (text, j + 1) and (text + token, j).
CommonSubsequence::Row CommonSubsequence::after(Row row, int token) const {
  Row out = kNothing;
  int before = 0;      // LCS(text, j)
  int with_token = 0;  // LCS(text + token, j)
  for (std::size_t j = 0; j < reference_.size(); ++j) {
    const int here = before + static_cast<int>(row >> j & 1);
    const int most = reference_[j] == token ? before + 1 : here > with_token ? here : with_token;
    if (most > with_token) out |= Row{1} << j;
    before = here;
    with_token = most;
  }
  return out;
}

double rouge_l(int common, int text, int reference) {
  return common == 0 ? 0 : 2.0 * common / (text + reference);
}

}  // namespace twostage
