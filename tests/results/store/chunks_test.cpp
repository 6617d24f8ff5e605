// Chunks that are packed here, not by HDF5, are what HDF5 itself would read and write.
#include "results/store/chunks.hpp"

#include <gmock/gmock.h>
#include <hdf5.h>

#include <cstring>
#include <numeric>

#include "results/store/handle.hpp"
#include "sim/random/stream.hpp"

namespace twostage::hdf5 {
namespace {

using testing::ElementsAre;
using Shape = std::vector<std::size_t>;

std::size_t volume(const Shape& shape) {
  return std::accumulate(shape.begin(), shape.end(), std::size_t{1}, std::multiplies<>());
}

// A file in memory with one data set, chunked like a result's.
class ChunkedFile {
 public:
  ChunkedFile(const Shape& shape, std::size_t item_size, bool deflated) {
    const std::vector<hsize_t> extent(shape.begin(), shape.end()), chunk = chunk_shape(shape, item_size);
    const auto rank = static_cast<int>(shape.size());
    const Handle space(H5Screate_simple(rank, extent.data(), nullptr), H5Sclose);
    const Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    check(H5Pset_chunk(properties, rank, chunk.data()));
    if (deflated) {
      check(H5Pset_shuffle(properties));
      check(H5Pset_deflate(properties, kDeflateLevel));
    }
    check(H5Pset_fletcher32(properties));
    type_ = item_size == 8 ? H5T_NATIVE_UINT64 : H5T_NATIVE_UINT8;
    data_ = check(H5Dcreate2(file_, "data", type_, space, H5P_DEFAULT, properties, H5P_DEFAULT));
  }
  ~ChunkedFile() { H5Dclose(data_); }
  ChunkedFile(const ChunkedFile&) = delete;
  ChunkedFile& operator=(const ChunkedFile&) = delete;

  hid_t data() const { return data_; }
  hid_t type() const { return type_; }

 private:
  static hid_t in_memory() {
    const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
    check(H5Pset_fapl_core(access, 1 << 16, false));
    return H5Fcreate("chunks", H5F_ACC_TRUNC, H5P_DEFAULT, access);
  }

  Session session_;
  Handle file_{in_memory(), H5Fclose};
  hid_t type_ = 0;
  hid_t data_ = 0;
};

std::vector<std::byte> random_bytes(std::size_t size) {
  Philox4x64 engine = RandomSource(5, "chunks").stream(Purpose::optimiser, 0, 0, 0);
  std::vector<std::byte> out(size);
  // Runs of equal bytes among others, as in a result.
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::byte>(i % 7 < 3 ? engine() : i / 1000);
  return out;
}

// Whatever is cut, along whichever dimension: nothing, the last chunk short, chunks of single rows, single
// items.
const std::vector<Shape> kShapes = {{1},           {5},           {131072},         {131073},
                                    {400000},      {3, 5},        {1, 7},           {7, 1},
                                    {700, 700},    {3, 200000},   {2, 131072},      {2, 3, 70000},
                                    {9, 1, 50000}, {7, 300, 131}, {2, 2, 2, 140000}};

TEST(Chunks, ComeBackThroughHdf5) {
  for (const std::size_t item_size : {8u, 1u})
    for (const Shape& shape : kShapes) {
      ChunkedFile file(shape, item_size, true);
      const std::vector<std::byte> written = random_bytes(volume(shape) * item_size);
      const std::vector<std::byte> fill(item_size, std::byte{0x5a});
      write_chunks(file.data(), written, shape, fill);
      std::vector<std::byte> read(written.size());
      check(H5Dread(file.data(), file.type(), H5S_ALL, H5S_ALL, H5P_DEFAULT, read.data()));
      EXPECT_EQ(read, written) << testing::PrintToString(shape) << ", items of " << item_size;
    }
}

TEST(Chunks, AreAMegabyteAtMostAndOneWhereThatIsEnough) {
  EXPECT_THAT(chunk_shape({10, 20}, 8), ElementsAre(10, 20));
  EXPECT_THAT(chunk_shape({131072}, 8), ElementsAre(131072));
  EXPECT_THAT(chunk_shape({131073}, 8), ElementsAre(131072));
  EXPECT_THAT(chunk_shape({1000, 1000}, 8), ElementsAre(131, 1000));
  EXPECT_THAT(chunk_shape({3, 5, 200000}, 8), ElementsAre(1, 1, 131072));
  EXPECT_THAT(chunk_shape({4'000'000}, 1), ElementsAre(1 << 20));
}

// 131,072 items fill the first chunk, the others half of the second.
TEST(Chunks, TheLastIsFilledUp) {
  const Shape shape = {200'000};
  ChunkedFile file(shape, 8, true);
  const std::vector<std::byte> fill(8, std::byte{0x5a});
  write_chunks(file.data(), random_bytes(8 * shape[0]), shape, fill);
  std::uint32_t mask = 0;
  const hsize_t at = 131'072;
  hsize_t packed = 0;
  check(H5Dget_chunk_storage_size(file.data(), &at, &packed));
  std::vector<std::byte> raw(packed);
  check(H5Dread_chunk(file.data(), H5P_DEFAULT, &at, &mask, raw.data()));
  EXPECT_EQ(mask, 0u) << "no filter was left out";
  std::vector<std::byte> whole = random_bytes(8 * shape[0]);
  whole.erase(whole.begin(), whole.begin() + 8 * 131'072);
  while (whole.size() < 8 * 131'072) whole.push_back(std::byte{0x5a});
  const std::string expected = packed_chunk(whole, 8);
  ASSERT_EQ(expected.size(), raw.size());
  EXPECT_EQ(std::memcmp(expected.data(), raw.data(), raw.size()), 0);
}

// HDF5 puts the checksum of a chunk behind it.
TEST(Fletcher32, IsThatOfHdf5) {
  for (const std::size_t size : {1u, 2u, 3u, 719u, 720u, 721u, 722u, 5000u, 65537u}) {
    for (const bool ones : {false, true}) {
      std::vector<std::byte> bytes = random_bytes(size);
      if (ones) bytes.assign(size, std::byte{0xff});  // sums that are multiples of 65535
      ChunkedFile file({size}, 1, false);
      check(H5Dwrite(file.data(), file.type(), H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data()));
      check(H5Dflush(file.data()));
      std::vector<std::uint8_t> raw(size + 4);
      std::uint32_t mask = 0;
      const hsize_t at = 0;
      check(H5Dread_chunk(file.data(), H5P_DEFAULT, &at, &mask, raw.data()));
      std::uint32_t theirs = 0;
      for (std::size_t k = 4; k-- > 0;) theirs = theirs << 8 | raw[size + k];
      EXPECT_EQ(fletcher32(bytes), theirs) << size << (ones ? " ones" : "");
    }
  }
}

}  // namespace
}  // namespace twostage::hdf5
