// The scheduler: every batch once, in one sink thread, whatever the number of workers; errors end the run.
#include "experiments/runner/run/scheduler.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <set>
#include <stdexcept>
#include <thread>

namespace twostage {
namespace {

// So many batches, in strands of one, two, three, one, ... of them.
std::vector<Strand> strands(std::size_t count) {
  std::vector<Strand> out;
  for (std::size_t i = 0; i < count;) {
    Strand strand;
    for (std::size_t length = out.size() % 3 + 1; length > 0 && i < count; --length, ++i)
      strand.push_back({i, 0, 1});
    out.push_back(strand);
  }
  return out;
}

std::vector<BatchResult> done(const Strand& strand) {
  std::vector<BatchResult> out;
  for (const Batch& batch : strand) out.push_back({batch, {}, {}, {}, {}, {}});
  return out;
}

bool holds(const Strand& strand, std::size_t point) {
  return std::ranges::any_of(strand, [&](const Batch& batch) { return batch.point == point; });
}

TEST(Scheduler, DoesEveryBatchOnceAndSinksInTheCallingThread) {
  for (const int threads : {1, 2, 5}) {
    std::multiset<std::size_t> seen;
    const auto caller = std::this_thread::get_id();
    const bool all = run_strands(strands(100), {threads, {}, {}}, done, [&](const BatchResult& result) {
      EXPECT_EQ(std::this_thread::get_id(), caller);
      seen.insert(result.batch.point);
    });
    EXPECT_TRUE(all);
    EXPECT_EQ(seen.size(), 100u);
    EXPECT_EQ(std::set<std::size_t>(seen.begin(), seen.end()).size(), 100u);
  }
}

TEST(Scheduler, NothingToDoIsDone) {
  EXPECT_TRUE(run_strands({}, {3, {}, {}}, done, [](const BatchResult&) {}));
}

TEST(Scheduler, AStopKeepsWhatIsFinished) {
  std::size_t sunk = 0;
  const bool all = run_strands(
      strands(1000), {2, [&] { return sunk >= 3; }, {}},
      [](const Strand& strand) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        return done(strand);
      },
      [&](const BatchResult&) { ++sunk; });
  EXPECT_FALSE(all);
  EXPECT_GE(sunk, 3u);
  EXPECT_LT(sunk, 1000u);
}

TEST(Scheduler, AStrandBrokenOffEndsItsThreadAndIsNotSunk) {
  std::multiset<std::size_t> seen;
  const auto breaks_off = [](const Strand& strand) -> std::optional<std::vector<BatchResult>> {
    if (holds(strand, 3)) return std::nullopt;
    return done(strand);
  };
  EXPECT_FALSE(run_strands(strands(10), {1, {}, {}}, breaks_off,
                           [&](const BatchResult& result) { seen.insert(result.batch.point); }));
  EXPECT_EQ(seen, (std::multiset<std::size_t>{0, 1, 2}));
}

TEST(Scheduler, ErrorsOfWorkAndSinkReachTheCaller) {
  const auto fail = [](const Strand& strand) {
    if (holds(strand, 7)) throw std::runtime_error("work");
    return done(strand);
  };
  EXPECT_THROW(run_strands(strands(100), {2, {}, {}}, fail, [](const BatchResult&) {}), std::runtime_error);
  EXPECT_THROW(run_strands(strands(100), {2, {}, {}}, done,
                           [](const BatchResult&) { throw std::runtime_error("sink"); }),
               std::runtime_error);
}

}  // namespace
}  // namespace twostage
