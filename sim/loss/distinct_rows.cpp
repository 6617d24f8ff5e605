#include "sim/loss/distinct_rows.hpp"

#include <algorithm>
#include <bit>

namespace twostage {

std::uint64_t hash_row(std::span<const Term> terms) {
  // A sum of independent numbers, so that a long row is no long chain of multiplications. Each is mixed whole
  // (the last steps of SplitMix64): what differs in a value is mostly among its highest bits.
  std::uint64_t sum = 0;
  for (const Term& t : terms) {
    std::uint64_t h = static_cast<std::uint64_t>(t.index + 1) * 0x9e3779b97f4a7c15u;
    h ^= std::bit_cast<std::uint64_t>(t.value);
    h = (h ^ h >> 30) * 0xbf58476d1ce4e5b9u;
    h = (h ^ h >> 27) * 0x94d049bb133111ebu;
    sum += h ^ h >> 31;
  }
  return sum;
}

DistinctRows::DistinctRows(std::size_t most_rows) : slots_(std::bit_ceil(2 * most_rows + 2), kFree) {}

std::uint32_t DistinctRows::number(std::span<const Term> terms) {
  for (std::size_t i = hash_row(terms);; ++i) {
    std::uint32_t& slot = slots_[i & (slots_.size() - 1)];
    if (slot == kFree) {
      slot = static_cast<std::uint32_t>(size());
      terms_.insert(terms_.end(), terms.begin(), terms.end());
      begin_.push_back(terms_.size());
      return slot;
    }
    if (std::ranges::equal(row(slot), terms)) return slot;
  }
}

}  // namespace twostage
