#include "results/store/batches.hpp"

#include <gmock/gmock.h>

#include "results/dataset/content_hash.hpp"
#include "results/store/store.hpp"
#include "tests/results/store/sample.hpp"

namespace twostage {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

double value(std::int64_t horizon, std::int64_t replicate, std::size_t arm) {
  return static_cast<double>(100 * horizon + 10 * replicate) + static_cast<double>(arm);
}

// The values of some horizons and replicates; NaN where `filled` is false.
Dataset slab(std::vector<std::int64_t> horizons, std::vector<std::int64_t> replicates, bool filled = true) {
  const std::vector<std::string> arms = {"dpo", "rm+plan"};
  std::vector<double> regret;
  std::vector<std::int64_t> parameters;
  for (const auto h : horizons) {
    for (std::size_t a = 0; a < arms.size(); ++a) parameters.push_back(filled ? h * h : 0);
    for (const auto r : replicates) {
      for (std::size_t a = 0; a < arms.size(); ++a) {
        regret.push_back(filled ? value(h, r, a) : std::numeric_limits<double>::quiet_NaN());
      }
    }
  }
  Dataset d;
  d.dimensions = {{"horizon", std::move(horizons)}, {"replicate", std::move(replicates)}, {"arm", arms}};
  d.variables = {{"regret", {"horizon", "replicate", "arm"}, regret},
                 {"parameters", {"horizon", "arm"}, parameters}};
  d.attributes = {{"config_hash", std::string("abc")}};
  return d;
}

TEST(Batches, AreListedByNumberAndReadBack) {
  const Folder folder;
  for (const std::int64_t id : {10, 2, 0}) write_batch(folder.path(), id, slab({1}, {id}));
  put_bytes(folder / "batch-3.h5.tmp", "left by a kill");
  put_bytes(folder / "batch-x.h5", "");
  put_bytes(folder / "batch--1.h5", "");
  put_bytes(folder / "run.json", "{}");
  EXPECT_THAT(list_batches(folder.path()), ElementsAre(0, 2, 10));
  EXPECT_EQ(content_hash(read_batch(folder.path(), 10)), content_hash(slab({1}, {10})));
  EXPECT_THAT(list_batches(folder / "missing"), IsEmpty());
}

TEST(Batches, NeedTheConfiguration) {
  const Folder folder;
  Dataset d = slab({1}, {0});
  d.attributes.clear();
  EXPECT_THROW(write_batch(folder.path(), 0, d), std::invalid_argument);
  EXPECT_THROW(write_batch(folder.path(), -1, slab({1}, {0})), std::invalid_argument);
  EXPECT_EQ(folder.files(), 0u);
}

}  // namespace
}  // namespace twostage
