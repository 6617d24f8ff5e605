// Finished work that survives a kill: a folder of small files batch-<id>.h5, each a Dataset with the values
// of some points and replicates and the attribute `config_hash` of the configuration they belong to. Written
// all or nothing, like everything in the store.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "results/dataset/dataset.hpp"

namespace twostage {

std::filesystem::path batch_path(const std::filesystem::path& folder, std::int64_t id);

// `part` has the attribute config_hash (std::invalid_argument otherwise), id >= 0, the folder exists.
void write_batch(const std::filesystem::path& folder, std::int64_t id, const Dataset& part);
Dataset read_batch(const std::filesystem::path& folder, std::int64_t id);

// The id in a batch's file name, nothing for another name.
std::optional<std::int64_t> batch_number(std::string_view file_name);

// Ids of the finished batches, ascending; what is no batch (such as a .tmp left by a kill) is skipped. A
// folder that does not exist holds none.
std::vector<std::int64_t> list_batches(const std::filesystem::path& folder);

}  // namespace twostage
