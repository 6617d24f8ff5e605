// Goldens: every study at its smoke preset gives the stored numbers, whatever the threads, the order, an
// interruption or the shards; and every study is complete (smoke preset, golden, README, figure).
//
// A golden is the content hash and a readable transcript (the mean of regret in each cell), so that a change
// shows where it is. `tests/golden/regenerate` writes them anew.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <csignal>

#include "experiments/runner/replicate/columns.hpp"
#include "experiments/runner/result/batches.hpp"
#include "experiments/runner/result/result_file.hpp"
#include "experiments/runner/study/study_library.hpp"
#include "results/dataset/content_hash.hpp"
#include "results/store/store.hpp"
#include "tests/support/process.hpp"

namespace twostage {
namespace {

namespace fs = std::filesystem;

const fs::path kStudies = fs::path(TWOSTAGE_SOURCE_DIR) / "experiments" / "studies";
const fs::path kGoldens = fs::path(TWOSTAGE_SOURCE_DIR) / "tests" / "golden";

std::vector<std::string> folders() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(kStudies))
    if (entry.is_directory()) names.push_back(entry.path().filename().string());
  std::ranges::sort(names);
  return names;
}

std::string transcript(const fs::path& file) {
  const auto [path, study, data, missing] = read_result(file);
  std::string out = "content_hash " + content_hash(data) + "\n";
  const auto& regret = std::get<std::vector<double>>(data.variable("regret").data);
  const auto& status = std::get<std::vector<std::uint8_t>>(data.variable("status").data);
  const std::size_t replicates = data.dimension("replicate").size();
  const std::size_t arms = study.recipe.arms.size();
  out += "mean regret\n";
  for (std::size_t point = 0; point < study.points(); ++point)
    for (std::size_t arm = 0; arm < arms; ++arm) {
      double sum = 0, ran = 0;
      for (std::size_t r = 0; r < replicates; ++r) {
        const std::size_t i = (point * replicates + r) * arms + arm;
        if (status[i] == static_cast<std::uint8_t>(ArmStatus::not_run)) continue;
        sum += regret[i];
        ++ran;
      }
      out +=
          fmt::format("{}, {}: {:.17g}\n", point_text(study, point), study.recipe.arms[arm].name, sum / ran);
    }
  return out;
}

class Golden : public testing::TestWithParam<std::string> {
 protected:
  fs::path smoke(const std::string& name, std::vector<std::string> more, int code = 0) {
    std::vector<std::string> arguments = {"run", GetParam(), "--preset", "smoke", "--out", name};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto outcome = test::run(folder_.path(), TWOSTAGE_PROGRAM, arguments);
    EXPECT_EQ(outcome.code, code) << outcome.err;
    return folder_ / name;
  }
  void expect_golden(const fs::path& file) {
    const fs::path golden = kGoldens / (GetParam() + ".txt");
    if (std::getenv("TWOSTAGE_REGENERATE_GOLDENS")) test::write_text(golden, transcript(file));
    EXPECT_EQ(transcript(file), test::read_text(golden)) << "if the change is meant: tests/golden/regenerate";
  }

  // Measured and predicted values lie within what their definitions imply, up to rounding.
  static void expect_within_definitions(const fs::path& file) {
    for (const Variable& variable : read_dataset(file).variables) {
      const auto* values = std::get_if<std::vector<double>>(&variable.data);
      if (!values) continue;
      const auto bound = [&](const char* name, double otherwise) {
        const auto it = variable.attributes.find(name);
        return it == variable.attributes.end() ? otherwise : std::get<double>(it->second);
      };
      const double low = bound("lower_bound", -INFINITY) - 1e-12,
                   high = bound("upper_bound", INFINITY) + 1e-12;
      EXPECT_TRUE(std::ranges::none_of(*values, [&](double x) { return x < low || x > high; }))
          << variable.name;
    }
  }

  test::ScratchFolder folder_;
};

TEST_P(Golden, OneThread) {
  const fs::path file = smoke("r.h5", {"--threads", "1"});
  expect_golden(file);
  expect_within_definitions(file);
}
TEST_P(Golden, TwoThreads) {
  expect_golden(smoke("r.h5", {"--threads", "2"}));
}
TEST_P(Golden, ThreeThreadsInShuffledOrder) {
  expect_golden(smoke("r.h5", {"--threads", "3", "--shuffle", "11"}));
}

TEST_P(Golden, KilledAndResumed) {
  const Study study = load_study((kStudies / GetParam() / "study.toml").string(), "smoke", {});
  const std::string finished = batches_of(study).size() > 1 ? "2" : "1";
  smoke("r.h5", {"--threads", "1", "--die-after", finished}, 128 + SIGKILL);
  EXPECT_FALSE(fs::exists(folder_ / "r.h5"));
  expect_golden(smoke("r.h5", {"--threads", "2"}));
}

TEST_P(Golden, ThreeShardsMerged) {
  for (const std::string k : {"1", "2", "3"})
    smoke(fmt::format("s{}.h5", k), {"--shard", fmt::format("{}/3", k)});
  const auto merged =
      test::run(folder_.path(), TWOSTAGE_PROGRAM, {"merge", "s2.h5", "s3.h5", "s1.h5", "--out", "m.h5"});
  EXPECT_EQ(merged.code, 0) << merged.err;
  expect_golden(folder_ / "m.h5");
}

TEST_P(Golden, TheStudyIsComplete) {
  const fs::path folder = kStudies / GetParam();
  for (const char* file : {"study.toml", "figure.py", "README.md"})
    EXPECT_TRUE(fs::exists(folder / file)) << GetParam() << " has no " << file;
  EXPECT_TRUE(fs::exists(kGoldens / (GetParam() + ".txt"))) << "tests/golden/regenerate makes the golden";
  const Study study = load_study((folder / "study.toml").string(), "smoke", {});
  EXPECT_NO_THROW(load_study((folder / "study.toml").string(), "paper", {}));
  EXPECT_FALSE(study.title.empty());
  EXPECT_FALSE(study.question.empty());
  EXPECT_FALSE(study.source.empty());
  EXPECT_FALSE(study.claims.empty()) << "a study that cannot fail is a defect";
}

INSTANTIATE_TEST_SUITE_P(Study, Golden, testing::ValuesIn(folders()), [](const auto& info) {
  std::string name = info.param;
  std::ranges::replace_if(
      name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
  return name;
});

}  // namespace
}  // namespace twostage
