// A finished batch as a small file: one array of numbers (arm values, pair values, status), and texts only
// when something went wrong, so that writing costs little beside the work it saves.
#pragma once

#include <filesystem>

#include "experiments/runner/cell.hpp"

namespace twostage {

// Position of its first cell in the study, the number in its file's name.
std::int64_t batch_id(const Study& study, const Batch& batch);

// Hash of all that decides what the numbers of a batch are and where they stand in its file.
std::string batch_hash(const Study& study, const Columns& columns);

void save_batch(const std::filesystem::path& folder, const Study& study, const std::string& hash,
                const BatchResult& result);

// Nothing when the file holds other replicates (of a shorter run). StoreError when it is damaged or belongs
// to another configuration.
std::optional<BatchResult> load_batch(const std::filesystem::path& folder, const Study& study,
                                      const Columns& columns, const std::string& hash, const Batch& batch);

}  // namespace twostage
