// Finished batches that are not what their names say, or hold what no batch holds: their replicates are run
// again, and the result is the one of a run without an interruption.
#include <csignal>

#include "experiments/runner/result/batch_file.hpp"
#include "results/store/batches.hpp"
#include "tests/attack/forgery.hpp"

namespace twostage {
namespace {

using test::Outcome;
using test::values_of;
using test::variable_of;
using testing::HasSubstr;

class ForgedBatches : public test::SmallStudy {
 protected:
  // The small study has four points and batches of two replicates: batch 4 r + p holds those of point p from
  // replicate r on. Stopped when the first four are written.
  void SetUp() override {
    SmallStudy::SetUp();
    ASSERT_EQ(run_small().code, 0);
    whole_ = test::read_text(folder / "r.h5");
    ASSERT_EQ(run_small({"--force", "--die-after", "4", "--threads", "1"}).code, 128 + SIGKILL);
    std::filesystem::remove(folder / "r.h5");
    ASSERT_EQ(list_batches(parts()), (std::vector<std::int64_t>{0, 1, 2, 3}));
  }

  std::filesystem::path parts() const { return folder / "r.parts"; }
  const std::string& messages() const { return messages_; }

  void forge(std::int64_t id, const std::function<void(Dataset&)>& change) {
    Dataset batch = read_batch(parts(), id);
    change(batch);
    write_batch(parts(), id, batch);
  }

  void expect_run_again(const std::string& says) {
    const Outcome resumed = run_small();
    EXPECT_EQ(resumed.code, 0) << resumed.err;
    EXPECT_THAT(resumed.err, HasSubstr(says));
    EXPECT_THAT(resumed.err, HasSubstr("its replicates are run again"));
    messages_ = resumed.err;
    EXPECT_TRUE(test::read_text(folder / "r.h5") == whole_) << "another result than without the interruption";
  }

 private:
  std::string whole_, messages_;
};

TEST_F(ForgedBatches, ACopyUnderAnotherName) {
  std::filesystem::copy_file(batch_path(parts(), 3), batch_path(parts(), 2),
                             std::filesystem::copy_options::overwrite_existing);
  expect_run_again("batch-2.h5': holds other replicates than its name says");
}

TEST_F(ForgedBatches, ACopyOfOtherReplicatesOfThePoint) {
  std::filesystem::copy_file(batch_path(parts(), 0), batch_path(parts(), 8));
  expect_run_again("batch-8.h5': holds other replicates than its name says");
}

TEST_F(ForgedBatches, AnotherPointAtTheSamePlace) {
  forge(1, [](Dataset& d) { d.attributes["coordinates"] = std::string("degree = 3, pairs = 20"); });
  expect_run_again("batch-1.h5': holds other replicates than its name says");
}

TEST_F(ForgedBatches, WithoutAnAddress) {
  forge(1, [](Dataset& d) { d.attributes.erase("point"); });
  expect_run_again("batch-1.h5': holds other replicates than its name says");
}

TEST_F(ForgedBatches, OfAnotherSeedOrStudy) {
  forge(1, [](Dataset& d) { d.attributes["seed"] = std::int64_t{2}; });
  expect_refused(run_small(), "batch-1.h5': is a batch of another configuration");
  forge(1, [](Dataset& d) {
    d.attributes["seed"] = std::int64_t{1};
    d.attributes["study"] = std::string("smaller");
  });
  expect_refused(run_small(), "batch-1.h5': is a batch of another configuration");
}

std::vector<double>& numbers_of(Dataset& batch) {
  return std::get<std::vector<double>>(batch.dimensions.front().coordinate);
}

TEST_F(ForgedBatches, TooShort) {
  forge(2, [](Dataset& d) { numbers_of(d).pop_back(); });
  expect_run_again("batch-2.h5': it has not the values of its batch");
}

TEST_F(ForgedBatches, OfAnotherType) {
  forge(2, [](Dataset& d) {
    d.dimensions.front().coordinate = std::vector<std::int64_t>(numbers_of(d).size());
  });
  expect_run_again("batch-2.h5': it has not the values of its batch");
}

TEST_F(ForgedBatches, WithoutValues) {
  forge(2, [](Dataset& d) { d.dimensions.clear(); });
  expect_run_again("batch-2.h5': it has not the values of its batch");
}

// The last values are the statuses; 255 is that of a replicate that was not run.
TEST_F(ForgedBatches, AStatusThatNoFitHas) {
  for (const double status : {255.0, -1.0, 1.5, std::nan("")}) {
    forge(2, [&](Dataset& d) { numbers_of(d).back() = status; });
    expect_run_again("is no status of a fit");
    std::filesystem::remove(folder / "r.h5");
    ASSERT_EQ(run_small({"--die-after", "4", "--threads", "1"}).code, 128 + SIGKILL);
  }
}

TEST_F(ForgedBatches, AFlagWithoutAName) {
  const Study study = test::small_study();
  const Columns columns = columns_of(study);
  const auto k = std::ranges::find_if(columns.arm, [](const auto* c) { return c->name == "existence"; });
  ASSERT_NE(k, columns.arm.end());
  const auto at = static_cast<std::size_t>(k - columns.arm.begin()) * 2 * study.recipe.arms.size();
  forge(2, [&](Dataset& d) { numbers_of(d)[at] = 77; });
  expect_run_again("77 is no flag of 'existence'");
}

TEST_F(ForgedBatches, AnExtraVariable) {
  forge(2, [](Dataset& d) { d.variables.push_back({"extra", {}, std::vector<double>{1}, {}}); });
  expect_run_again("batch-2.h5': 'extra' has no place in a batch");
}

TEST_F(ForgedBatches, ErrorsOfNobody) {
  const auto error = [](std::int64_t replicate, const std::string& arm) {
    return [=](Dataset& d) {
      d.dimensions.push_back({"error", Index{1}});
      d.variables.push_back({"error_replicate", {"error"}, std::vector<std::int64_t>{replicate}, {}});
      d.variables.push_back({"error_arm", {"error"}, std::vector<std::string>{arm}, {}});
      d.variables.push_back({"error_message", {"error"}, std::vector<std::string>{"no"}, {}});
    };
  };
  forge(0, error(2, "dpo"));
  forge(1, error(0, "pdo"));
  forge(2, error(0, "dpo"));
  forge(2, [](Dataset& d) { d.variables.pop_back(); });
  forge(3, error(0, "dpo"));
  forge(3, [](Dataset& d) { variable_of(d, "error_arm").data = std::vector<double>{1}; });
  expect_run_again("batch-0.h5': it has an error of a replicate of another batch");
  EXPECT_THAT(messages(), HasSubstr("batch-1.h5': it has an error of an unknown arm"));
  EXPECT_THAT(messages(), HasSubstr("batch-2.h5': its errors are incomplete"));
  EXPECT_THAT(messages(), HasSubstr("batch-3.h5': 'error_arm' has another type than in a batch"));
}

}  // namespace
}  // namespace twostage
