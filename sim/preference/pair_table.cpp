#include <algorithm>

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

}  // namespace

// Rows by the unordered pair of their paths: open addressing, at least twice as many slots as rows.
class Tabulation::RowIndex {
 public:
  explicit RowIndex(const PairTable& table) : table_(table), slots_(64, kFree) {}

  // For one more row.
  void make_room() {
    if (2 * (table_.rows() + 1) <= slots_.size()) return;
    slots_.assign(2 * slots_.size(), kFree);
    for (std::size_t k = 0; k < table_.rows(); ++k)
      find(table_.first_path(k), table_.second_path(k)) = static_cast<std::int32_t>(k);
  }

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

Tabulation::Tabulation(std::size_t horizon)
    : table_{.horizon = horizon, .first = {}, .second = {}, .wins = {}, .losses = {}},
      index_(std::make_unique<RowIndex>(table_)) {}

Tabulation::~Tabulation() = default;

void Tabulation::add(const PreferenceData& data) {
  for (std::size_t& i = table_.pairs; i < data.size(); ++i) {
    const auto chosen = data.chosen_path(i);
    const auto rejected = data.rejected_path(i);
    index_->make_room();
    std::int32_t& row = index_->find(chosen, rejected);
    if (row == RowIndex::kFree) {
      row = static_cast<std::int32_t>(table_.rows());
      table_.first.insert(table_.first.end(), chosen.begin(), chosen.end());
      table_.second.insert(table_.second.end(), rejected.begin(), rejected.end());
      table_.wins.push_back(0);
      table_.losses.push_back(0);
    }
    const auto k = static_cast<std::size_t>(row);
    (std::ranges::equal(chosen, table_.first_path(k)) ? table_.wins : table_.losses)[k] += data.weight_of(i);
  }
}

PairTable tabulate(const PreferenceData& data) {
  Tabulation tabulation(data.horizon);
  tabulation.add(data);
  return std::move(tabulation).take();
}

}  // namespace twostage
