// More replicates for a result that is there: the same bytes as a run from nothing, whatever interrupts it;
// what cannot be raised is refused and left as it is.
#include <csignal>
#include <nlohmann/json.hpp>

#include "results/store/store.hpp"
#include "tests/support/small_study.hpp"
#include "tests/support/tree.hpp"

namespace twostage {
namespace {

namespace fs = std::filesystem;
using test::Outcome;
using test::read_text;
using test::write_text;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr int kKilled = 128 + SIGKILL;

// Five replicates at four points in batches of two, so that the last batch of each point is half full.
class Raising : public test::SmallStudy {
 protected:
  std::string bytes(const std::string& name = "r.h5") { return read_text(folder / name); }
  nlohmann::json record() { return nlohmann::json::parse(read_text(folder / "r.run.json")); }
  // What a run from nothing writes.
  std::string fresh(const std::vector<std::string>& overrides) {
    std::vector<std::string> words = {"run", "small.toml", "--preset", "smoke", "--force", "--out", "f.h5"};
    words.insert(words.end(), overrides.begin(), overrides.end());
    EXPECT_EQ(twostage(words).code, 0);
    const std::string result = bytes("f.h5");
    fs::remove(folder / "f.h5");
    fs::remove(folder / "f.run.json");
    return result;
  }
  void expect_tidy() {
    std::vector<std::string> names;
    for (const auto& [name, text] : test::tree(folder.path())) names.push_back(name);
    EXPECT_THAT(names, testing::UnorderedElementsAre("small.toml", "r.h5", "r.run.json"));
  }
  void expect_untouched(const std::vector<std::string>& arguments, const std::string& says) {
    const std::string before = bytes();
    expect_refused(run_small(arguments), says);
    EXPECT_TRUE(bytes() == before);
  }
};

TEST_F(Raising, EndsWithTheBytesOfARunFromNothing) {
  ASSERT_EQ(run_small().code, 0);
  for (const char* now : {"6", "7", "12"}) {  // fills a batch; begins one; makes several
    SCOPED_TRACE(now);
    const std::string replicates = std::string("replicates=").append(now);
    const Outcome raised = run_small({replicates});
    ASSERT_EQ(raised.code, 0) << raised.err;
    EXPECT_THAT(raised.err, AllOf(HasSubstr("keeps its"), HasSubstr("level")));
    EXPECT_TRUE(bytes() == fresh({replicates}));
    expect_tidy();
  }
  EXPECT_EQ(record()["raised_from"], (std::vector<int>{5, 6, 7}));
  EXPECT_EQ(record()["replicates"], 4 * 5) << "only the new ones were computed";
  EXPECT_THAT(run_small({"replicates=12"}).err, HasSubstr("already complete"));
  EXPECT_THAT(twostage({"reproduce", "r.h5"}).out, HasSubstr("r.h5: reproduced"));
}

TEST_F(Raising, ThreadsAndOrderChangeNothing) {
  const std::string wanted = fresh({"replicates=9"});
  ASSERT_EQ(run_small().code, 0);
  ASSERT_EQ(run_small({"replicates=9", "--threads", "3", "--shuffle", "5"}).code, 0);
  EXPECT_TRUE(bytes() == wanted);
}

TEST_F(Raising, AChangedNumberInThePresetRaises) {
  ASSERT_EQ(run_small().code, 0);
  write_text(folder / "small.toml", test::edited("smoke = 5", "smoke = 8"));
  ASSERT_EQ(run_small().code, 0);
  EXPECT_TRUE(bytes() == fresh({}));
}

TEST_F(Raising, ASingleReplicateIsRaised) {
  ASSERT_EQ(run_small({"replicates=1"}).code, 0);
  ASSERT_EQ(run_small({"replicates=3"}).code, 0);
  EXPECT_TRUE(bytes() == fresh({"replicates=3"}));
}

TEST_F(Raising, TheOldResultStaysUntilTheNewOneIsWhole) {
  const std::string wanted = fresh({"replicates=9"});
  for (const std::vector<std::string>& death :
       {std::vector<std::string>{"--die-after", "1"}, {"--die-after", "7"}, {"--die-at", "recorded"}}) {
    SCOPED_TRACE(death[1]);
    ASSERT_EQ(run_small({"--force"}).code, 0);
    const std::string old = bytes();
    ASSERT_EQ(run_small({"replicates=9", "--threads", "1", death[0], death[1]}).code, kKilled);
    EXPECT_TRUE(bytes() == old);
    EXPECT_THAT(twostage({"verify", "r.h5"}).out, HasSubstr("sound"));
    EXPECT_THAT(run_small().err, HasSubstr("already complete")) << "the old one, asked for again";
    const Outcome resumed = run_small({"replicates=9"});
    EXPECT_EQ(resumed.code, 0) << resumed.err;
    EXPECT_THAT(resumed.err, HasSubstr("resuming"));
    EXPECT_TRUE(bytes() == wanted);
    EXPECT_EQ(record()["raised_from"], std::vector<int>{5});
    expect_tidy();
  }
}

TEST_F(Raising, TheLastStepsAreEndedByTheNextRun) {
  const std::string wanted = fresh({"replicates=9"});
  for (const char* step : {"published", "finished", "cleared"}) {
    SCOPED_TRACE(step);
    ASSERT_EQ(run_small({"--force"}).code, 0);
    ASSERT_EQ(run_small({"replicates=9", "--die-at", step}).code, kKilled);
    EXPECT_TRUE(bytes() == wanted);
    ASSERT_EQ(run_small({"replicates=9"}).code, 0);
    EXPECT_TRUE(bytes() == wanted);
    EXPECT_EQ(record()["raised_from"], std::vector<int>{5});
    expect_tidy();
  }
}

// Killed on the way to nine, raised to twelve.
TEST_F(Raising, AnInterruptedOneMayBeRaisedFurther) {
  ASSERT_EQ(run_small().code, 0);
  ASSERT_EQ(run_small({"replicates=9", "--threads", "1", "--die-after", "10"}).code, kKilled);
  const Outcome further = run_small({"replicates=12"});
  ASSERT_EQ(further.code, 0) << further.err;
  EXPECT_THAT(further.err, HasSubstr("resuming"));
  EXPECT_TRUE(bytes() == fresh({"replicates=12"}));
}

TEST_F(Raising, FewerAreRefused) {
  ASSERT_EQ(run_small().code, 0);
  expect_untouched({"replicates=4"}, "holds 5 replicates of each point, and this run asks for 4");
  expect_untouched({"replicates=4"}, "never lowered");
  ASSERT_EQ(run_small({"replicates=4", "--force"}).code, 0);
}

TEST_F(Raising, NothingElseMayDiffer) {
  ASSERT_EQ(run_small().code, 0);
  expect_untouched({"replicates=9", "beta=2"}, "another configuration");
  expect_untouched({"replicates=9", "batch=3"}, "batch is 2 there and 3 here");
  expect_untouched({"replicates=9", "precision.of=[\"regret['dpo']\"]"}, "another configuration");
}

TEST_F(Raising, PartsOfAStudyAreNotRaised) {
  ASSERT_EQ(run_small({"--shard", "1/2"}).code, 0);
  expect_untouched({"replicates=9", "--shard", "1/2"}, "a part of a study is not raised");
  expect_untouched({"replicates=9"}, "a part of a study is not raised");
  ASSERT_EQ(run_small({"--force"}).code, 0);
  expect_untouched({"replicates=9", "--shard", "1/2"}, "a part of a study is not raised");
}

// The rule that says which points get more is told from the first five.
TEST_F(Raising, APrecisionIsNotRaised) {
  std::string text = test::kSmallStudy;
  const std::string rule = "[precision]\nof = [\"regret['dpo']\"]\nrelative = 0.2\ncap = 20\n";
  write_text(folder / "small.toml", text.insert(text.find("[[arms]]"), rule));
  ASSERT_EQ(run_small().code, 0);
  expect_untouched({"replicates=6"}, "precision is told from the first 5 replicates");
  expect_untouched({"replicates=4"}, "never lowered");
}

// The claims of the first run are the record; later ones are post hoc, whatever is computed after them.
TEST_F(Raising, ClaimsAfterTheFirstRunStayPostHoc) {
  const auto is_post_hoc = [&] {
    const Outcome outcome = twostage({"verdicts", "r.h5", "--json"});
    std::vector<bool> found;
    const auto json = nlohmann::json::parse(outcome.out);
    for (const auto& verdict : json["verdicts"]) found.push_back(!verdict["post_hoc"].is_null());
    return found;
  };
  ASSERT_EQ(run_small().code, 0);
  const std::string changed = test::edited("in (1, inf)", "in (1.5, inf)");
  write_text(folder / "small.toml", changed);
  // Killed and resumed: the folder's record is that of the result, too.
  ASSERT_EQ(run_small({"replicates=9", "--threads", "1", "--die-after", "3"}).code, kKilled);
  ASSERT_EQ(run_small({"replicates=9"}).code, 0);
  EXPECT_EQ(is_post_hoc(), (std::vector<bool>{false, true}));
  ASSERT_EQ(run_small({"replicates=10"}).code, 0);
  EXPECT_EQ(is_post_hoc(), (std::vector<bool>{false, true}));
}

// Unfinished work of a run that was to start over holds the claims of its own beginning, which saw the
// result.
TEST_F(Raising, ClaimsOfAnAbandonedRunAreNotThoseOfTheResult) {
  ASSERT_EQ(run_small().code, 0);
  write_text(folder / "small.toml", test::edited("in (1, inf)", "in (1.5, inf)"));
  ASSERT_EQ(run_small({"replicates=12", "--force", "--threads", "1", "--die-after", "6"}).code, kKilled);
  ASSERT_EQ(run_small({"replicates=9"}).code, 0);
  EXPECT_THAT(twostage({"verdicts", "r.h5"}).out, HasSubstr("post hoc"));
}

// A billion pairs do not fit into the address space. The messages of the first run stand in its record only.
TEST_F(Raising, MessagesOfFailedFitsGoOn) {
  if (test::kSanitized) GTEST_SKIP() << "sanitizers need the address space";
  const auto run_too_large = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words = {
        "pairs=[20, 1000000000]", "degree=1", "--threads", "1", "--memory", "9000G"};
    words.insert(words.end(), more.begin(), more.end());
    return run_small(words, "ulimit -v 2000000;");
  };
  ASSERT_EQ(run_too_large({}).code, 1);
  const std::size_t before = record()["warnings"].size();
  ASSERT_GT(before, 0u);
  ASSERT_EQ(run_too_large({"replicates=10"}).code, 1);
  EXPECT_EQ(record()["warnings"].size(), 2 * before);
  const std::string raised = bytes();
  ASSERT_EQ(run_too_large({"replicates=10", "--force"}).code, 1);
  EXPECT_TRUE(bytes() == raised);
  EXPECT_EQ(record()["warnings"].size(), 2 * before);
  EXPECT_FALSE(record().contains("raised_from"));
}

// Shards of other programs are named in the whole; so are replicates of other programs.
TEST_F(Raising, TheFileNamesAllProgramsThatMadeIt) {
  ASSERT_EQ(run_small().code, 0);
  Dataset data = read_dataset(folder / "r.h5");
  data.attributes["compiler"] = std::string("another compiler");
  write_dataset(folder / "r.h5", data);
  ASSERT_EQ(run_small({"replicates=6"}).code, 0);
  const auto compiler = std::get<std::string>(read_dataset(folder / "r.h5").attributes.at("compiler"));
  EXPECT_THAT(compiler, AllOf(HasSubstr("another compiler; "), Not(HasSubstr("another compiler; another"))));
  ASSERT_EQ(run_small({"replicates=7"}).code, 0);
  EXPECT_EQ(std::get<std::string>(read_dataset(folder / "r.h5").attributes.at("compiler")), compiler);
}

TEST_F(Raising, DryRunCountsWhatIsLeft) {
  ASSERT_EQ(run_small().code, 0);
  const std::string before = bytes();
  EXPECT_THAT(run_small({"replicates=9", "--dry-run"}).out,
              AllOf(HasSubstr("16 replicates = 4 points x 4"), HasSubstr("beside the 5 replicates")));
  EXPECT_TRUE(bytes() == before);
}

}  // namespace
}  // namespace twostage
