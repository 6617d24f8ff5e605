#include <algorithm>
#include <bit>

#include "sim/preference/preference_data.hpp"

namespace twostage {
namespace {

std::uint64_t hash_path(std::span<const EdgeId> path) {
  std::uint64_t h = 0x9e3779b97f4a7c15ULL;
  for (const EdgeId e : path) {
    h = (h ^ static_cast<std::uint64_t>(e)) * 0xff51afd7ed558ccdULL;
    h ^= h >> 32;
  }
  return h;
}

// Rows by the unordered pair of their paths: open addressing, twice as many slots as there can be rows.
class RowIndex {
 public:
  RowIndex(const PairTable& table, std::size_t most_rows)
      : table_(table), slots_(std::bit_ceil(2 * most_rows + 1), kFree) {}

  // The row that compares these two, or the slot where it belongs.
  std::int32_t& find(std::span<const EdgeId> a, std::span<const EdgeId> b) {
    const std::size_t mask = slots_.size() - 1;
    // The sum does not depend on the order of the two.
    for (std::size_t i = hash_path(a) + hash_path(b);; ++i) {
      std::int32_t& row = slots_[i & mask];
      if (row == kFree) return row;
      const auto k = static_cast<std::size_t>(row);
      const auto first = table_.first_path(k);
      const auto second = table_.second_path(k);
      if ((std::ranges::equal(a, first) && std::ranges::equal(b, second)) ||
          (std::ranges::equal(a, second) && std::ranges::equal(b, first)))
        return row;
    }
  }

  static constexpr std::int32_t kFree = -1;

 private:
  const PairTable& table_;
  std::vector<std::int32_t> slots_;
};

}  // namespace

PairTable tabulate(const PreferenceData& data) {
  PairTable table;
  table.horizon = data.horizon;
  RowIndex index(table, data.size());
  for (std::size_t i = 0; i < data.size(); ++i) {
    const auto chosen = data.chosen_path(i);
    const auto rejected = data.rejected_path(i);
    std::int32_t& row = index.find(chosen, rejected);
    if (row == RowIndex::kFree) {
      row = static_cast<std::int32_t>(table.rows());
      table.first.insert(table.first.end(), chosen.begin(), chosen.end());
      table.second.insert(table.second.end(), rejected.begin(), rejected.end());
      table.wins.push_back(0);
      table.losses.push_back(0);
    }
    const auto k = static_cast<std::size_t>(row);
    (std::ranges::equal(chosen, table.first_path(k)) ? table.wins : table.losses)[k] += data.weight_of(i);
  }
  return table;
}

}  // namespace twostage
