#include "results/file/seal.hpp"

#include <gtest/gtest.h>

#include "results/file/sha256.hpp"
#include "results/store/store.hpp"
#include "tests/results/store/sample.hpp"

namespace twostage {
namespace {

// The check by hand that results/README.md shows: 81 bytes, over all bytes before them.
TEST(Seal, IsTheLineThatTheReadmePromises) {
  const Folder folder;
  write_dataset(folder / "a.h5", sample());
  const std::string bytes = bytes_of(folder / "a.h5");
  const std::string data = bytes.substr(0, bytes.size() - 81);
  EXPECT_EQ(bytes.substr(data.size()), "twostage sha256 " + sha256(data) + "\n");
  EXPECT_EQ(hdf5_length(bytes.data()), data.size());
}

TEST(Seal, TellsBrokenFromCutOff) {
  const Folder folder;
  write_dataset(folder / "a.h5", sample());
  const std::string bytes = bytes_of(folder / "a.h5");
  const auto inspect = [&](const std::string& changed) {
    put_bytes(folder / "b.h5", changed);
    return inspect_seal(folder / "b.h5");
  };
  EXPECT_EQ(inspect(bytes), Seal::intact);
  EXPECT_EQ(inspect(bytes.substr(0, bytes.size() - 81)), Seal::none);
  EXPECT_EQ(inspect(bytes.substr(0, bytes.size() - 80)), Seal::partial);
  EXPECT_EQ(inspect(bytes.substr(0, bytes.size() - 1)), Seal::partial);
  EXPECT_EQ(inspect(bytes.substr(0, bytes.size() / 2)), Seal::none);
  EXPECT_EQ(inspect(bytes + "x"), Seal::partial);
  EXPECT_EQ(inspect("a short text"), Seal::none);
  for (const std::size_t at : {std::size_t{30}, bytes.size() / 2, bytes.size() - 80, bytes.size() - 1}) {
    std::string flipped = bytes;
    flipped[at] ^= 1;
    EXPECT_EQ(inspect(flipped), Seal::broken) << at;
  }
}

TEST(Seal, CoversFilesOfSeveralBlocks) {
  std::string bytes(3'000'001, 'x');
  const Folder folder;
  put_bytes(folder / "a", sealed(bytes));
  EXPECT_EQ(inspect_seal(folder / "a"), Seal::intact);
}

}  // namespace
}  // namespace twostage
