// The features of every action at the states that some paths visit, as dense rows: all that the derivative of
// a policy's log-probabilities along those paths depends on, however large the graph is.
#pragma once

#include <span>
#include <vector>

#include "sim/model/score_model.hpp"

namespace twostage {

class VisitedFeatures {
 public:
  // `paths` of H edges each, one after the other; `world` is referred to.
  VisitedFeatures(const LinearModel& model, const World& world, std::span<const EdgeId> paths);

  std::size_t parameters() const { return parameters_; }
  const std::vector<StateId>& states() const { return states_; }  // increasing
  // Of an edge that leaves a visited state: its row of Phi.
  std::span<const double> at(EdgeId e) const {
    return std::span(features_).subspan(row(e) * parameters_, parameters_);
  }
  // The rows less the mean under a policy of the state they leave: d log pi(e) / d theta.
  void centre(std::span<const double> log_policy, VisitedFeatures& out) const;

  // Numbers stored for so many paths at most, before anything is allocated.
  static double most_numbers(const LinearModel& model, const World& world, std::size_t paths);

 private:
  std::size_t row(EdgeId e) const {
    const StateId s = graph_->source(e);
    return first_row_[place_[static_cast<std::size_t>(s)]] + static_cast<std::size_t>(graph_->action(e));
  }

  const TokenGraph* graph_;
  std::size_t parameters_;
  std::vector<StateId> states_;
  std::vector<std::size_t> place_;      // [states of the graph] among the visited
  std::vector<std::size_t> first_row_;  // [visited states + 1]
  std::vector<double> features_;        // [rows x parameters]
};

}  // namespace twostage
