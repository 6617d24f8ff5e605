// What the minimisers see: a smooth function of a vector, its gradient and, where Newton's method applies,
// its Hessian. Evaluation may keep work arrays and the quantities of the last point, so it is not const.
#pragma once

#include <cstddef>
#include <limits>
#include <span>
#include <stdexcept>
#include <vector>

namespace twostage::num {

class SmoothFunction {
 public:
  virtual ~SmoothFunction() = default;
  virtual std::size_t dimension() const = 0;
  // f(x), and its gradient in `gradient`. A value that is not finite makes a minimiser step back.
  virtual double evaluate(std::span<const double> x, std::span<double> gradient) = 0;
};

// Whose Hessian is known by its products with vectors.
class WithProducts : public SmoothFunction {
 public:
  // Writes the diagonal of the Hessian at the point of the last `evaluate`, or what may stand for it where
  // directions are scaled, to which `hessian_times` then belongs until the next one.
  virtual void prepare_products(std::span<double> diagonal) = 0;
  virtual void hessian_times(std::span<const double> v, std::span<double> out) = 0;
  // The largest multiple of a direction along which a quadratic model can still mean something. A softmax
  // that saturates in one step leaves the next one no curvature to go by.
  virtual double longest_step(std::span<const double> direction) const {
    (void)direction;
    return std::numeric_limits<double>::infinity();
  }
};

class TwiceDifferentiable : public WithProducts {
 public:
  // Hessian at the point of the last `evaluate`; row-major, the lower triangle is written.
  virtual void hessian(std::span<double> lower) = 0;
  // Multiplications of a product with a vector; infinitely many where a function has the matrix alone.
  virtual double product_cost() const { return std::numeric_limits<double>::infinity(); }
  void prepare_products(std::span<double>) override { no_products(); }
  void hessian_times(std::span<const double>, std::span<double>) override { no_products(); }

 private:
  [[noreturn]] static void no_products() {
    throw std::logic_error("a function says what a product of its Hessian costs, and has none");
  }
};

struct Minimum {
  std::vector<double> x;
  double value = 0;
  double gradient_norm = 0;  // Euclidean
  int iterations = 0;
  bool converged = false;
  // What the method would do next, an estimate of the error x* - x: at the rounding floor the gradient is
  // noise, and so this is the size of its effect. Empty where the method has no estimate.
  std::vector<double> step = {};
};

}  // namespace twostage::num
