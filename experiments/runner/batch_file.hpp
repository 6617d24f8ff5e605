// A finished batch as a small file: three arrays, so that writing costs little beside the work it saves.
#pragma once

#include <filesystem>

#include "experiments/runner/cell.hpp"

namespace twostage {

// Position of a batch in the study, the number in its file's name.
std::int64_t batch_id(const Study& study, const Batch& batch);

void save_batch(const std::filesystem::path& folder, const Study& study, const Columns& columns,
                const std::string& config_hash, const BatchResult& result);

// Nothing when the file holds other replicates (of a shorter run). StoreError when it is damaged or belongs
// to another configuration.
std::optional<BatchResult> load_batch(const std::filesystem::path& folder, const Study& study,
                                      const Columns& columns, const std::string& config_hash,
                                      const Batch& batch);

}  // namespace twostage
