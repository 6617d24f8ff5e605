#include "sim/preference/path_index.hpp"

#include <algorithm>

namespace twostage {

std::size_t PathIndex::number(std::span<const EdgeId> path) {
  if (2 * (size_ + 1) > slots_.size()) double_slots();
  const auto tag = static_cast<std::uint32_t>((hash_path(path) * 0xc4ceb9fe1a85ec53ULL) >> 32);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = tag;; ++i) {
    Slot& slot = slots_[i & mask];
    if (slot.number == kFree) {
      slot = {tag, static_cast<std::int32_t>(size_)};
      paths_.insert(paths_.end(), path.begin(), path.end());
      return size_++;
    }
    const auto k = static_cast<std::size_t>(slot.number);
    if (slot.tag == tag && std::equal(path.begin(), path.end(), paths_.data() + k * horizon_)) return k;
  }
}

void PathIndex::double_slots() {
  std::vector<Slot> old(2 * slots_.size());
  old.swap(slots_);
  const std::size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.number == kFree) continue;
    std::size_t i = slot.tag;
    while (slots_[i & mask].number != kFree) ++i;
    slots_[i & mask] = slot;
  }
}

}  // namespace twostage
