// What tests of verdicts share: one claim judged, and regrets with a known ratio.
#pragma once

#include <cmath>
#include <limits>

#include "results/verdict/verdict.hpp"
#include "sim/random/draw.hpp"
#include "sim/random/stream.hpp"
#include "tests/results/verdict/dataset_builder.hpp"

namespace twostage::test {

inline constexpr double nan = std::numeric_limits<double>::quiet_NaN();
inline constexpr double alpha = 0.01;

// A lognormal of mean one, the same for all cells and arms of a replicate (common random numbers) but for
// `own`, the share of the spread that is the arm's and cell's own.
inline double noise(const Where& w, double sigma, double own = 0) {
  const RandomSource source(11, "judge test");
  Philox4x64 shared = source.stream(Purpose::data, w.replicate, 0, 0);
  const auto cell = static_cast<std::uint64_t>(w.horizon * 1e6 + w.pairs * 10);
  Philox4x64 private_noise = source.stream(Purpose::data, w.replicate, 1, cell + w.arm);
  const double z = std::sqrt(1 - own) * draw_normal(shared) + std::sqrt(own) * draw_normal(private_noise);
  return std::exp(sigma * z - sigma * sigma / 2);
}

inline Verdict judge_one(const Builder& builder, Claim claim) {
  claim.id = std::string("c");
  return judge(builder.data(), {claim}, alpha).at(0);
}
inline Verdict holds(const Builder& builder, const std::string& formula) {
  return judge_one(builder, {.holds = formula});
}
inline Verdict interval(const Builder& builder, const std::string& formula) {
  return judge_one(builder, {.interval = formula});
}

// regret of dpo = horizon-fold that of rm+plan with 1 / pairs decay; sft does not decay.
inline Builder regrets(std::size_t replicates, double own) {
  Builder b(replicates);
  b.add("regret", {"replicate", "arm"}, [own](const Where& w) {
    const double mean = w.arm == 0 ? 1 / w.pairs : w.arm == 1 ? std::exp(0.3 * w.horizon) / w.pairs : 0.01;
    return mean * noise(w, 1.0, own);
  });
  b.add("predicted_regret", {"arm"}, [](const Where& w) { return 1 / w.pairs; });
  return b;
}

}  // namespace twostage::test
