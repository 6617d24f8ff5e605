// The pairs of a round of spin: each winner of the data against completions of the policy of the round
// before, all of them as often as it says them, or one that it is asked for. The answer to winner i in round
// t is rollout i of step t (sim/completions/rollouts.hpp).
#pragma once

#include <functional>
#include <optional>

#include "sim/algorithm/arm.hpp"
#include "sim/algorithm/interactive/listed_pairs.hpp"
#include "sim/completions/rollouts.hpp"

namespace twostage {

class SpinPairs {
 public:
  // By the arm's option `expectation`. World and source are referred to.
  SpinPairs(const ArmSpec& spec, const ArmInput& input);

  PairTable of_round(std::span<const double> log_policy, std::uint64_t round);
  std::uint64_t rollouts() const { return rollouts_; }

 private:
  PairTable expected(std::span<const double> log_policy);
  PairTable drawn(std::span<const double> log_policy, std::uint64_t round);

  const World& world_;
  RolloutSource from_;
  std::function<bool()> stop_;
  std::optional<ListedPairs> listed_;  // in expectation
  std::vector<double> won_;            // [completions] how often each was chosen, likewise
  PreferenceData winners_;             // else: the data, of which the losers play no part
  std::uint64_t rollouts_ = 0;
};

// For Algorithm::check_pairs: InputError where more winners are to be answered than a step has addresses for.
void check_spin_pairs(const ArmSpec& spec, std::uint64_t pairs);
// For Algorithm::course_bytes.
double spin_pairs_bytes(const ArmSpec& spec, const World& world);

}  // namespace twostage
