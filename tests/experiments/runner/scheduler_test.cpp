// The scheduler: every batch once, in one sink thread, whatever the number of workers; errors end the run.
#include "experiments/runner/scheduler.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <stdexcept>
#include <thread>

namespace twostage {
namespace {

std::vector<Batch> batches(std::size_t count) {
  std::vector<Batch> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back({i, 0, 1});
  return out;
}

BatchResult done(const Batch& batch) {
  return {batch, {}, {}, {}, {}, {}};
}

TEST(Scheduler, DoesEveryBatchOnceAndSinksInTheCallingThread) {
  for (const int threads : {1, 2, 5}) {
    std::multiset<std::size_t> seen;
    const auto caller = std::this_thread::get_id();
    const bool all = run_batches(batches(100), {threads, {}, {}}, done, [&](const BatchResult& result) {
      EXPECT_EQ(std::this_thread::get_id(), caller);
      seen.insert(result.batch.point);
    });
    EXPECT_TRUE(all);
    EXPECT_EQ(seen.size(), 100u);
    EXPECT_EQ(std::set<std::size_t>(seen.begin(), seen.end()).size(), 100u);
  }
}

TEST(Scheduler, NothingToDoIsDone) {
  EXPECT_TRUE(run_batches({}, {3, {}, {}}, done, [](const BatchResult&) {}));
}

TEST(Scheduler, AStopKeepsWhatIsFinished) {
  std::size_t sunk = 0;
  const bool all = run_batches(
      batches(1000), {2, [&] { return sunk >= 3; }, {}},
      [](const Batch& batch) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        return done(batch);
      },
      [&](const BatchResult&) { ++sunk; });
  EXPECT_FALSE(all);
  EXPECT_GE(sunk, 3u);
  EXPECT_LT(sunk, 1000u);
}

TEST(Scheduler, ABatchBrokenOffEndsItsThreadAndIsNotSunk) {
  std::multiset<std::size_t> seen;
  const auto breaks_off = [](const Batch& batch) -> std::optional<BatchResult> {
    if (batch.point == 3) return std::nullopt;
    return done(batch);
  };
  EXPECT_FALSE(run_batches(batches(10), {1, {}, {}}, breaks_off,
                           [&](const BatchResult& result) { seen.insert(result.batch.point); }));
  EXPECT_EQ(seen, (std::multiset<std::size_t>{0, 1, 2}));
}

TEST(Scheduler, ErrorsOfWorkAndSinkReachTheCaller) {
  const auto fail = [](const Batch& batch) -> BatchResult {
    if (batch.point == 7) throw std::runtime_error("work");
    return done(batch);
  };
  EXPECT_THROW(run_batches(batches(100), {2, {}, {}}, fail, [](const BatchResult&) {}), std::runtime_error);
  EXPECT_THROW(run_batches(batches(100), {2, {}, {}}, done,
                           [](const BatchResult&) { throw std::runtime_error("sink"); }),
               std::runtime_error);
}

}  // namespace
}  // namespace twostage
