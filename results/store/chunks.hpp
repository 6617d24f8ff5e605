// The chunks of a numeric data set, as HDF5's filters shuffle, deflate and Fletcher-32 leave them and undo
// them. HDF5 itself deflates by zlib, which takes most of the time of writing a result: libdeflate makes the
// same format in less than half of it, and the chunks are handed over finished.
#pragma once

#include <hdf5.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace twostage::hdf5 {

// Of so many bytes at most, where items along the fastest dimensions are no larger: the whole array where it
// fits, otherwise slabs along the slowest dimensions. So a chunk is a run of the array.
std::vector<hsize_t> chunk_shape(const std::vector<std::size_t>& shape, std::size_t item_size);

// Of deflate; a data set records it. Metrics hardly repeat: level 2 takes a third more time and saves 1 % of
// the bytes.
inline constexpr int kDeflateLevel = 1;

// A chunk as it lies in the file.
std::string packed_chunk(std::span<const std::byte> chunk, std::size_t item_size);

// Writes all of an array of little-endian items; `fill` is the item that the last chunks are filled up with.
void write_chunks(hid_t dataset, std::span<const std::byte> array, const std::vector<std::size_t>& shape,
                  std::span<const std::byte> fill);

// Of bytes in pairs, the first of each the higher; an odd last one is followed by zero. As HDF5 has it
// (RFC 1146 with a sum of 16 bits).
std::uint32_t fletcher32(std::span<const std::byte> bytes);

}  // namespace twostage::hdf5
