#include "results/file/atomic_write.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>

#include "results/file/store_error.hpp"
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

TEST(AtomicWrite, TemporariesOfTheDeadAreRemovedAndThoseOfTheLivingStay) {
  const Folder folder;
  const auto dead = folder / "a.0123456789abcdef.tmp", living = folder / "a.fedcba9876543210.tmp";
  for (const auto& path : {dead, living, folder / "a.tmp", folder / "b.0123456789abcdef.tmp"})
    put_bytes(path, "half a fi");
  const int descriptor = ::open(living.c_str(), O_RDWR);
  ASSERT_EQ(::flock(descriptor, LOCK_EX), 0);
  remove_stale_temporaries(folder / "a");
  EXPECT_FALSE(std::filesystem::exists(dead));
  EXPECT_EQ(folder.files(), 3u);
  ::close(descriptor);
}

TEST(AtomicWrite, TemporariesHaveTheNameOfTheirTarget) {
  EXPECT_EQ(target_of_temporary("a.h5.0123456789abcdef.tmp"), "a.h5");
  for (const char* name : {"a.h5.tmp", "a.h5", ".0123456789abcdef.tmp", "a0123456789abcdef.tmp",
                           "a.0123456789ABCDEF.tmp", "a.0123456789abcde.tmp"})
    EXPECT_EQ(target_of_temporary(name), "") << name;
}

TEST(AtomicWrite, FollowsNoLinkAndReplacesOnlyFiles) {
  const Folder folder;
  put_bytes(folder / "victim", "precious");
  std::filesystem::create_symlink("victim", folder / "link");
  std::filesystem::create_symlink("victim", folder / "a.tmp");
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  atomic_write(folder / "a", "new");
  EXPECT_THAT([&] { atomic_write(folder / "link", "x"); },
              ThrowsMessage<StoreError>(HasSubstr("there is a symbolic link")));
  EXPECT_THAT([&] { atomic_write(folder / "pipe", "x"); },
              ThrowsMessage<StoreError>(HasSubstr("there is a pipe")));
  EXPECT_EQ(bytes_of(folder / "victim"), "precious");
  EXPECT_EQ(folder.files(), 5u);
}

TEST(AtomicWrite, KeepsWhatCameMeanwhileWhenAsked) {
  const Folder folder;
  atomic_write(folder / "a", "first", Existing::keep);
  EXPECT_THAT([&] { atomic_write(folder / "a", "second", Existing::keep); },
              ThrowsMessage<StoreError>(HasSubstr("came into being meanwhile")));
  EXPECT_EQ(bytes_of(folder / "a"), "first");
  EXPECT_EQ(folder.files(), 1u);
}

TEST(AtomicWrite, AnImpossiblePathIsFoundBeforehand) {
  const Folder folder;
  require_writable(folder / "a");
  EXPECT_EQ(folder.files(), 0u);
  EXPECT_THAT([&] { require_writable(folder / std::string(250, 'a')); },
              ThrowsMessage<StoreError>(HasSubstr("File name too long")));
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
              ThrowsMessage<StoreError>(HasSubstr("there is a folder")));
  EXPECT_EQ(folder.files(), 1u);
}

class AtomicWriteThatSurvives : public testing::TestWithParam<Survives> {};

TEST_P(AtomicWriteThatSurvives, ReplacesTheOldFile) {
  const Folder folder;
  for (const std::string text : {"old and long", "new", ""}) {
    atomic_write(folder / "a", text, Existing::replace, GetParam());
    EXPECT_EQ(bytes_of(folder / "a"), text);
    EXPECT_EQ(folder.files(), 1u);
  }
}

// A full disk, as a limit on the size of files: write() stops half way, then fails.
TEST_P(AtomicWriteThatSurvives, AFullDiskLeavesTheOldFileAndNoTemporary) {
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
    atomic_write(folder / "a", std::string(5000, 'x'), Existing::replace, GetParam());
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

INSTANTIATE_TEST_SUITE_P(Both, AtomicWriteThatSurvives,
                         testing::Values(Survives::power_failure, Survives::kill), [](const auto& info) {
                           return info.param == Survives::kill ? std::string("Kill")
                                                               : std::string("PowerFailure");
                         });

}  // namespace
}  // namespace twostage
