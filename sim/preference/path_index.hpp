// The distinct paths among many, numbered as they come: what belongs to a completion is then worked out once,
// however many comparisons it stands in.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/graph/token_graph.hpp"

namespace twostage {

class PathIndex {
 public:
  explicit PathIndex(std::size_t horizon) : horizon_(horizon), slots_(64) {}

  // Of a path of `horizon` edges; a new one gets the next number.
  std::size_t number(std::span<const EdgeId> path);

  std::size_t size() const { return size_; }
  std::span<const EdgeId> paths() const { return paths_; }  // [size x horizon], by number
  std::span<const EdgeId> path(std::size_t k) const { return paths().subspan(k * horizon_, horizon_); }

 private:
  static constexpr std::int32_t kFree = -1;
  struct Slot {
    std::uint32_t tag = 0;  // of the path, and where the search for it begins
    std::int32_t number = kFree;
  };

  void double_slots();

  std::size_t horizon_;
  std::size_t size_ = 0;
  std::vector<EdgeId> paths_;
  std::vector<Slot> slots_;  // open addressing, at least twice as many as paths
};

// Sums of independent products, so that a long path is no long chain of them.
inline std::uint64_t hash_path(std::span<const EdgeId> path) {
  std::uint64_t h = 0;
  std::uint64_t factor = 0x9e3779b97f4a7c15ULL;
  for (const EdgeId e : path) {
    h += (static_cast<std::uint64_t>(e) + 1) * factor;
    factor *= 0xff51afd7ed558ccdULL;
  }
  return h ^ (h >> 32);
}

}  // namespace twostage
