#include "results/store/atomic_write.hpp"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>

#include "results/store/store_error.hpp"
#include "tests/results/store/sample.hpp"

namespace twostage {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(AtomicWrite, ReplacesTheOldFileAndLeavesNothingElse) {
  const Folder folder;
  atomic_write(folder / "a", "old and long");
  atomic_write(folder / "a", std::string_view("new\0", 4));
  EXPECT_EQ(bytes_of(folder / "a"), std::string("new\0", 4));
  EXPECT_EQ(folder.files(), 1u);
}

TEST(AtomicWrite, ReplacesTheTemporaryThatAKillLeft) {
  const Folder folder;
  put_bytes(folder / "a.tmp", "half a fi");
  atomic_write(folder / "a", "whole");
  EXPECT_EQ(bytes_of(folder / "a"), "whole");
  EXPECT_EQ(folder.files(), 1u);
}

TEST(AtomicWrite, NamesThePathAndTheReasonWhenTheFolderIsMissing) {
  const Folder folder;
  const auto path = folder / "missing/a";
  EXPECT_THAT(
      [&] { atomic_write(path, "x"); },
      ThrowsMessage<StoreError>(AllOf(HasSubstr(path.string()), HasSubstr("No such file or directory"))));
}

// A folder without write permission; root may write everywhere, so it gets a folder no one can write into.
TEST(AtomicWrite, RefusesAnUnwritableFolder) {
  const Folder folder;
  ::chmod(folder.path().c_str(), 0555);
  const auto path = ::geteuid() == 0 ? std::filesystem::path("/proc/twostage") : folder / "a";
  EXPECT_THAT([&] { atomic_write(path, "x"); },
              ThrowsMessage<StoreError>(AllOf(HasSubstr(path.string()), HasSubstr("cannot write"))));
  ::chmod(folder.path().c_str(), 0755);
}

TEST(AtomicWrite, KeepsTheTargetWhenItIsAFolder) {
  const Folder folder;
  std::filesystem::create_directory(folder / "a");
  EXPECT_THAT([&] { atomic_write(folder / "a", "x"); },
              ThrowsMessage<StoreError>(HasSubstr("Is a directory")));
  EXPECT_EQ(folder.files(), 1u);
}

// A full disk, as a limit on the size of files: write() stops half way, then fails.
TEST(AtomicWrite, AFullDiskLeavesTheOldFileAndNoTemporary) {
  const Folder folder;
  atomic_write(folder / "a", "old");
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = before;
  small.rlim_cur = 1000;
  setrlimit(RLIMIT_FSIZE, &small);
  std::string message;
  try {
    atomic_write(folder / "a", std::string(5000, 'x'));
  } catch (const StoreError& error) {
    message = error.what();
    EXPECT_EQ(error.path(), folder / "a");
  }
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_THAT(message, AllOf(HasSubstr((folder / "a").string()), HasSubstr("File too large")));
  EXPECT_EQ(bytes_of(folder / "a"), "old");
  EXPECT_EQ(folder.files(), 1u);
}

}  // namespace
}  // namespace twostage
