// Finished work that survives a kill: a folder of small files batch-<id>.h5, each a Dataset with the values
// of some cells and replicates, and their deterministic assembly into the whole. Every batch carries the
// attribute `config_hash`; batches of another configuration are refused, both hashes named.
//
//   write_batch(folder, 7, part);                        // all or nothing, like every write of the store
//   Assembly assembly(whole);                            // whole: full size, filled with "not run" values
//   for (const auto id : list_batches(folder)) assembly.add(read_batch(folder, id), batch_path(folder, id));
//   write_dataset(path, std::move(assembly).take());
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "results/store/dataset.hpp"

namespace twostage {

std::filesystem::path batch_path(const std::filesystem::path& folder, std::int64_t id);

// `part` has the attribute config_hash (std::invalid_argument otherwise), id >= 0, the folder exists.
void write_batch(const std::filesystem::path& folder, std::int64_t id, const Dataset& part);
Dataset read_batch(const std::filesystem::path& folder, std::int64_t id);

// Ids of the finished batches, ascending; what is no batch (such as a .tmp left by a kill) is skipped. A
// folder that does not exist holds none.
std::vector<std::int64_t> list_batches(const std::filesystem::path& folder);

// Puts parts where their coordinates say. The result does not depend on the order of the parts: a value given
// twice must be the same, bit by bit.
class Assembly {
 public:
  explicit Assembly(Dataset whole);

  // A part has a subset of the whole's variables, over the same dimensions in the same order, with a subset
  // of each coordinate. StoreError, naming `source`, when it does not fit.
  void add(const Dataset& part, const std::filesystem::path& source);

  Dataset take() && { return std::move(whole_); }

 private:
  Dataset whole_;
  std::vector<std::vector<bool>> given_;  // by variable and element
};

}  // namespace twostage
