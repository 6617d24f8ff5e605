// Bounds on the probability that the unpenalised Bradley-Terry estimate exists and is unique, for any finite
// world, reward and sampler: rare comparisons decide it.
//
// Statement. Call the distinct feature vectors of completions nodes, and let w_ij be the probability that a
// pair is node i beating node j. Nodes are in one component when comparisons join them in more than one way:
// prompts that have one vector in common only (zero, of parameters of their own) are components of their own,
// each with its copy of that node. A class that gives every node its own value (rank = nodes - components; a
// bandit, a tabular policy, a reward of the final position) has a unique estimate iff the graph of wins is
// strongly connected within each component, that is unless some set S of nodes beats nobody outside:
//   P(S beats nobody outside) = (1 - w(S -> rest))^n.
// - Upper bound on failure, any class: the sum of these over all S. It holds for smaller classes too: a
//   separating or flat direction of theirs is one of the larger class.
//   Up to 16 nodes a component all S are enumerated. Beyond, single nodes are, and a larger S of s nodes with
//   at most half the sampler's mass pi is bounded by w(S -> rest) >= sum_{i in S} k_i, k_i the least that i
//   can beat in a set of mass 1 - min(1/2, the s largest pi) (a fractional knapsack), so that these S add at
//   most (sum_i e^{-n k_i})^s / s!. The mirror image, sets that nobody outside beats, bounds the rest.
// - Lower bound on failure, classes as above: of the events "i never wins" and "i never loses" by Dawson and
//   Sankoff, 2 S1/(k+1) - 2 S2/(k(k+1)), k = 1 + floor(2 S2/S1), or the likeliest S alone.
//   Other classes: the likeliest of "no pair has a negative difference in feature j", and of its opposite.
//
// Regime. Exact inequalities for i.i.d. labelled pairs; up to 4096 completions and, for the upper bound on
// failure, 1024 nodes (else `low` is 0). For rare failures the two ends meet for classes of the first kind.
//
// Sources: Zermelo (1929), Ford (1957), Amer. Math. Monthly 64; Albert and Anderson (1984), Biometrika 71;
// Dawson and Sankoff (1967), Proc. AMS 18.
#pragma once

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "theory/existence/comparison_graph.hpp"

namespace twostage {

struct ExistenceInterval {
  double low = 0;  // P(the estimate exists and is unique) lies in [low, high]
  double high = 1;
  std::string rule;  // which bound `low` is
};

// At one n, and at many: what does not depend on n is computed once.
ExistenceInterval existence_probability(const ComparisonGraph& graph, std::size_t pairs);

class ExistenceProbability {
 public:
  explicit ExistenceProbability(ComparisonGraph graph);
  // Cuts that so many pairs have no chance to miss (e^-746 is 0 in double precision) are never looked at;
  // they are searched for again when fewer pairs are asked for.
  ExistenceInterval at(std::size_t pairs);

 private:
  // Of a component with something to compare: its cuts, or beyond 16 nodes what bounds them.
  struct Prepared {
    std::size_t component = 0;
    std::size_t size = 0;
    double cuts_from = HUGE_VAL;                             // pairs from which on the next is all there is
    std::vector<double> log_never_of_cuts = {};              // of every S that counts, log(1 - w(S -> rest))
    std::vector<double> single_nodes = {};                   // what node i wins, loses, for each i
    std::vector<double> least_wins = {}, least_losses = {};  // [s * size + i] k_i(s)
  };

  ComparisonGraph graph_;
  std::vector<std::size_t> sizes_;  // [components]
  std::vector<Prepared> components_;
};

}  // namespace twostage
