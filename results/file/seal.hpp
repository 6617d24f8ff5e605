// The seal: one line after the end of the HDF5 data, "twostage sha256 <64 digits>", over every byte before
// it. HDF5 readers ignore it. It is checked before HDF5 sees the file, because HDF5's own checksums leave
// texts unguarded, and one flipped bit can crash its parser. A program that changes the file with HDF5 cuts
// the seal off; the content hash still stands then.
#pragma once

#include <filesystem>
#include <string>

namespace twostage {

enum class Seal {
  intact,
  broken,   // some byte changed
  none,     // cut off by a program that changed the file
  partial,  // cut off in the middle: a truncated file
};

std::string sealed(std::string hdf5_bytes);

// StoreError when the file cannot be opened or read.
Seal inspect_seal(const std::filesystem::path& path);

// The length of HDF5 data by their superblock (version 2 or 3, at least 36 bytes), 0 for another version.
std::size_t hdf5_length(const char* superblock);

}  // namespace twostage
