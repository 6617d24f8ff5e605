// What theory says about a route before any data exist: the expected regret after n pairs, and how far that
// may be trusted.
//
// By the expansion (theory/asymptotics/expansion.hpp) where completions can be enumerated, else by the local
// law with shrinkage (theory/asymptotics/shrinkage.hpp), which holds at any horizon when the class holds the
// truth. A tabular policy class that is every policy is taken as the dense reward class it is isomorphic to.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "sim/world/prompt_set.hpp"
#include "theory/asymptotics/score_response.hpp"
#include "theory/information/information.hpp"
#include "theory/information/route.hpp"
#include "theory/prediction/regime.hpp"

namespace twostage {

// What the second order may cost, in units of theory/asymptotics/second_order.hpp: about half a second where
// a world serves many replicates, about a millisecond where each has its own.
inline constexpr double kEffortForMany = 1e9;
inline constexpr double kEffortForOne = 1e6;

// Whether the route comes to a plan by a reward for every action: such a reward is fitted, or a policy
// without restriction, whose estimate is that plan. What is predicted of one is predicted of the other.
bool rewards_every_action(const Route& route);

struct Prediction {
  double regret = 0;     // expected, after n pairs; NaN without theory
  double second = 0;     // the same with the term in 1/n^2; NaN where that is not known or too costly
  double deviation = 0;  // standard deviation of the regret
  double floor = 0;      // what more data do not remove
  double kappa = 0;
  double widest = 0;  // what theory/prediction/regime.hpp asks for beside kappa
  double curvature = 0;
  double next_order = 0;  // over the regret; NaN where it is not known or too costly
  double existence = 0;   // lower bound on the probability that the estimate exists: is attained and, but
                          // for policy classes smaller than all policies, unique. Those are not
                          // convex: of them the bound says that an optimum exists, not that it is one
  double median = 0, upper = 0;  // .5 and .9 quantiles of the limit law; NaN but for a class that holds the
                                 // truth (of policies: pi*) without a penalty
  Regime regime = Regime::no_theory;
  std::string reason;  // of no_theory

  static Prediction missing(std::string reason);  // no_theory
};

// What is asked of a prediction beside the expected regret, its deviation, floor and kappa, which come
// together. The rest is worked out where it is asked, or decides a regime that is; else it is missing.
struct PredictionParts {
  bool second_order = true;
  bool quantiles = true;
  bool existence = true;
  bool regime = true;
};

class Predictor {
 public:
  // Everything is referred to. Never throws: where there is no theory, or its numbers fail, predictions say
  // why. `measured`: on which prompts regret is; on others than those of the data there is theory for a class
  // of rewards, or of all policies, that holds the truth there, too.
  Predictor(const Route& route, const World& world, const PairPolicies& pairs,
            PromptSet measured = PromptSet::train);
  explicit Predictor(std::string reason);
  ~Predictor();
  Predictor(Predictor&&) noexcept;
  Predictor& operator=(Predictor&&) noexcept;

  // Without effort there is no second order. What was asked before changes no bit of it.
  Prediction at(double pairs, double effort = 0, const PredictionParts& parts = {});

  // The expected regret alone; NaN as above. Searches begin where the last one ended: quick along a curve.
  double regret(double pairs);

  // The regret by the score of n pairs, for a control variate; null where there is no theory. It lasts as
  // long as this.
  const ScoreResponse* response(double pairs);
  const std::string& reason() const { return reason_; }  // why there is no theory, of anything

  // The regime and kappa of at(pairs, effort), from no more than it takes to know them: the second order is
  // asked only where kappa and existence let it decide.
  struct Trusted {
    Regime regime;
    double kappa;
  };
  Trusted regime(double pairs, double effort);

 private:
  class Theory;
  std::unique_ptr<Theory> theory_;  // null: there is none
  std::string reason_;              // why
};

}  // namespace twostage
