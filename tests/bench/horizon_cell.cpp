// One cell of the horizon study: walk, H = 6, n = 400, its three arms (terminal reward and plan, dense reward
// and plan, tabular DPO): world, data, fits and regrets, without the existence test and pair functionals.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "sim/algorithm/arm.hpp"
#include "sim/plan/divergence.hpp"
#include "sim/plan/sweeps.hpp"
#include "tests/bench/target.hpp"
#include "tests/support/arms.hpp"

namespace twostage::bench {
namespace {

struct Part {
  const char* name;
  ArmSpec arm;
};
std::vector<Part> parts() {
  return {
      {"terminal rm+plan",
       test::reward_arm("rm+plan", test::model_class("terminal"), test::penalty("reference-kl"))},
      {"dense rm+plan",
       test::reward_arm("rm+plan", test::model_class("dense"), test::penalty("reference-kl"))},
      {"tabular dpo", test::policy_arm("dpo", test::model_class("tabular"), test::penalty("reference-kl"))}};
}

// Replicate by replicate, as the runner goes: a single data set could be an easy one.
constexpr std::uint64_t kReplicates = 16;

struct Replicate {
  World world;
  PreferenceData data;
  SoftPlan optimum;
};
Replicate replicate(std::uint64_t r) {
  World world =
      test::world({{"family", "walk"}, {"horizon", test::integer(6)}, {"headroom", 0.5}}, r % kReplicates);
  PreferenceData data = sample_pairs(world, world.log_reference, 400, RandomSource(1, "bench"), r, 0);
  SoftPlan optimum;
  soft_plan(world.graph, world.log_reference, world.reward, world.beta, optimum);
  return {std::move(world), std::move(data), std::move(optimum)};
}

double fit(const Replicate& r, const ArmSpec& arm) {
  const RandomSource source(1, "bench");
  const ArmResult result = run_arm(arm, {r.world, r.data, source, 0, false});
  return regret(r.world, result.log_policy(), r.optimum.log_policy);
}

void cell(std::uint64_t r, const std::vector<Part>& arms) {
  const Replicate made = replicate(r);
  for (const Part& part : arms) benchmark::DoNotOptimize(fit(made, part.arm));
}

const bool registered = [] {
  benchmark::RegisterBenchmark("horizon cell", [](benchmark::State& state) {
    const auto arms = parts();
    std::uint64_t r = 0;
    for (auto _ : state) cell(r++ % kReplicates, arms);
  })->Unit(benchmark::kMillisecond);
  benchmark::RegisterBenchmark("horizon cell: world, data and optimum", [](benchmark::State& state) {
    std::uint64_t r = 0;
    for (auto _ : state) benchmark::DoNotOptimize(replicate(r++ % kReplicates));
  })->Unit(benchmark::kMillisecond);
  for (const Part& part : parts()) {
    const std::string name = std::string("horizon cell: ") + part.name;
    benchmark::RegisterBenchmark(name.c_str(), [part](benchmark::State& state) {
      std::vector<Replicate> made;
      for (std::uint64_t r = 0; r < kReplicates; ++r) made.push_back(replicate(r));
      std::size_t r = 0;
      for (auto _ : state) benchmark::DoNotOptimize(fit(made[r++ % kReplicates], part.arm));
    })->Unit(benchmark::kMillisecond);
  }

  RegisterTarget({"horizon cell H=6, n=400, three arms: mean time", Target::Bound::at_most, 6.0, "ms", [] {
                    const auto arms = parts();
                    const auto all = [&] {
                      for (std::uint64_t r = 0; r < kReplicates; ++r) cell(r, arms);
                    };
                    return Measured(1e3 * fastest({all})[0] / static_cast<double>(kReplicates),
                                    "left out: theory, existence test, all metrics but regret");
                  }});
  return true;
}();

}  // namespace
}  // namespace twostage::bench
