// Which part of a replicate's time its fits take: run_arm on worlds, pairs and tables that are there, against
// whole replicates of the same cells, from the drawn world to measured numbers. Most of it, it is promised;
// where theory speaks of each world, too, a tenth: it may take as long as nine fits.
#include <benchmark/benchmark.h>

#include <fmt/format.h>

#include <memory>
#include <vector>

#include "experiments/runner/replicate/replicate.hpp"
#include "experiments/runner/replicate/strand.hpp"
#include "experiments/runner/result/batches.hpp"
#include "tests/bench/target.hpp"

namespace twostage::bench {
namespace {

constexpr const char* kCells = R"(
title = "bench"
world = { family = "walk" }
penalty = { kind = "reference-kl", lambda = 4.0 }
keep = ["policy_gap", "kl_to_reference", "parameter_count"]
[[arms]]
name = "rm"
algorithm = "rm+plan"
reward = { class = "terminal" }
[[arms]]
name = "dpo"
algorithm = "dpo"
policy = { class = "tabular" }
[[variants]]
name = "walk"
world = { family = "walk", horizon = 6, headroom = 0.5 }
[[variants]]
name = "tokens"
world = { family = "tokens", horizon = 5, degree = 1, headroom = 0.5 }
arms.rm.reward = { class = "degree" }
[[variants]]
name = "two-token"
world = { family = "two-token", actions = 16, headroom = 0.5 }
arms.rm.reward = { class = "degree" }
[axes]
pairs = [100, 400]
[replicates]
bench = 4
)";

// What its fits find there.
struct Ready {
  Ready(const Study& study, const Columns& columns, const Batch& batch, std::uint64_t r)
      : point(study, batch.point, 1e9), setting(point, r), data(setting, r), replicate(r) {
    for (const ArmSpec& arm : point.recipe().arms) {
      data.of(arm).grow_to(point);
      existence.push_back(needs_existence(arm, columns));
    }
  }

  void fit() {
    const RandomSource source = point.source();
    for (std::size_t a = 0; a < existence.size(); ++a) {
      const ArmSpec& arm = point.recipe().arms[a];
      const GrowingData& of_arm = data.of(arm);
      benchmark::DoNotOptimize(
          run_arm(arm, {setting.world, of_arm.data(), source, replicate, existence[a], of_arm.table()}));
    }
  }

  Point point;
  Setting setting;
  ReplicateData data;
  std::uint64_t replicate;
  std::vector<bool> existence;
};

// `theory`: whether the whole has it.
Measured fits_share(bool theory) {
  std::vector<Argument> changes = {{"predictions", "false"}};
  if (theory) changes = {{"keep", R"(["policy_gap", "predicted_regret", "kappa", "regime"])"}};
  const Study study = parse_study("bench", kCells, "bench", "bench", changes);
  const Columns columns = columns_of(study);
  const std::vector<Batch> batches = batches_of(study);
  const std::vector<Strand> strands = strands_of(study, batches, 1);
  std::vector<std::unique_ptr<Ready>> ready;
  for (const Batch& batch : batches)
    for (std::int64_t i = 0; i < batch.count; ++i)
      ready.push_back(
          std::make_unique<Ready>(study, columns, batch, static_cast<std::uint64_t>(batch.first + i)));
  const auto whole = [&] {
    for (const Strand& strand : strands) benchmark::DoNotOptimize(run_strand(study, columns, strand, 1e9));
  };
  const auto fits = [&] {
    for (const auto& one : ready) one->fit();
  };
  const double of_fits = bench::share(fits, whole, 41);
  return {100 * of_fits, "walk H=6, tokens H=5, two-token K=16, n=100 and 400; left out: existence, files"};
}

const RegisterTarget without({"fits' share of a replicate, rm and dpo, without theory",
                              Target::Bound::at_least, 50, "%", [] { return fits_share(false); }});
const RegisterTarget with_theory({"fits' share of a replicate, rm and dpo, with theory",
                                  Target::Bound::at_least, 10, "%", [] { return fits_share(true); }});

}  // namespace
}  // namespace twostage::bench
