// Newton's method by conjugate gradients, for a smooth function that need not be convex and whose Hessian H
// is known by its products: (H + mu I) d = -g is solved the more exactly the smaller the step before was, so
// that convergence is superlinear. mu is raised where H + mu I has no curvature, where the step is longer
// than a quadratic model can mean anything (`longest_step`), and where f does not fall as predicted; it is
// lowered, to nothing in the end, while f does. Nocedal and Wright, Numerical Optimization, 7.1 and 10.3.
//
// For fits that are nearly separable, whose saturated directions have next to no curvature. How many products
// it takes can hardly be foreseen, so it goes on for as many as it is given.
#pragma once

#include "sim/minimise/conjugate_gradient.hpp"
#include "sim/minimise/smooth_function.hpp"

namespace twostage::num {

struct NewtonCgOptions {
  double gradient_goal = 1e-12;        // ended here, or when
  double decrement_tolerance = 1e-16;  // g^T H^-1 g is so small: one last full step then squares the error
  int max_products = 200;              // of H in each system
};

class NewtonCg {
 public:
  // f is referred to. It may be evaluated elsewhere between two advances.
  NewtonCg(WithProducts& f, std::span<const double> start, const NewtonCgOptions& options = {});

  // Goes on until so many products more have been taken. True when it has ended: `here().converged` says that
  // it was by one of the options, where H is positive definite along all directions that were tried (nothing
  // is known of others). Otherwise it cannot go on: f or its products are not finite, or rounding is all that
  // moves it.
  bool advance(long products);
  // Where it stands; without `Minimum::step`. Iterations are the steps that were taken.
  const Minimum& here() const { return best_; }
  // The same with it.
  Minimum minimum();

 private:
  // H d = -g with damping mu, as far as it goes.
  Solved solve(double tolerance, double mu);
  bool nearly_there(Solved solved) const;
  void damp();
  void step();  // along the direction, if f falls

  WithProducts& f_;
  NewtonCgOptions options_;
  Minimum best_;
  std::vector<double> gradient_, direction_, trial_, trial_gradient_;
  double unit_ = 0;  // the largest diagonal entry of H at the start
  double mu_ = 0;
  double tolerance_;
  bool last_ = false;  // the step that is tried is the last
  bool ended_ = false;
  long products_ = 0;
};

}  // namespace twostage::num
