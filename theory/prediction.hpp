// What theory says about a route before any data exist: the expected regret after n pairs, how sure it is,
// and how many pairs a given regret takes.
//
// By the expansion (theory/expansion.hpp) where completions can be enumerated, else by the local law with
// shrinkage (theory/shrinkage.hpp), which holds at any horizon when the class holds the truth. A tabular
// policy class that is every policy is taken as the dense reward class it is isomorphic to.
#pragma once

#include <memory>
#include <optional>

#include "theory/expansion.hpp"
#include "theory/regime.hpp"
#include "theory/shrinkage.hpp"

namespace twostage {

struct Prediction {
  double regret = 0;     // expected, after n pairs; NaN without theory
  double deviation = 0;  // standard deviation of the regret
  double floor = 0;      // what more data do not remove
  double kappa = 0;
  double median = 0, upper = 0;  // .5 and .9 quantiles of the limit law; NaN but for a class that holds the
                                 // truth without a penalty
  Regime regime = Regime::no_theory;
  std::string reason;  // of no_theory
};

class Predictor {
 public:
  // Everything is referred to. Never throws for a route it has no theory for: its predictions say why.
  Predictor(const Route& route, const World& world, const PairPolicies& pairs);
  explicit Predictor(std::string reason) : reason_(std::move(reason)) {}

  Prediction at(double pairs);

  // lim n (E regret - floor), 0 without theory.
  double slope();
  // The smallest n at which the expected regret is at most `target`; infinite below the floor.
  double pairs_for(double target);

 private:
  std::unique_ptr<LinearModel> isomorph_;
  std::optional<Expansion> expansion_;
  std::optional<Shrinkage> shrinkage_;
  std::optional<double> floor_;
  bool penalised_ = false;
  double beta_ = 1;
  std::string reason_;
};

// The numbers of pairs in [low, high] at which the expected regrets of two routes are equal, ascending:
// where the winner changes. Looked for between neighbours of a grid of 16 points an octave, then bisected.
std::vector<double> crossings(Predictor& a, Predictor& b, double low, double high);

}  // namespace twostage
