// Sparse rows, each kept once and found again: features of completions, and differences of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace twostage {

struct Term {
  std::int32_t index;
  double value;
  bool operator==(const Term&) const = default;
};

// Rows of small whole numbers, of which many differ in a sign alone, are to be told apart by the low bits.
std::uint64_t hash_row(std::span<const Term> terms);

// Rows of terms, one after another, all different, numbered as they come.
class DistinctRows {
 public:
  // There may be no more than so many.
  explicit DistinctRows(std::size_t most_rows);

  // The number of the row that equals `terms`; a new one is appended.
  std::uint32_t number(std::span<const Term> terms);

  std::size_t size() const { return begin_.size() - 1; }
  std::span<const Term> row(std::size_t r) const {
    return std::span(terms_).subspan(begin_[r], begin_[r + 1] - begin_[r]);
  }
  std::span<const Term> terms() const { return terms_; }             // of all rows
  std::vector<std::size_t> begin() && { return std::move(begin_); }  // [rows + 1] where each begins

 private:
  static constexpr std::uint32_t kFree = ~std::uint32_t{0};
  std::vector<Term> terms_;
  std::vector<std::size_t> begin_ = {0};
  std::vector<std::uint32_t> slots_;  // open addressing, at least twice as many as rows
};

}  // namespace twostage
