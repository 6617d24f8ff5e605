#include "results/file/seal.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <system_error>

#include "results/file/sha256.hpp"
#include "results/file/store_error.hpp"

namespace twostage {
namespace {

constexpr std::string_view label = "twostage sha256 ";
constexpr std::size_t seal_length = label.size() + 64 + 1;
constexpr std::size_t superblock_length = 48;

std::string seal(const std::string& hash) {
  std::string line(label);
  line += hash;
  line += '\n';
  return line;
}

}  // namespace

std::string sealed(std::string hdf5_bytes) {
  hdf5_bytes += seal(sha256(hdf5_bytes));
  return hdf5_bytes;
}

// "End of file address" in the HDF5 File Format Specification 3.0, section II.A.
std::size_t hdf5_length(const char* superblock) {
  if (superblock[8] != 2 && superblock[8] != 3) return 0;
  std::uint64_t length = 0;
  std::memcpy(&length, superblock + 28, sizeof length);
  return static_cast<std::size_t>(length);
}

Seal inspect_seal(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw StoreError(path, "cannot read: " + std::generic_category().message(errno));
  const auto size = static_cast<std::size_t>(std::filesystem::file_size(path));
  if (size < superblock_length + seal_length) return Seal::none;

  std::string end(seal_length, '\0');
  file.seekg(static_cast<std::streamoff>(size - seal_length));
  file.read(end.data(), static_cast<std::streamsize>(end.size()));
  file.seekg(0);

  Sha256 hash;
  std::string block(std::size_t{1} << 20, '\0');
  std::string superblock;
  for (std::size_t left = size - seal_length; left > 0;) {
    const std::size_t length = std::min(left, block.size());
    if (!file.read(block.data(), static_cast<std::streamsize>(length))) {
      throw StoreError(path, "cannot read: " + std::generic_category().message(errno));
    }
    if (superblock.empty()) superblock = block.substr(0, superblock_length);
    hash.update(std::string_view(block).substr(0, length));
    left -= length;
  }
  if (end == seal(hash.hex())) return Seal::intact;
  const std::size_t length = hdf5_length(superblock.data());
  if (end.starts_with(label) || size == length + seal_length) return Seal::broken;
  return length != 0 && length < size ? Seal::partial : Seal::none;
}

}  // namespace twostage
