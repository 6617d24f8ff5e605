// A function of some of its coordinates, the others held at 0.
#pragma once

#include "sim/minimise/smooth_function.hpp"

namespace twostage {

// A function of the coordinates in `support`, the others 0.
class OnSupport final : public num::TwiceDifferentiable {
 public:
  OnSupport(num::TwiceDifferentiable& f, std::vector<std::size_t> support)
      : f_(f), support_(std::move(support)), x_(f.dimension(), 0.0), gradient_(x_.size()) {}

  std::size_t dimension() const override { return support_.size(); }

  double evaluate(std::span<const double> x, std::span<double> gradient) override {
    const double value = f_.evaluate(whole(x), gradient_);
    for (std::size_t i = 0; i < support_.size(); ++i) gradient[i] = gradient_[support_[i]];
    return value;
  }

  void hessian(std::span<double> lower) override {
    const std::size_t n = x_.size();
    hessian_.resize(n * n);
    f_.hessian(hessian_);
    for (std::size_t i = 0; i < support_.size(); ++i)
      for (std::size_t j = 0; j <= i; ++j)
        lower[i * support_.size() + j] = hessian_[support_[i] * n + support_[j]];
  }

  double longest_step(std::span<const double> direction) const override {
    std::vector<double> x(x_.size(), 0.0);
    for (std::size_t i = 0; i < support_.size(); ++i) x[support_[i]] = direction[i];
    return f_.longest_step(x);
  }

  const std::vector<double>& whole(std::span<const double> x) {
    for (std::size_t i = 0; i < support_.size(); ++i) x_[support_[i]] = x[i];
    return x_;
  }

 private:
  num::TwiceDifferentiable& f_;
  std::vector<std::size_t> support_;  // increasing
  std::vector<double> x_, gradient_, hessian_;
};

}  // namespace twostage
