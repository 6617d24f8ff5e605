// The completions of a small world as a class sees them: those of one prompt with equal features and equal
// true reward are one atom, so that a reward of the final position of a walk has one atom a position, at any
// horizon. What an exact expectation over pairs of completions is enumerated from.
#pragma once

#include <Eigen/Core>

#include "theory/information/edge_features.hpp"
#include "theory/information/information.hpp"

namespace twostage {

struct Atoms {
  Eigen::MatrixXd psi;    // [rows x parameters]
  Eigen::VectorXd truth;  // r*
  Eigen::VectorXd first;  // P(atom | prompt) under the policies of the pairs ...
  Eigen::VectorXd second;
  Eigen::VectorXd reference;        // ... and under pi_ref
  std::vector<Eigen::Index> begin;  // [prompts + 1] first row of each prompt

  Eigen::Index rows() const { return truth.size(); }
  std::size_t prompts() const { return begin.size() - 1; }
};

// Throws InputError when they are more than `limit`.
Atoms atoms_of(const EdgeFeatures& features, const World& world, const PairPolicies& pairs,
               std::size_t limit);

// log P(atom | prompt) of pi ∝ pi_ref exp(r/beta), r a reward of each row: a logarithm since a cold plan
// takes most completions with a probability below the smallest number.
struct LogLaw {
  Eigen::VectorXd of_atom;
  std::vector<double> normaliser;  // log E_ref exp(r/beta) of each prompt
};
LogLaw log_plan(const Atoms& atoms, const Eigen::VectorXd& reward, double beta);

}  // namespace twostage
