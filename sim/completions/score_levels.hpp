// The levels of a score: completions of one prompt whose scores are equal (sim/plan/ties.hpp). Whatever a
// completion's weight is, as long as it is a function of its level, expectations of it and of weight times
// grad log pi are exact: by dynamic programming where the score belongs to the state in which a completion
// ends, else over a list of all completions.
#pragma once

#include <span>
#include <vector>

#include "sim/completions/completions.hpp"
#include "sim/world/world.hpp"

namespace twostage {

class ScoreLevels {
 public:
  // InputError where completions have to be listed and there are too many (completions.hpp).
  ScoreLevels(const World& world, std::span<const double> edge_score, std::span<const double> edge_error);

  // Of one prompt, in the order of their scores.
  std::span<const double> scores(std::size_t prompt) const { return of_prompt(score_, prompt); }
  // [levels] of all prompts, one prompt after the other: the mass of each level given its prompt.
  std::vector<double> masses(std::span<const double> log_policy) const;
  std::span<const double> of_prompt(std::span<const double> levels, std::size_t prompt) const {
    return levels.subspan(begin_[prompt], begin_[prompt + 1] - begin_[prompt]);
  }
  std::size_t size() const { return score_.size(); }
  // The level of each of `all` completions of the graph, counted from its prompt's first.
  std::vector<std::size_t> of(const Completions& all) const;

  // direction[e] += E_s0 E_pi[ weight of the level of xi; xi crosses e ]: dF/dlog pi of F = E_pi[weight],
  // each edge on its own.
  void add_gradient(std::span<const double> log_policy, std::span<const double> weight,
                    std::span<double> direction) const;

 private:
  // What has a level: the states of the last layer, or all completions.
  struct Outcome {
    std::size_t prompt;
    double score;
    double error;
  };
  std::vector<Outcome> outcomes_by_state(std::span<const double> edge_score,
                                         std::span<const double> edge_error) const;
  std::vector<Outcome> outcomes_by_completion(std::span<const double> edge_score,
                                              std::span<const double> edge_error) const;
  void sort_into_levels(const std::vector<Outcome>& outcomes, double rounding);

  const World& world_;
  bool by_state_;
  Completions listed_;               // where they have to be
  std::vector<std::size_t> prompt_;  // [outcomes]
  std::vector<std::size_t> level_;   // [outcomes]
  std::vector<double> score_;        // [levels]
  std::vector<std::size_t> begin_;   // [prompts + 1]
};

}  // namespace twostage
