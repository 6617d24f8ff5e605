// Preference data D = {(xi+_i, xi-_i)}: pairs of completions of one prompt, the preferred one first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "sim/graph/token_graph.hpp"

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

// Distinct unordered comparisons with counts: equal pairs are one row, which changes no likelihood. Row k
// compares first[k] with second[k]; wins[k] times the first was preferred, losses[k] times the second.
// Rows are ordered by first appearance. A completion that meets itself is a row too (one win a pair): its
// likelihood is 1/2 whatever the reward, so it counts in the likelihood and moves no estimate.
//
// What is compared has a number, so that what belongs to a completion (its features, its probability) is
// worked out once, however many rows it stands in.
struct PairTable {
  std::size_t horizon = 0;
  std::vector<EdgeId> completions;    // [completions x horizon] edge paths, all different
  std::vector<std::uint32_t> first;   // [rows] a completion's number
  std::vector<std::uint32_t> second;  // [rows]
  std::vector<double> wins;           // [rows]
  std::vector<double> losses;         // [rows]
  std::size_t pairs = 0;              // of the data that were tabulated

  std::size_t rows() const { return wins.size(); }
  std::size_t completion_count() const { return horizon == 0 ? 0 : completions.size() / horizon; }
  std::span<const EdgeId> completion(std::size_t number) const {
    return {completions.data() + number * horizon, horizon};
  }
  std::span<const EdgeId> first_path(std::size_t k) const { return completion(first[k]); }
  std::span<const EdgeId> second_path(std::size_t k) const { return completion(second[k]); }
};
PairTable tabulate(const PreferenceData& data);
PairTable tabulate(const PreferenceData& data, const TokenGraph& graph);  // the same, faster

// The table of data that grow: that of a prefix is where a longer one begins.
class Tabulation {
 public:
  explicit Tabulation(std::size_t horizon);
  // Of paths of this graph, which is not referred to: comparisons of few completions are found at once.
  explicit Tabulation(const TokenGraph& graph);
  Tabulation(Tabulation&&) = delete;
  ~Tabulation();

  void add(const PreferenceData& data);  // its pairs from table().pairs on
  const PairTable& table() const { return table_; }
  PairTable take() && { return std::move(table_); }

 private:
  class FewCompletions;
  class RowIndex;
  class Index;
  class IndexByPath;
  class IndexByCode;

  PairTable table_;
  std::unique_ptr<Index> index_;  // refers to the table
};

}  // namespace twostage
