// A question put to a child process: it may crash, loop or ask for all memory, and this process only hears of
// it. HDF5 does all three on damaged files that no seal has vouched for.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace twostage {

// What a child may use to read a file of so many bytes. Deflate shrinks a thousand times at most, so every
// sound file fits into the memory; two seconds for each megabyte suffice for arrays that shrink fifty times.
struct ChildLimits {
  std::uint64_t memory;       // bytes, beyond what this process has
  std::uint64_t cpu_seconds;  // computing
  std::uint64_t seconds;      // on a clock: four times as long, for machines with other work
};
ChildLimits child_limits(std::uintmax_t file_bytes);

struct ChildAnswer {
  bool given = false;
  std::string text;  // the answer; otherwise why there is none: "crashes HDF5", "takes longer than ..."
};

// `question` runs in a copy of this process without its other threads: it may take no lock that one of them
// might hold. The caller keeps HDF5's (hdf5::Session) meanwhile, and `question` uses HDF5 without another.
ChildAnswer ask_child(std::uintmax_t file_bytes, const std::function<std::string()>& question);

}  // namespace twostage
