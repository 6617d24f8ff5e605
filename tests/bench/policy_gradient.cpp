// A sampled step of RLOO (tokens, H = 8, 16 groups of 4 completions, a tabular policy of 255 parameters):
// draws, returns, baseline, gradient, step and the new policy. It is held against a bare loop over the same
// samples and edges, which draws, adds up what is crossed and moves one number an edge, without a baseline, a
// reward or a class.
#include <benchmark/benchmark.h>

#include <cmath>
#include <vector>

#include "sim/algorithm/learner.hpp"
#include "sim/numerics/elementary.hpp"
#include "sim/random/draw.hpp"
#include "tests/bench/target.hpp"
#include "tests/support/arms.hpp"

namespace twostage::bench {
namespace {

constexpr int kGroups = 16, kGroup = 4, kHorizon = 8;
constexpr std::uint64_t kSteps = 64;

World tokens() {
  return test::world({{"family", "tokens"}, {"horizon", test::integer(kHorizon)}, {"headroom", 0.5}});
}

ArmSpec rloo() {
  ArmSpec arm = test::reward_arm("rm+rloo", test::model_class("degree", 1), test::penalty("reference-kl"));
  arm.policy = test::model_class("tabular");
  arm.options = test::settings(
      {{"expectation", "sampled"}, {"batch", test::integer(kGroups)}, {"group", test::integer(kGroup)}});
  arm.course = test::settings({{"kind", "gradient"}, {"rate", 0.1}, {"steps", test::integer(1'000'000)}});
  return arm;
}

struct Steps {
  World world = tokens();
  PreferenceData data = test::reference_pairs(world, 400);
  RandomSource source{1, "bench"};
  std::unique_ptr<Learner> learner =
      algorithms().at("rm+rloo").extra.learner(rloo(), ArmInput{world, data, source, 0, false});

  void take() {
    for (std::uint64_t k = 0; k < kSteps; ++k) learner->step();
  }
};

struct BareLoop {
  World world = tokens();
  RandomSource source{1, "bench"};
  std::vector<double> logit = std::vector<double>(world.graph.edges(), 0.0);
  std::vector<double> probability = std::vector<double>(world.graph.edges());
  std::uint64_t step = 0;

  void take() {
    const TokenGraph& graph = world.graph;
    std::vector<double> crossed(graph.edges());
    for (std::uint64_t k = 0; k < kSteps; ++k, ++step) {
      num::exp(logit, probability);
      std::ranges::fill(crossed, 0.0);
      for (std::uint64_t i = 0; i < kGroups * kGroup; ++i) {
        auto engine = source.stream(Purpose::on_policy, 0, 0, step * (kGroups * kGroup) + i);
        StateId s = 0;
        for (int h = 0; h < kHorizon; ++h) {
          const EdgeId zero = graph.edge(s, 0);
          const double p = probability[static_cast<std::size_t>(zero)];
          const double q = probability[static_cast<std::size_t>(zero) + 1];
          const EdgeId e = zero + (draw_uniform(engine) * (p + q) < p ? 0 : 1);
          crossed[static_cast<std::size_t>(e)] += 1;
          s = graph.successor(e);
        }
      }
      for (std::size_t e = 0; e < logit.size(); ++e) logit[e] += 1e-9 * (crossed[e] - logit[e]);
    }
    benchmark::DoNotOptimize(logit.data());
  }
};

const bool registered = [] {
  benchmark::RegisterBenchmark("rloo: 64 sampled steps", [](benchmark::State& state) {
    Steps steps;
    for (auto _ : state) steps.take();
  })->Unit(benchmark::kMicrosecond);
  benchmark::RegisterBenchmark("rloo: a bare loop over as many samples and edges",
                               [](benchmark::State& state) {
                                 BareLoop loop;
                                 for (auto _ : state) loop.take();
                               })
      ->Unit(benchmark::kMicrosecond);
  RegisterTarget({"sampled policy-gradient step, against a bare loop over its samples and edges",
                  Target::Bound::at_most, 3.0, "x", [] {
                    Steps steps;
                    BareLoop loop;
                    const auto times = fastest({[&] { steps.take(); }, [&] { loop.take(); }});
                    return times[0] / times[1];
                  }});
  return true;
}();

}  // namespace
}  // namespace twostage::bench
