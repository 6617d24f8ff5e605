// Scaling laws: slopes of time and memory of a replicate (world, pairs, table, fit, what is measured of it;
// no theory, existence test or files) against each of its sizes, the largest size tried, and what the program
// refuses beyond.
#include <fmt/format.h>

#include "tests/bench/growth.hpp"
#include "tests/bench/target.hpp"

namespace twostage::bench {
namespace {

constexpr const char* kWalk = "family = 'walk', horizon = 6, headroom = 0.5";
constexpr const char* kWalks = "family = 'walk', horizon = {}, headroom = 0.5";
constexpr const char* kTexts = "family = 'tokens', horizon = {}, degree = 1";
constexpr const char* kArms = "family = 'bandit', arms = {}";
constexpr const char* kFirstTokens = "family = 'two-token', actions = {}";
constexpr const char* kPrompts =
    "family = 'tokens', horizon = 4, degree = 1, shared_classes = false, prompts = {}";
constexpr const char* kFixedTexts = "family = 'tokens', horizon = 10, degree = 1";

constexpr const char* kTerminal = "algorithm = 'rm+plan'\nreward = { class = 'terminal' }";
constexpr const char* kDegree = "algorithm = 'rm+plan'\nreward = { class = 'degree' }";
constexpr const char* kRewards = "algorithm = 'rm+plan'\nreward = { class = 'tabular' }";
constexpr const char* kTabular = "algorithm = 'dpo'\npolicy = { class = 'tabular' }";
constexpr const char* kFirstRewards = "algorithm = 'rm+plan'\nreward = { class = 'first', k = {} }";
constexpr const char* kFirstPolicies = "algorithm = 'dpo'\npolicy = { class = 'first', k = {} }";

// Of p parameters Newton's method takes p^3 in time and p^2 in memory; pairs take one each. A walk has H^2
// edges and 2 H ends, so that the covariances of its sums take H^3; its policies have H^2 parameters. N texts
// have as many edges and log N parameters of degree one, whose covariances take N log(N)^2, a slope of 1.2
// here. Prompts without a common parameter
// have one Hessian all the same; fitted one by one, they would take 1.
constexpr Law kLaws[] = {
    {"pairs, walk H=6, rm", 1000, 1'000'000'000, kWalk, "{}", kTerminal, 1, 1},
    {"pairs, walk H=6, dpo", 1000, 1'000'000'000, kWalk, "{}", kTabular, 1, 1},
    {"H, walk, rm", 8, 1000, kWalks, "400", kTerminal, 3, 3},
    {"H, walk, dpo", 4, 1000, kWalks, "400", kTabular, 6, 4},
    {"completions, tokens, rm", 6, 20, kTexts, "400", kDegree, 1.2, 1.1, true},
    {"completions, tokens, dpo", 4, 20, kTexts, "400", kTabular, 3, 2, true},
    {"A, bandit, rm", 50, 4096, kArms, "2000", kRewards, 3, 2},
    {"A, bandit, dpo", 50, 4096, kArms, "2000", kTabular, 3, 2},
    {"A, two-token, rm", 50, 4096, kFirstTokens, "2000", kDegree, 3, 2},
    {"A, two-token, dpo", 50, 4096, kFirstTokens, "2000", kTabular, 3, 2},
    {"prompts, tokens H=4, rm", 4, 4096, kPrompts, "4000", kDegree, 3, 2},
    {"prompts, tokens H=4, dpo", 4, 4096, kPrompts, "4000", kTabular, 3, 2},
    {"parameters, tokens H=10, rm", 25, 1023, kFixedTexts, "2000", kFirstRewards, 3, 2},
    {"parameters, tokens H=10, dpo", 25, 1023, kFixedTexts, "2000", kFirstPolicies, 3, 2},
};
constexpr double kNoise = 0.2;  // of a slope: caches that become too small, and a busy machine

Measured time(const Law& law) {
  const Growth& of = growth_of(law);
  const std::string doubt =
      of.unconverged == 0 ? "" : fmt::format("; from {:.0f} on a fit did not converge", of.unconverged);
  return {slope(of.sizes, &Size::seconds),
          fmt::format("{:.0f} to {:.0f}, there {:.3g} s; {}{}; left out: theory, existence",
                      of.sizes.front().size, of.sizes.back().size, of.sizes.back().seconds, of.end, doubt)};
}

Measured memory(const Law& law) {
  const Growth& of = growth_of(law);
  return {slope(of.sizes, &Size::bytes),
          fmt::format("to {:.0f}, there {:.1f} MB", of.sizes.back().size, of.sizes.back().bytes / 1e6)};
}

const bool registered = [] {
  for (const Law& law : kLaws) {
    const std::string of = std::string(" against ") + law.what + ": slope";
    RegisterTarget(
        {"time" + of, Target::Bound::at_most, law.time + kNoise, "", [&law] { return time(law); }});
    RegisterTarget(
        {"memory" + of, Target::Bound::at_most, law.memory + kNoise, "", [&law] { return memory(law); }});
  }
  return true;
}();

}  // namespace
}  // namespace twostage::bench
