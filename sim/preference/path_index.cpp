#include "sim/preference/path_index.hpp"

#include <algorithm>
#include <utility>

namespace twostage {
namespace {

// Sums of independent products, so that a long path is no long chain of them.
std::uint32_t tag_of(std::span<const EdgeId> path) {
  std::uint64_t h = 0;
  std::uint64_t factor = 0x9e3779b97f4a7c15ULL;
  for (const EdgeId e : path) {
    h += (static_cast<std::uint64_t>(e) + 1) * factor;
    factor *= 0xff51afd7ed558ccdULL;
  }
  h ^= h >> 32;
  return static_cast<std::uint32_t>((h * 0xc4ceb9fe1a85ec53ULL) >> 32);
}

}  // namespace

PathIndex::PathIndex(std::size_t horizon, std::vector<EdgeId>& paths)
    : horizon_(horizon), paths_(paths), slots_(64) {
  const std::vector<EdgeId> known = std::exchange(paths_, {});
  for (std::size_t begin = 0; begin < known.size(); begin += horizon)
    number(std::span(known).subspan(begin, horizon));
}

std::uint32_t PathIndex::seek(std::span<const EdgeId> path) const {
  const std::uint32_t tag = tag_of(path);
  __builtin_prefetch(&slots_[tag & (slots_.size() - 1)]);
  return tag;
}

std::uint32_t PathIndex::number(std::span<const EdgeId> path, std::uint32_t tag) {
  if (2 * (size_ + 1) > slots_.size()) double_slots();
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = tag;; ++i) {
    Slot& slot = slots_[i & mask];
    if (slot.number == kFree) {
      slot = {tag, static_cast<std::int32_t>(size_)};
      paths_.insert(paths_.end(), path.begin(), path.end());
      return static_cast<std::uint32_t>(size_++);
    }
    const auto k = static_cast<std::size_t>(slot.number);
    if (slot.tag == tag && std::equal(path.begin(), path.end(), paths_.data() + k * horizon_))
      return static_cast<std::uint32_t>(k);
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
