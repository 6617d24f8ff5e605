// A finished batch as a small file: one array of numbers (arm values, pair values, status), and texts only
// when something went wrong, so that writing costs little beside the work it saves. The file says whose
// replicates it holds (study, seed, configuration, point with its coordinates, first and count), so that a
// copy under another name is found out.
#pragma once

#include <filesystem>

#include "experiments/runner/replicate/batch.hpp"

namespace twostage {

// Position of its first replicate in the study, the number in its file's name.
std::int64_t batch_id(const Study& study, const Batch& batch);

// Hash of all that decides what the numbers of a batch are and where they stand in its file.
std::string batch_hash(const Study& study, const Columns& columns);

void save_batch(const std::filesystem::path& folder, const Study& study, const std::string& hash,
                const BatchResult& result);

// Nothing when the batch has to be run again: the file is damaged or holds other replicates than its name
// says (told on stderr), or fewer or more of them, of a run with another number. StoreError when it belongs
// to another configuration.
std::optional<BatchResult> load_batch(const std::filesystem::path& folder, const Study& study,
                                      const Columns& columns, const std::string& hash, const Batch& batch);

}  // namespace twostage
