// The weights of an optimal design, found by exchange of weight between pairs of one prompt.
//
// A round has three parts. A look at every pair: the certificate, and new pairs for the support. A sweep of
// exchanges, from the pairs of largest sensitivity to all others that have weight, each by the best amount,
// which has a closed form: along M + a (u u^T - v v^T) the determinant is a quadratic in a, and the trace
// tr(M^-1 C) a ratio of two; that finds which pairs have weight. Then Newton steps on those weights, which
// find how much. The start is a few multiplicative steps (weight times sensitivity, or its root) from the
// uniform design.
//
// Source: Harman, Filova and Richtarik 2018, A randomized exchange algorithm for computing optimal
// approximate designs of experiments (leading against supporting points, here in a fixed order); Titterington
// 1976 and Fellman 1974 (multiplicative steps).
#pragma once

#include <Eigen/Cholesky>
#include <cstddef>
#include <vector>

namespace twostage {

// Candidate pairs, in coordinates in which their information has full rank.
struct DesignSpace {
  Eigen::MatrixXd rows;             // [atoms x d] features, centred within prompts
  Eigen::VectorXd truth;            // [atoms] r*
  std::vector<Eigen::Index> begin;  // [prompts + 1] first atom of each prompt
  std::vector<double> rho;          // [prompts]
  Eigen::MatrixXd curvature;        // [d x d]: minimise tr(M^-1 C); empty: maximise log det M

  std::size_t prompts() const { return rho.size(); }
  bool regret() const { return curvature.size() > 0; }
};

struct WeightedPair {
  std::size_t prompt;
  Eigen::Index first, second;  // rows of the space
  double weight;               // those of a prompt sum to 1
};

struct ExchangeResult {
  std::vector<WeightedPair> pairs;
  Eigen::MatrixXd information;  // M
  double gap = 0;  // sum_s rho_s max of the sensitivity over its mean, less 1: >= 0, 0 at the optimum
};

// Whether an information matrix can be inverted in double precision.
bool is_regular(const Eigen::LLT<Eigen::MatrixXd>& factor);

// Ends when the gap is at most `tolerance`, or falls no further, or the next design is singular to rounding;
// it is a certificate in every case.
ExchangeResult exchange_design(const DesignSpace& space, double tolerance);

}  // namespace twostage
