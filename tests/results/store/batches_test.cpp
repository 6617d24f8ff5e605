#include "results/store/batches.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <functional>

#include "results/store/content_hash.hpp"
#include "results/store/store.hpp"
#include "tests/results/store/sample.hpp"

namespace twostage {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

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

// Cells and replicates cut into unequal pieces, one of them overlapping another, in every order.
TEST(Assembly, DoesNotDependOnOrderOrOverlap) {
  std::vector<Dataset> parts = {slab({1}, {0, 1, 2}), slab({2, 4}, {0}), slab({4, 2}, {2, 1}),
                                slab({2}, {0, 1})};
  std::vector<std::size_t> order = {0, 1, 2, 3};
  const std::string expected = content_hash(slab({1, 2, 4}, {0, 1, 2}));
  do {
    Assembly assembly(slab({1, 2, 4}, {0, 1, 2}, false));
    for (const auto i : order) assembly.add(parts[i], "part");
    EXPECT_EQ(content_hash(std::move(assembly).take()), expected);
  } while (std::ranges::next_permutation(order).found);
}

TEST(Assembly, WhatNoPartGivesStaysAsItWas) {
  Assembly assembly(slab({1, 2}, {0, 1}, false));
  assembly.add(slab({2}, {1}), "part");
  const auto whole = std::move(assembly).take();
  const auto& regret = std::get<std::vector<double>>(whole.variable("regret").data);
  for (std::size_t i = 0; i < 6; ++i) EXPECT_NE(regret[i], regret[i]);
  EXPECT_EQ(regret[6], value(2, 1, 0));
  EXPECT_EQ(regret[7], value(2, 1, 1));
}

TEST(Assembly, RefusesAnotherConfigurationAndNamesBoth) {
  Assembly assembly(slab({1}, {0}, false));
  Dataset other = slab({1}, {0});
  other.attributes["config_hash"] = std::string("def");
  EXPECT_THAT(
      [&] { assembly.add(other, "runs/batch-7.h5"); },
      ThrowsMessage<StoreError>(AllOf(HasSubstr("runs/batch-7.h5"), HasSubstr("abc"), HasSubstr("def"))));
}

TEST(Assembly, RefusesWhatDoesNotFit) {
  const auto refuses = [](const std::function<void(Dataset&)>& spoil, const std::string& reason) {
    Assembly assembly(slab({1, 2}, {0, 1}, false));
    assembly.add(slab({1}, {0}), "first");
    Dataset part = slab({1}, {0});
    spoil(part);
    EXPECT_THAT([&] { assembly.add(part, "second"); },
                ThrowsMessage<StoreError>(AllOf(HasSubstr("second"), HasSubstr(reason))));
  };
  refuses([](Dataset& d) { std::get<std::vector<double>>(d.variables[0].data)[1] = 7; }, "disagrees");
  refuses([](Dataset& d) { d.dimensions[0].coordinate = std::vector<std::int64_t>{3}; }, "'horizon'");
  refuses([](Dataset& d) { d.dimensions[0].coordinate = std::vector<double>{1}; }, "another type");
  refuses(
      [](Dataset& d) {
        d.dimensions[0].name = d.variables[0].dimensions[0] = d.variables[1].dimensions[0] = "h";
      },
      "'regret'");
  refuses([](Dataset& d) { d.variables[0].name = "regrets"; }, "did you mean 'regret'");
}

}  // namespace
}  // namespace twostage
