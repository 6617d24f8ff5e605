#include "sim/preference/path_index.hpp"
#include "sim/preference/preference_data.hpp"

namespace twostage {
// Rows by the unordered pair of their paths: open addressing, at least twice as many slots as rows.
class Tabulation::RowIndex {
 public:
  explicit RowIndex(PairTable& table) : table_(table), slots_(64) {}

  // One more comparison, won by the first.
  void count(std::span<const EdgeId> winner, std::span<const EdgeId> loser, double weight) {
    if (2 * (table_.rows() + 1) > slots_.size()) double_slots();
    // The sum does not depend on the order of the two.
    const std::uint64_t sum = (hash_path(winner) + hash_path(loser)) * 0xc4ceb9fe1a85ec53ULL;
    const auto tag = static_cast<std::uint32_t>(sum >> 32);
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = tag;; ++i) {
      Slot& slot = slots_[i & mask];
      if (slot.row == kFree) {
        slot = {tag, static_cast<std::int32_t>(table_.rows())};
        table_.first.insert(table_.first.end(), winner.begin(), winner.end());
        table_.second.insert(table_.second.end(), loser.begin(), loser.end());
        table_.wins.push_back(weight);
        table_.losses.push_back(0);
        return;
      }
      if (slot.tag != tag) continue;
      const auto k = static_cast<std::size_t>(slot.row);
      const EdgeId* const first = table_.first.data() + k * table_.horizon;
      const EdgeId* const second = table_.second.data() + k * table_.horizon;
      // Which of the two won is a guess, so both answers are worked out and none is branched on.
      EdgeId apart = 0, crossed = 0;
      for (std::size_t h = 0; h < table_.horizon; ++h) {
        apart |= (winner[h] ^ first[h]) | (loser[h] ^ second[h]);
        crossed |= (winner[h] ^ second[h]) | (loser[h] ^ first[h]);
      }
      if (apart != 0 && crossed != 0) continue;
      table_.wins[k] += apart == 0 ? weight : 0;
      table_.losses[k] += apart == 0 ? 0 : weight;
      return;
    }
  }

 private:
  static constexpr std::int32_t kFree = -1;
  struct Slot {
    std::uint32_t tag = 0;  // of the row, and where the search for it begins
    std::int32_t row = kFree;
  };

  void double_slots() {
    std::vector<Slot> old(2 * slots_.size());
    old.swap(slots_);
    const std::size_t mask = slots_.size() - 1;
    for (const Slot& slot : old) {
      if (slot.row == kFree) continue;
      std::size_t i = slot.tag;
      while (slots_[i & mask].row != kFree) ++i;
      slots_[i & mask] = slot;
    }
  }

  PairTable& table_;
  std::vector<Slot> slots_;
};

Tabulation::Tabulation(std::size_t horizon)
    : table_{.horizon = horizon, .first = {}, .second = {}, .wins = {}, .losses = {}},
      index_(std::make_unique<RowIndex>(table_)) {}

Tabulation::~Tabulation() = default;

void Tabulation::add(const PreferenceData& data) {
  for (std::size_t& i = table_.pairs; i < data.size(); ++i)
    index_->count(data.chosen_path(i), data.rejected_path(i), data.weight_of(i));
}

PairTable tabulate(const PreferenceData& data) {
  Tabulation tabulation(data.horizon);
  tabulation.add(data);
  return std::move(tabulation).take();
}

}  // namespace twostage
