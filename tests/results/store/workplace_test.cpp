#include "results/store/workplace.hpp"

#include <gmock/gmock.h>

#include "results/file/store_error.hpp"
#include "tests/results/store/sample.hpp"

namespace twostage {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::ThrowsMessage;
using Remains = Workplace::Remains;

TEST(Workplace, IsMarkedWhileHeldAndGoesWhenNoWorkIsInIt) {
  const Folder folder;
  const fs::path parts = folder / "deep/r.parts";
  {
    const Workplace work(parts, "r.h5");
    EXPECT_EQ(work.unlocked(), "");
    EXPECT_THAT(bytes_of(parts / Workplace::kMarker), testing::StartsWith("twostage parts of r.h5\n"));
    EXPECT_EQ(Workplace::remains(parts, "r.h5"), Remains::frame);
  }
  EXPECT_FALSE(fs::exists(parts));
  EXPECT_EQ(Workplace::remains(parts, "r.h5"), Remains::none);
}

TEST(Workplace, IsOfOneProcessAndOneResult) {
  const Folder folder;
  const fs::path parts = folder / "r.parts";
  {
    const Workplace work(parts, "r.h5");
    put_bytes(parts / "batch-7.h5", "");
    EXPECT_THAT([&] { Workplace(parts, "r.h5"); }, ThrowsMessage<StoreError>(HasSubstr("is at work there")));
  }
  EXPECT_THAT([&] { Workplace(parts, "r"); }, ThrowsMessage<StoreError>(HasSubstr("another result, 'r.h5'")));
}

TEST(Workplace, KeepsWorkUntilItIsRemoved) {
  const Folder folder;
  const fs::path parts = folder / "r.parts";
  {
    const Workplace work(parts, "r.h5");
    put_bytes(parts / "batch-7.h5", "");
  }
  EXPECT_EQ(Workplace::remains(parts, "r.h5"), Remains::unfinished);
  EXPECT_EQ(Workplace::remains(parts, "r"), Remains::none);
  put_bytes(parts / Workplace::kRecord, "{}");
  EXPECT_EQ(Workplace::remains(parts, "r.h5"), Remains::finished);
  Workplace work(parts, "r.h5");
  EXPECT_TRUE(work.remove());
  EXPECT_FALSE(fs::exists(parts));
}

TEST(Workplace, RemovesNothingThatHasNoNameOfOurs) {
  const Folder folder;
  const fs::path parts = folder / "r.parts";
  Workplace work(parts, "r.h5");
  put_bytes(parts / "batch-7.h5", "");
  put_bytes(parts / "batch-x.h5", "mine");
  fs::create_directory(parts / "batch-8.h5");
  put_bytes(parts / "batch-8.h5/text", "mine");
  EXPECT_FALSE(work.remove());
  EXPECT_FALSE(fs::exists(parts / "batch-7.h5"));
  EXPECT_EQ(bytes_of(parts / "batch-x.h5"), "mine");
  EXPECT_EQ(bytes_of(parts / "batch-8.h5/text"), "mine");
  const Workplace again(parts, "r.h5");  // the marker stayed
}

TEST(Workplace, TakesAnEmptyFolderAndNoOther) {
  const Folder folder;
  const fs::path parts = folder / "r.parts";
  fs::create_directory(parts);
  { const Workplace work(parts, "r.h5"); }
  fs::create_directory(parts);
  put_bytes(parts / "lock", "");
  { const Workplace work(parts, "r.h5"); }
  fs::create_directory(parts);
  put_bytes(parts / "lock", "of my diary");
  EXPECT_THAT([&] { Workplace(parts, "r.h5"); },
              ThrowsMessage<StoreError>(HasSubstr("is no folder of twostage's")));
  EXPECT_EQ(bytes_of(parts / "lock"), "of my diary");
  fs::remove_all(parts);
  fs::create_directory_symlink(folder.path(), parts);
  EXPECT_THAT([&] { Workplace(parts, "r.h5"); }, ThrowsMessage<StoreError>(HasSubstr("is a symbolic link")));
}

}  // namespace
}  // namespace twostage
