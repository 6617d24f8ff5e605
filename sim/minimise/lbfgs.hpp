// Limited-memory BFGS (Nocedal and Wright, Numerical Optimization, algorithm 7.5) with the Hager-Zhang line
// search, for fits too large for Newton's method and for objectives whose Hessian is not at hand.
//
// Written here instead of taken from LBFGSpp (Debian has 0.1.0), which was read for the purpose: its line
// searches accept a step only if f visibly decreases, so they throw at |g| ~ sqrt(eps) |f| where we need the
// rounding floor; an iteration limit and convergence return the same way, so it gives no certificate; and a
// trial point that overflows is not stepped back from.
#pragma once

#include <deque>

#include "sim/minimise/line_search.hpp"
#include "sim/minimise/smooth_function.hpp"

namespace twostage::num {

struct LbfgsOptions {
  double gradient_goal = 1e-12;  // stop here
  double gradient_accepted =
      1e-9;  // `converged` when rounding or the limit ends the descent at or below this
  std::size_t memory = 30;
  int max_iterations = 5000;
  // Cholesky factor (linear_solve.hpp) of a matrix near the Hessian, which then takes the place of the
  // identity where the method starts from; empty: none. It changes the path to the minimum, not the minimum.
  std::span<const double> metric = {};
};

// A descent that can be interrupted and gone on with, as if it had not been.
class Lbfgs {
 public:
  // f is referred to. It may be evaluated elsewhere between two advances.
  Lbfgs(SmoothFunction& f, std::span<const double> start, const LbfgsOptions& options);

  // Goes on for so many iterations at most. True when the descent has ended: at its goal, at the floor of
  // rounding, or after all iterations that the options allow.
  bool advance(int iterations);
  // Where it stands; without `Minimum::step`.
  const Minimum& here() const { return best_; }
  // The same with it.
  Minimum minimum();

 private:
  struct Correction {
    std::vector<double> s;  // x_{k+1} - x_k
    std::vector<double> y;  // g_{k+1} - g_k
    double inverse_sy;
  };

  bool goes_on() const;
  // direction = -H_k g by the two-loop recursion, H_0 = (s.y / y.W y) W of the newest pair, W the inverse of
  // the metric.
  void two_loop();
  void remember_step();

  SmoothFunction& f_;
  LbfgsOptions options_;
  LineSearchOptions search_;
  Minimum best_;
  std::vector<double> gradient_, direction_, alpha_;
  std::vector<double> old_x_, old_gradient_;  // before the last step
  std::deque<Correction> pairs_;
  double lowest_;         // norm of a gradient that was halved last
  int fell_ = 0;          // the iteration of `lowest_`
  bool stopped_ = false;  // nothing is gained even along -g
};

Minimum minimise_lbfgs(SmoothFunction& f, std::span<const double> start, const LbfgsOptions& options);

}  // namespace twostage::num
