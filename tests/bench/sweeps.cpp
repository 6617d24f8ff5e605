// The three sweeps on three kinds of graph, against bare loops that do the same exps, logs and memory
// accesses in blocks that fit the first cache, without the order in which states depend on each other. Both
// are compiled with the same flags and go through the same kernels of `num`: neither has wider registers.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <vector>

#include "sim/numerics/elementary.hpp"
#include "sim/plan/sweeps.hpp"
#include "sim/preference/pair_drawer.hpp"
#include "tests/bench/target.hpp"
#include "tests/support/worlds.hpp"

namespace twostage::bench {
namespace {

std::size_t at(EdgeId e) {
  return static_cast<std::size_t>(e);
}

// A world, the outputs of the sweeps, and 4096 paths.
struct Case {
  explicit Case(World w)
      : world(std::move(w)),
        mass(world.graph.edges()),
        paths(sample_pairs(world, world.log_reference, 4096, RandomSource(1, "bench"), 0, 0).chosen),
        sums(4096) {
    plan();
  }

  void plan() { soft_plan(world.graph, world.log_reference, world.reward, world.beta, planned); }
  void occupy() { occupancy(world.graph, world.rho, planned.log_policy, mass, state_mass); }
  void sum_paths() { path_sums(world.reward, paths, static_cast<std::size_t>(world.graph.horizon()), sums); }

  World world;
  SoftPlan planned;
  std::vector<double> mass;
  std::vector<double> state_mass;
  std::vector<EdgeId> paths;
  std::vector<double> sums;
};

// What the sweeps read and write, with nothing to wait for.
struct Bare {
  explicit Bare(const Case& c)
      : c(c),
        value(c.planned.value),
        log_policy(c.world.graph.edges()),
        out(std::max(c.world.graph.edges(), c.sums.size())) {}

  static constexpr std::size_t kBlock = 512;

  void plan() {
    const auto successor = c.world.graph.successors();
    const double inverse_beta = 1 / c.world.beta;
    const auto actions = static_cast<std::size_t>(c.world.graph.actions(0));
    std::array<double, kBlock> w;
    std::array<double, kBlock> p;
    for (std::size_t begin = 0; begin < log_policy.size(); begin += kBlock) {
      const std::size_t n = std::min(kBlock, log_policy.size() - begin);
      for (std::size_t i = 0; i < n; ++i)
        w[i] = c.world.log_reference[begin + i] +
               (c.world.reward[begin + i] + value[at(successor[begin + i])]) * inverse_beta;
      num::exp(std::span(w).first(n), p);
      num::log(std::span(p).first(n / actions), p);
      for (std::size_t i = 0; i < n / actions; ++i) out[begin / actions + i] = p[i];
      for (std::size_t i = 0; i < n; ++i) log_policy[begin + i] = w[i] - p[i];
    }
    benchmark::ClobberMemory();
  }

  void occupy() {
    const auto successor = c.world.graph.successors();
    std::array<double, kBlock> p;
    for (std::size_t begin = 0; begin < log_policy.size(); begin += kBlock) {
      const std::size_t n = std::min(kBlock, log_policy.size() - begin);
      num::exp(std::span(c.planned.log_policy).subspan(begin, n), p);
      for (std::size_t i = 0; i < n; ++i) out[begin + i] = p[i] * value[at(successor[begin + i])];
    }
    benchmark::ClobberMemory();
  }

  void sum_paths() {
    std::array<double, 8> sum{};
    std::size_t i = 0;
    for (; i + 8 <= c.paths.size(); i += 8)
      for (std::size_t k = 0; k < 8; ++k) sum[k] += c.world.reward[at(c.paths[i + k])];
    std::fill_n(out.begin(), c.sums.size(), sum[0] + sum[1]);
    benchmark::DoNotOptimize(sum);
    benchmark::ClobberMemory();
  }

  const Case& c;
  std::vector<double> value;
  std::vector<double> log_policy;
  std::vector<double> out;
};

using test::integer;
Case walk() {
  return Case(test::world({{"family", "walk"}, {"horizon", integer(200)}}));
}
Case tokens() {
  return Case(test::world({{"family", "tokens"}, {"horizon", integer(16)}, {"degree", integer(2)}}));
}
Case bandit() {
  return Case(test::world({{"family", "bandit"}, {"arms", integer(64)}, {"prompts", integer(64)}}));
}

struct Place {
  const char* name;
  Case (*make)();
};
constexpr Place kPlaces[] = {{"walk H=200", walk}, {"tokens 2^16", tokens}, {"bandit 64x64", bandit}};

struct Sweep {
  const char* name;
  void (Case::*work)();
  void (Bare::*bare)();
};
constexpr Sweep kSweeps[] = {{"soft plan", &Case::plan, &Bare::plan},
                             {"occupancy", &Case::occupy, &Bare::occupy},
                             {"path sums", &Case::sum_paths, &Bare::sum_paths}};

const bool registered = [] {
  for (const Sweep& sweep : kSweeps) {
    for (const Place& place : kPlaces) {
      const std::string name = std::string(sweep.name) + ", " + place.name;
      benchmark::RegisterBenchmark(name.c_str(), [sweep, place](benchmark::State& state) {
        Case c = place.make();
        for (auto _ : state) (c.*sweep.work)();
        state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(c.world.graph.edges()));
      });
      RegisterTarget({name + ": throughput / bare loop", Target::Bound::at_least, 0.5, "", [sweep, place] {
                        Case c = place.make();
                        Bare bare(c);
                        return relative_throughput([&] { (c.*sweep.work)(); }, [&] { (bare.*sweep.bare)(); });
                      }});
    }
  }
  return true;
}();

}  // namespace
}  // namespace twostage::bench
