// What theory says about the arms of one point of a study, as means over its first worlds: expected regrets,
// how far they may be trusted, and where the answers lie (pairs needed, crossings) with the regime there.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "experiments/runner/replicate/forecaster.hpp"
#include "experiments/runner/replicate/point.hpp"
#include "theory/prediction/curves.hpp"

namespace twostage {

// Where winners are looked for. Beyond n = 1e9 a curve is its floor + slope / n
// (theory/prediction/curves.hpp), beyond 1e10 a floor too small to be told from none might count.
inline constexpr double kFewestPairs = 10;
inline constexpr double kMostPairs = 1e10;

// How far to trust the predictions of some arms at some n.
struct Standing {
  bool within = false;  // for each of the arms, in each world
  std::string regime;   // "within", why not, or "within in 18 of 20" worlds
  double kappa = 0;     // the arms' largest mean

  // "", or " (outside the regime: kappa 0.1)"
  std::string note() const;
};

struct PairsNeeded {
  double pairs = 0;  // infinite: the floor lies above the target
  Standing there;    // without meaning if so
};

// An n at which the winner changes.
struct Turn {
  double pairs = 0;
  Standing there;  // of both arms
};

struct Match {
  std::vector<Turn> turns;            // ascending
  std::optional<std::size_t> winner;  // after the last of them; none without theory
};

class Outlooks {
 public:
  // At the study's point; `worlds` where each replicate draws its own.
  Outlooks(const Study& study, std::size_t point, int worlds);

  std::size_t worlds() const { return outlooks_.size(); }
  const std::vector<ArmSpec>& arms() const { return arms_; }
  double headroom() const;

  // One of each set of arms with equal predictions, and those that theory says nothing about.
  std::vector<std::size_t> distinct() const;
  std::size_t representative(std::size_t arm) const { return representative_[arm]; }  // the first of the set
  std::string name(std::size_t arm) const;                                            // "dpo = dense-rm+plan"
  std::string reason(std::size_t arm, double pairs) const;  // why there is no theory, else empty

  double mean(std::size_t arm, double pairs, double Prediction::*field) const;
  // NaN unless every world has one: what a point of a run may cost, whatever the number of worlds.
  double second_order(std::size_t arm, double pairs) const;
  double floor(std::size_t arm) const;  // 0 below 1e-12
  Curve curve(std::size_t arm) const;

  Standing standing(const std::vector<std::size_t>& arms, double pairs) const;
  PairsNeeded pairs_needed(std::size_t arm, double target) const;
  Match match(std::size_t a, std::size_t b) const;
  // The n from which on both are within, to a hundredth; none up to 1e9.
  std::optional<double> trusted_from(std::size_t a, std::size_t b) const;

  // Of the first world: what the pairs are worth is a property of it, whose mean says little.
  std::optional<SamplerReport> sampler(std::size_t arm) const;
  bool one_sampler() const;  // both completions of a pair come from one policy

 private:
  struct Outlook;
  struct Forget {
    void operator()(Outlook* outlook) const;
  };

  // In every world; remembered, since arms meet each other on one grid of n.
  template <typename Value>
  using Known = std::map<std::pair<std::size_t, double>, Value>;
  const std::vector<Prediction>& at(std::size_t arm, double pairs, bool next_order) const;
  // No more than the expected regret and the floor.
  const std::vector<Prediction>& bare(std::size_t arm, double pairs) const;
  const std::vector<Predictor::Trusted>& trusted(std::size_t arm, double pairs) const;
  double mean_regret(std::size_t arm, double pairs) const;  // of all worlds
  double trusted_from(std::size_t arm) const;               // infinite for never
  bool same(std::size_t a, std::size_t b) const;

  std::vector<ArmSpec> arms_;
  std::vector<std::unique_ptr<Outlook, Forget>> outlooks_;
  std::vector<std::size_t> representative_;
  double effort_ = 0;  // that a run would take for the second order: so the regime is the one that it stores
  mutable Known<std::vector<Prediction>> bare_, first_order_, with_next_order_;
  mutable Known<std::vector<Predictor::Trusted>> trusted_;
  mutable Known<double> regret_;
  mutable std::map<std::size_t, double> trusted_from_;
};

}  // namespace twostage
