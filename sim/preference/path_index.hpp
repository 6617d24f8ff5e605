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
  // The paths that are numbered stand in `paths`, [numbers x horizon], which is referred to and may hold some
  // already, all different.
  PathIndex(std::size_t horizon, std::vector<EdgeId>& paths);

  // Room for so many more paths, which takes memory only as they come.
  void expect(std::size_t more) { paths_.reserve((size_ + more) * horizon_); }
  // Of a path of `horizon` edges; a new one gets the next number.
  std::uint32_t number(std::span<const EdgeId> path) { return number(path, seek(path)); }
  // The same in two steps, between which others may be taken: memory is asked for what the second one needs.
  std::uint32_t seek(std::span<const EdgeId> path) const;
  std::uint32_t number(std::span<const EdgeId> path, std::uint32_t sought);

 private:
  static constexpr std::int32_t kFree = -1;
  struct Slot {
    std::uint32_t tag = 0;  // of the path, and where the search for it begins
    std::int32_t number = kFree;
  };

  void double_slots();

  std::size_t horizon_;
  std::vector<EdgeId>& paths_;
  std::size_t size_ = 0;
  std::vector<Slot> slots_;  // open addressing, at least twice as many as paths
};

}  // namespace twostage
