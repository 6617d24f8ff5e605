// Preference data D = {(xi+_i, xi-_i)}: pairs of completions of one prompt, the preferred one first.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "sim/random/stream.hpp"
#include "sim/world/world.hpp"

namespace twostage {

struct PreferenceData {
  std::size_t horizon = 0;
  std::vector<EdgeId> chosen;       // [pairs x horizon] edge paths
  std::vector<EdgeId> rejected;     // [pairs x horizon]
  std::vector<double> weight = {};  // [pairs] how often each counts; empty: once

  double weight_of(std::size_t i) const { return weight.empty() ? 1 : weight[i]; }
  std::size_t size() const { return horizon == 0 ? 0 : chosen.size() / horizon; }
  std::span<const EdgeId> chosen_path(std::size_t i) const { return {chosen.data() + i * horizon, horizon}; }
  std::span<const EdgeId> rejected_path(std::size_t i) const {
    return {rejected.data() + i * horizon, horizon};
  }
  PreferenceData prefix(std::size_t pairs) const;
};

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

// Distinct unordered comparisons with counts: equal pairs are one row, which changes no likelihood. Row k
// compares first[k] with second[k]; wins[k] times the first was preferred, losses[k] times the second.
// Rows are ordered by first appearance. A completion that meets itself is a row too (one win a pair): its
// likelihood is 1/2 whatever the reward, so it counts in the likelihood and moves no estimate.
struct PairTable {
  std::size_t horizon = 0;
  std::vector<EdgeId> first;   // [rows x horizon]
  std::vector<EdgeId> second;  // [rows x horizon]
  std::vector<double> wins;    // [rows]
  std::vector<double> losses;  // [rows]
  std::size_t pairs = 0;       // of the data that were tabulated

  std::size_t rows() const { return wins.size(); }
  std::span<const EdgeId> first_path(std::size_t k) const { return {first.data() + k * horizon, horizon}; }
  std::span<const EdgeId> second_path(std::size_t k) const { return {second.data() + k * horizon, horizon}; }
};
PairTable tabulate(const PreferenceData& data);

// The table of data that grow: that of a prefix is where a longer one begins.
class Tabulation {
 public:
  explicit Tabulation(std::size_t horizon);
  ~Tabulation();

  void add(const PreferenceData& data);  // its pairs from table().pairs on
  const PairTable& table() const { return table_; }
  PairTable take() && { return std::move(table_); }

 private:
  class RowIndex;
  PairTable table_;
  std::unique_ptr<RowIndex> index_;  // refers to the table
};

}  // namespace twostage
