// Drawing preference data: pairs of completions of two policies, labelled by the world's preferences.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "sim/preference/preference_data.hpp"
#include "sim/random/stream.hpp"
#include "sim/world/world.hpp"

namespace twostage {

// n pairs: prompt ~ rho, one completion from `log_first` and one from `log_second` (policies on the world's
// graph, see pair_sampler.hpp), label by the law of the world's preferences (label_law.hpp): Bradley-Terry on
// the true reward, P(xi1 > xi2) = sigmoid(r*(xi1) - r*(xi2)), unless it has a cycle. Pair i depends on i
// alone, so the data of size n are a prefix of those of size 2n; the label uses one uniform that no knob
// moves. The two completions draw their tokens in turn, so that a longer horizon extends them; each takes its
// own uniforms, so that a change of one policy leaves the other's tokens.
PreferenceData sample_pairs(const World& world, std::span<const double> log_first,
                            std::span<const double> log_second, std::size_t pairs, const RandomSource& source,
                            std::uint64_t replicate, std::uint64_t instance);

// The same, drawn as far as they are asked for: one drawer serves all replicates of a world, and the data of
// a replicate may be extended to any larger size.
class PairDrawer {
 public:
  // The world and the policies are referred to. Policies: one log-probability per edge, else
  // std::invalid_argument.
  PairDrawer(const World& world, std::span<const double> log_first, std::span<const double> log_second);
  ~PairDrawer();
  PairDrawer(PairDrawer&&) noexcept;
  PairDrawer& operator=(PairDrawer&&) noexcept;

  PreferenceData none() const;  // no pairs yet
  // Appends the pairs data.size() .. pairs - 1 of (source, replicate, instance), whose others `data` holds.
  void extend(PreferenceData& data, std::size_t pairs, const RandomSource& source, std::uint64_t replicate,
              std::uint64_t instance) const;

 private:
  struct Policies;
  std::unique_ptr<const Policies> policies_;
};

// Both from one policy.
inline PreferenceData sample_pairs(const World& world, std::span<const double> log_policy, std::size_t pairs,
                                   const RandomSource& source, std::uint64_t replicate,
                                   std::uint64_t instance) {
  return sample_pairs(world, log_policy, log_policy, pairs, source, replicate, instance);
}

}  // namespace twostage
