// Nothing a user owns is lost: what is in the way of a result is refused, at once and untouched, with --force
// and without. --die-after 1 kills the process after its first batch, so exit code 2 says that the refusal
// came before any work.
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <csignal>

#include "tests/support/small_study.hpp"
#include "tests/support/tree.hpp"

namespace twostage {
namespace {

namespace fs = std::filesystem;
using test::Outcome;
using test::read_text;
using test::tree;
using test::write_text;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

const std::string kPrecious = "precious\n";

class Ownership : public test::SmallStudy {
 protected:
  // What reads for ever is killed.
  Outcome hurried(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"-s", "KILL", "100", TWOSTAGE_PROGRAM});
    return test::run(folder.path(), "/usr/bin/timeout", arguments);
  }
  Outcome run_to(const std::string& out, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"run", "small.toml", "--preset", "smoke", "--out", out};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return hurried(arguments);
  }
  // With and without --force, before anything runs, and nothing changes.
  void expect_left_alone(const std::string& out, const std::string& says) {
    const auto before = tree(folder.path());
    for (const std::vector<std::string>& more :
         {std::vector<std::string>{"--die-after", "1"}, {"--die-after", "1", "--force"}}) {
      SCOPED_TRACE(out + (more.size() > 2 ? " --force" : ""));
      expect_refused(run_to(out, more), says);
      EXPECT_EQ(tree(folder.path()), before);
    }
  }
  void make_shards() {
    for (const std::string k : {"1", "2"}) ASSERT_EQ(run_to("s" + k + ".h5", {"--shard", k + "/2"}).code, 0);
  }
};

TEST_F(Ownership, AFolderThatIsNotOursIsLeftAlone) {
  write_text(folder / "r.parts/notes.txt", kPrecious);
  expect_left_alone("r.h5", "is no folder of twostage's");
}

// Names like ours do not make it ours.
TEST_F(Ownership, AFolderWithNamesOfOursIsLeftAlone) {
  write_text(folder / "r.parts/run.json", kPrecious);
  write_text(folder / "r.parts/batch-1.h5", kPrecious);
  expect_left_alone("r.h5", "remove it if nobody needs it");
  write_text(folder / "r.parts/configuration.toml", kPrecious);
  expect_left_alone("r.h5", "remove it if nobody needs it");
}

TEST_F(Ownership, ALinkInPlaceOfTheFolderIsNotFollowed) {
  EXPECT_EQ(run_to("q.h5", {"--die-after", "1"}).code, 128 + SIGKILL);  // work of our own, elsewhere
  fs::create_symlink("q.parts", folder / "r.parts");
  expect_left_alone("r.h5", "is a symbolic link");
  fs::remove(folder / "r.parts");
  fs::create_directory(folder / "mine");
  fs::create_symlink("mine", folder / "r.parts");
  expect_left_alone("r.h5", "is a symbolic link");
}

TEST_F(Ownership, AMarkerThatIsALinkIsNone) {
  write_text(folder / "marker", "twostage parts of r.h5\n");
  write_text(folder / "r.parts/batch-1.h5", kPrecious);
  fs::create_symlink("../marker", folder / "r.parts/twostage-parts.txt");
  expect_left_alone("r.h5", "is no folder of twostage's");
}

TEST_F(Ownership, WhatOthersPutIntoOurFolderStays) {
  EXPECT_EQ(run_to("r.h5", {"--die-after", "2", "--threads", "1"}).code, 128 + SIGKILL);
  write_text(folder / "r.parts/notes.txt", kPrecious);
  write_text(folder / "r.parts/deep/notes.txt", kPrecious);
  write_text(folder / "outside.txt", kPrecious);
  fs::create_symlink("../outside.txt", folder / "r.parts/batch-99999.h5");
  const Outcome resumed = run_to("r.h5");
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr("r.parts: stays"));
  EXPECT_EQ(read_text(folder / "r.parts/notes.txt"), kPrecious);
  EXPECT_EQ(read_text(folder / "r.parts/deep/notes.txt"), kPrecious);
  EXPECT_EQ(read_text(folder / "outside.txt"), kPrecious);
  EXPECT_FALSE(fs::exists(folder / "r.parts/configuration.toml"));
}

// As versions before the marker left it. Taken over only by the very run that made it.
TEST_F(Ownership, AFolderOfAnEarlierVersionIsResumedOrLeftAlone) {
  EXPECT_EQ(run_to("r.h5", {"--die-after", "2", "--threads", "1"}).code, 128 + SIGKILL);
  fs::remove(folder / "r.parts/twostage-parts.txt");
  const auto before = tree(folder.path());
  for (const std::vector<std::string>& more : {std::vector<std::string>{"beta=2"}, {"beta=2", "--force"}}) {
    expect_refused(run_to("r.h5", more), "an earlier version of twostage");
    EXPECT_EQ(tree(folder.path()), before);
  }
  const Outcome resumed = run_to("r.h5");
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr("resuming"));
  EXPECT_FALSE(fs::exists(folder / "r.parts"));
}

TEST_F(Ownership, ARecordThatIsNotOursIsLeftAlone) {
  write_text(folder / "r.run.json", "{\"date\": \"my wedding\"}\n");
  expect_left_alone("r.h5", "r.run.json': was not written by twostage");
}

TEST_F(Ownership, OnlyFilesOfOursAreReplaced) {
  write_text(folder / "r.h5", kPrecious);
  expect_left_alone("r.h5", "r.h5': was not written by twostage");
  write_text(folder / "r.h5", "\x89HDF\r\n\x1a\n and what another program wrote");
  expect_left_alone("r.h5", "r.h5': was not written by twostage");
  // Nothing can be lost of an empty file, and a damaged result is what --force is for.
  write_text(folder / "r.h5", "");
  ASSERT_EQ(run_to("r.h5", {"--force"}).code, 0);
  const std::string whole = read_text(folder / "r.h5");
  std::string flipped = whole;
  flipped[flipped.size() / 2] = static_cast<char>(flipped[flipped.size() / 2] ^ 1);
  write_text(folder / "r.h5", flipped);
  ASSERT_EQ(run_to("r.h5", {"--force"}).code, 0);
  EXPECT_TRUE(read_text(folder / "r.h5") == whole);
  // The same rule for the other commands that write results.
  make_shards();
  write_text(folder / "m.h5", kPrecious);
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"merge", "s1.h5", "s2.h5", "--force", "--out", "m.h5"},
        {"explain", "small.toml", "--force", "--save", "m.h5"}}) {
    expect_refused(hurried(command), "m.h5': was not written by twostage");
    EXPECT_EQ(read_text(folder / "m.h5"), kPrecious);
  }
}

// By every name the study may have.
TEST_F(Ownership, AnInputIsNoOutput) {
  fs::create_directory(folder / "sub");
  fs::create_hard_link(folder / "small.toml", folder / "hard.h5");
  fs::create_symlink("small.toml", folder / "soft.h5");
  for (const std::string out : {"small.toml", "./small.toml", "sub/../small.toml", "hard.h5", "soft.h5"}) {
    expect_left_alone(out, "is not replaced");
    const auto before = tree(folder.path());
    expect_refused(hurried({"explain", "small.toml", "--save", out, "--force"}), "is not replaced");
    EXPECT_EQ(tree(folder.path()), before);
  }
  make_shards();
  fs::create_hard_link(folder / "s1.h5", folder / "hard-shard.h5");
  fs::create_symlink("s1.h5", folder / "soft-shard.h5");
  const auto before = tree(folder.path());
  for (const std::string out : {"s1.h5", "./s1.h5", "sub/../s1.h5", "hard-shard.h5", "soft-shard.h5"}) {
    expect_refused(hurried({"merge", "s1.h5", "s2.h5", "--force", "--out", out}), out);
    EXPECT_EQ(tree(folder.path()), before);
  }
}

// Fixed names of temporary files could be made links by somebody else, and were written through.
TEST_F(Ownership, PlantedTemporariesAreNotWrittenThrough) {
  write_text(folder / "victim", kPrecious);
  for (const std::string name : {"r.h5.tmp", "r.run.json.tmp", "m.h5.tmp", "cell.h5.tmp"})
    fs::create_symlink("victim", folder / name);
  ASSERT_EQ(run_to("r.h5").code, 0);
  make_shards();
  ASSERT_EQ(hurried({"merge", "s1.h5", "s2.h5", "--out", "m.h5"}).code, 0);
  ASSERT_EQ(hurried({"explain", "small.toml", "--save", "cell.h5"}).code, 0);
  EXPECT_EQ(read_text(folder / "victim"), kPrecious);
  for (const char* name : {"r.h5", "m.h5", "cell.h5"}) EXPECT_FALSE(fs::is_symlink(folder / name)) << name;
}

// A folder of a name that can be guessed could be made a link into somebody's files. The shell's number is
// that of the program it turns into.
TEST_F(Ownership, ReproduceWorksInAFolderOfItsOwn) {
  ASSERT_EQ(run_to("r.h5").code, 0);
  write_text(folder / "victim/again.run.json", kPrecious);
  write_text(folder / "victim/again.parts/notes.txt", kPrecious);
  const auto before = tree(folder / "victim");
  fs::create_directory(folder / "tmp");
  const Outcome again = test::run(
      folder.path(), "/bin/sh",
      {"-c", "ln -s ../victim tmp/twostage-$$; TMPDIR=tmp exec '" TWOSTAGE_PROGRAM "' reproduce r.h5"});
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(tree(folder / "victim"), before);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder / "tmp"), {}), 1) << "only the planted link";
}

TEST_F(Ownership, ResultsOfOneStemKeepApart) {
  EXPECT_EQ(run_to("r.1", {"--die-after", "3", "--threads", "1"}).code, 128 + SIGKILL);
  ASSERT_EQ(run_to("r.2", {"--force", "beta=2"}).code, 0);
  const Outcome resumed = run_to("r.1");
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr("resuming"));
  EXPECT_TRUE(fs::exists(folder / "r.1.run.json") && fs::exists(folder / "r.2.run.json"));
  // r and r.h5 do share the names beside them: the second to come is refused.
  EXPECT_EQ(run_to("q.h5", {"--die-after", "1"}).code, 128 + SIGKILL);
  expect_left_alone("q", "another result, 'q.h5'");
  ASSERT_EQ(run_to("q.h5").code, 0);
  expect_left_alone("q", "q.run.json': was not written by twostage for this purpose");
}

TEST_F(Ownership, OutputsThatAreNoFilesAreRefusedAtOnce) {
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  fs::create_directory(folder / "directory");
  fs::create_symlink("/dev/full", folder / "full");
  fs::create_symlink("nowhere", folder / "dangling");
  std::vector<std::string> outputs = {"pipe", "directory", "full", "dangling"};
  // The devices themselves would be lost if this failed, so it is nodes of our own; they take a privilege.
  if (::mknod((folder / "null").c_str(), S_IFCHR | 0600, makedev(1, 3)) == 0) outputs.emplace_back("null");
  if (::mknod((folder / "zero").c_str(), S_IFCHR | 0600, makedev(1, 5)) == 0) outputs.emplace_back("zero");
  make_shards();
  for (const std::string& out : outputs) {
    expect_left_alone(out, "is not replaced");
    const auto before = tree(folder.path());
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"merge", "s1.h5", "s2.h5", "--force", "--out", out},
          {"explain", "small.toml", "--force", "--save", out}}) {
      expect_refused(hurried(command), "is not replaced");
      EXPECT_EQ(tree(folder.path()), before);
    }
  }
}

TEST_F(Ownership, InputsThatNeverEndAreRefusedAtOnce) {
  ASSERT_EQ(::mkfifo((folder / "pipe.toml").c_str(), 0600), 0);
  ASSERT_EQ(::mkfifo((folder / "pipe.h5").c_str(), 0600), 0);
  fs::create_symlink("/dev/zero", folder / "zero.toml");
  fs::create_symlink("/dev/zero", folder / "zero.h5");
  for (const std::string file : {"pipe", "zero"}) {
    for (const char* command : {"run", "show", "predict", "explain"})
      expect_refused(hurried({command, file + ".toml"}), file + ".toml");
    for (const char* command : {"info", "verify", "verdicts", "reproduce", "export", "figures"})
      expect_refused(hurried({command, file + ".h5"}), file + ".h5");
    expect_refused(hurried({"merge", file + ".h5", "--out", "m.h5"}), file + ".h5");
    write_text(folder / "varied.toml",
               test::edited("[[arms]]", "variants = \"" + file + ".toml\"\n[[arms]]"));
    expect_refused(hurried({"show", "varied.toml"}), file + ".toml");
  }
}

TEST_F(Ownership, ImpossibleOutputsAreFoundBeforeTheWork) {
  expect_left_alone(std::string(252, 'r') + ".h5", "File name too long");
  expect_left_alone(std::string(240, 'r') + ".h5", "File name too long");  // of the record beside it
  expect_left_alone("small.toml/r.h5", "small.toml");
  expect_left_alone("/proc/r.h5", "cannot make the folder");  // where not even root can make one
  write_text(folder / "r.parts", kPrecious);
  expect_left_alone("r.h5", "is a file where a run puts a folder");
  fs::create_directory(folder / "q.run.json");
  expect_left_alone("q.h5", "q.run.json");
  if (::geteuid() == 0) return;
  fs::create_directory(folder / "closed");
  fs::permissions(folder / "closed", fs::perms::owner_read | fs::perms::owner_exec);
  expect_left_alone("closed/r.h5", "closed");
}

}  // namespace
}  // namespace twostage
