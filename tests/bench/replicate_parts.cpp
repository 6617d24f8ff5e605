// Where a replicate's time goes beside its fits: drawing pairs, tabulating them, theory's word and the exact
// test of existence, each against what bounds it or what it serves, within one run.
#include <benchmark/benchmark.h>

#include <fmt/format.h>

#include <array>
#include <vector>

#include "sim/existence/existence.hpp"
#include "sim/numerics/elementary.hpp"
#include "tests/bench/target.hpp"
#include "tests/support/arms.hpp"
#include "theory/prediction/prediction.hpp"

namespace twostage::bench {
namespace {

using test::integer;

// A world and pairs of it.
struct Sample {
  Sample(World w, std::size_t n)
      : world(std::move(w)),
        drawer(world, world.log_reference, world.log_reference),
        pairs(n),
        data(drawer.none()) {
    drawer.extend(data, pairs, source, 0, 0);
  }

  void draw() {
    PreferenceData fresh = drawer.none();
    drawer.extend(fresh, pairs, source, 0, 0);
    benchmark::DoNotOptimize(fresh.chosen.data());
  }
  void count() { benchmark::DoNotOptimize(tabulate(data)); }

  // The generator's blocks and the label's sigmoid: what no way of drawing these numbers is spared.
  void bare() {
    const auto H = static_cast<std::size_t>(world.graph.horizon());
    std::vector<std::uint64_t> words((2 + 2 * H + 3) / 4 * 4);
    std::array<double, 64> label{};
    for (std::size_t i = 0; i < pairs; ++i) {
      source.fill(Purpose::data, 0, 0, i, words.size() / 4, words);
      label[i % 64] = static_cast<double>(words[1]) * 0x1p-64;
      if (i % 64 == 63) num::sigmoid(label, label);
      benchmark::DoNotOptimize(words.data());
    }
    benchmark::DoNotOptimize(label);
  }

  RandomSource source{1, "bench"};
  World world;
  PairDrawer drawer;
  std::size_t pairs;
  PreferenceData data;
};

Sample tokens() {
  return {test::world({{"family", "tokens"}, {"horizon", integer(4)}}), 4000};
}
Sample walk() {
  return {test::world({{"family", "walk"}, {"horizon", integer(6)}, {"headroom", 0.5}}), 4000};
}
Sample actions() {
  return {test::world({{"family", "two-token"}, {"actions", integer(32)}}), 4000};
}

struct Place {
  const char* name;
  Sample (*make)();
};
constexpr Place kPlaces[] = {{"tokens H=4", tokens}, {"walk H=6", walk}, {"two-token K=32", actions}};

Measured per_pair(double ratio, double seconds, std::size_t pairs) {
  return {ratio, fmt::format("{:.0f} ns a pair", 1e9 * seconds / static_cast<double>(pairs))};
}

// Of the dense class on 400 pairs of the walk, where tabular DPO has the same numbers to learn.
struct Asked {
  Sample sample{test::world({{"family", "walk"}, {"horizon", integer(6)}, {"headroom", 0.5}}), 400};
  PairTable table = tabulate(sample.data);
  PairPolicies policies{sample.world.log_reference, sample.world.log_reference};
  ArmSpec arm = test::reward_arm("rm+plan", test::model_class("dense"), test::penalty("reference-kl"));
  std::unique_ptr<const LinearModel> model =
      make_linear_model(test::model_class("dense"), sample.world, Role::reward);

  void fit() { benchmark::DoNotOptimize(run_arm(arm, {sample.world, sample.data, sample.source, 0, false})); }
  void existence() { benchmark::DoNotOptimize(test_existence(*model, table)); }
  void theory() {
    Predictor predictor({Route::Kind::plan, model.get(), {PenaltyTerm::Kind::reference_kl, 4.0}},
                        sample.world, policies);
    const PredictionParts parts = {
        .second_order = false, .quantiles = false, .existence = false, .regime = true};
    benchmark::DoNotOptimize(predictor.at(400, kEffortForOne, parts));
  }
};

const bool registered = [] {
  for (const Place& place : kPlaces) {
    const std::string at = std::string(", ") + place.name;
    RegisterTarget(
        {"drawing pairs" + at + ": throughput / bare generator", Target::Bound::at_least, 0.25, "", [place] {
           Sample s = place.make();
           const auto t = fastest({[&] { s.draw(); }, [&] { s.bare(); }});
           return per_pair(t[1] / t[0], t[0], s.pairs);
         }});
    RegisterTarget({"tabulating them" + at + ": time / drawing", Target::Bound::at_most, 1, "", [place] {
                      Sample s = place.make();
                      const auto t = fastest({[&] { s.count(); }, [&] { s.draw(); }});
                      return per_pair(t[0] / t[1], t[0], s.pairs);
                    }});
  }
  using Work = void (Asked::*)();
  const auto against_the_fit = [](const char* what, double most, Work work) {
    RegisterTarget({std::string(what) + ", walk H=6, n=400, dense: time / fit", Target::Bound::at_most, most,
                    "", [work] {
                      Asked asked;
                      const auto t = fastest({[&] { (asked.*work)(); }, [&] { asked.fit(); }});
                      return Measured(t[0] / t[1], fmt::format("{:.2f} ms", 1e3 * t[0]));
                    }});
  };
  against_the_fit("existence test", 0.5, &Asked::existence);
  against_the_fit("theory", 100, &Asked::theory);
  return true;
}();

}  // namespace
}  // namespace twostage::bench
