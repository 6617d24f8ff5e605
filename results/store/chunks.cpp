#include "results/store/chunks.hpp"

#include <libdeflate.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <new>
#include <numeric>

#include "results/store/handle.hpp"

namespace twostage::hdf5 {
namespace {

constexpr std::size_t kMostBytes = 1 << 20;

// The first bytes of all items, then their second ones, and so on.
void shuffle(std::span<const std::byte> chunk, std::size_t item_size, std::span<std::byte> out) {
  const std::size_t items = chunk.size() / item_size;
  for (std::size_t k = 0; k < item_size; ++k)
    for (std::size_t i = 0; i < items; ++i) out[k * items + i] = chunk[i * item_size + k];
}

std::size_t volume(std::span<const hsize_t> shape) {
  return std::accumulate(shape.begin(), shape.end(), std::size_t{1}, std::multiplies<>());
}

}  // namespace

std::vector<hsize_t> chunk_shape(const std::vector<std::size_t>& shape, std::size_t item_size) {
  std::vector<hsize_t> chunk(shape.begin(), shape.end());
  std::size_t bytes = volume(chunk) * item_size;
  for (std::size_t d = 0; d < chunk.size() && bytes > kMostBytes; ++d) {
    const std::size_t slab = bytes / chunk[d];
    chunk[d] = std::max<std::size_t>(1, kMostBytes / slab);
    bytes = slab * chunk[d];
  }
  return chunk;
}

std::uint32_t fletcher32(std::span<const std::byte> bytes) {
  constexpr std::size_t before_overflow = 360;  // additions that 32 bits hold
  std::uint32_t low = 0, high = 0;
  const auto word = [&](std::size_t i) {
    const std::uint32_t second = i + 1 < bytes.size() ? std::to_integer<std::uint32_t>(bytes[i + 1]) : 0;
    return std::to_integer<std::uint32_t>(bytes[i]) << 8 | second;
  };
  const auto fold = [](std::uint32_t sum) { return (sum & 0xffff) + (sum >> 16); };
  for (std::size_t i = 0; i < bytes.size();) {
    const std::size_t end = std::min(bytes.size(), i + 2 * before_overflow);
    for (; i < end; i += 2) {
      low += word(i);
      high += low;
    }
    low = fold(low);
    high = fold(high);
  }
  return fold(high) << 16 | fold(low);
}

std::string packed_chunk(std::span<const std::byte> chunk, std::size_t item_size) {
  using Compressor = std::unique_ptr<libdeflate_compressor, decltype(&libdeflate_free_compressor)>;
  // Its tables are larger than most chunks.
  thread_local const Compressor compressor(libdeflate_alloc_compressor(kDeflateLevel),
                                           libdeflate_free_compressor);
  if (!compressor) throw std::bad_alloc();
  std::vector<std::byte> shuffled(chunk.size());
  shuffle(chunk, item_size, shuffled);
  std::string out(libdeflate_zlib_compress_bound(compressor.get(), chunk.size()), '\0');
  out.resize(
      libdeflate_zlib_compress(compressor.get(), shuffled.data(), shuffled.size(), out.data(), out.size()));
  std::uint32_t sum = fletcher32(std::as_bytes(std::span(out)));
  for (int k = 0; k < 4; ++k, sum >>= 8) out.push_back(static_cast<char>(sum & 0xff));
  return out;
}

void write_chunks(hid_t dataset, std::span<const std::byte> array, const std::vector<std::size_t>& shape,
                  std::span<const std::byte> fill) {
  const std::size_t item = fill.size();
  const std::vector<hsize_t> chunk = chunk_shape(shape, item);
  const std::size_t bytes = volume(chunk) * item;
  std::vector<std::byte> filled(bytes);
  std::vector<hsize_t> at(shape.size(), 0);
  for (std::size_t begin = 0; begin < array.size();) {
    // Along the dimension that is cut, no further than its end.
    std::size_t run = bytes;
    for (std::size_t d = 0; d < shape.size(); ++d)
      if (chunk[d] > 1 || d + 1 == shape.size()) {
        const std::size_t slab = bytes / chunk[d];
        run = std::min<std::size_t>(chunk[d], shape[d] - at[d]) * slab;
        break;
      }
    std::ranges::copy(array.subspan(begin, run), filled.begin());
    for (std::size_t k = run; k < bytes; k += item) std::ranges::copy(fill, filled.data() + k);
    const std::string packed = packed_chunk(filled, item);
    check(H5Dwrite_chunk(dataset, H5P_DEFAULT, 0, at.data(), packed.size(), packed.data()));
    begin += run;
    for (std::size_t d = shape.size(); d-- > 0;) {
      at[d] += chunk[d];
      if (at[d] < shape[d] || d == 0) break;
      at[d] = 0;
    }
  }
}

}  // namespace twostage::hdf5
