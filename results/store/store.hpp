// The result file: a Dataset as netCDF-4-style HDF5 (layout in results/README.md). Equal datasets are equal
// files, byte for byte. Writing is all or nothing (atomic_write.hpp), reading checks every bit (seal.hpp,
// content_hash.hpp): every function throws StoreError with the path and what is wrong.
//
// The store adds two attributes to what it writes: `schema_version` and `content_hash`. They are among the
// attributes that come back, and are replaced when that dataset is written again.
//
// A file without a seal (another program rewrote it, which it may) is first read by a child process with
// limits on memory and time (child.hpp), since HDF5 crashes or loops on damage that no seal has excluded.
//
// HDF5 is not thread-safe in Debian's build: the functions take turns, so one thread should do all the
// writing (more gain nothing).
#pragma once

#include <filesystem>

#include "results/dataset/dataset.hpp"
#include "results/file/atomic_write.hpp"
#include "results/file/store_error.hpp"

namespace twostage {

// Numbers are compressed and files outlive a power failure, except those that are soon read back and deleted.
enum class Packing { compressed, plain };

void write_dataset(const std::filesystem::path& path, const Dataset& dataset,
                   Packing packing = Packing::compressed, Existing existing = Existing::replace);
Dataset read_dataset(const std::filesystem::path& path);

}  // namespace twostage
