// Fits that may take minutes: whoever asks to stop is heard before each evaluation.
#pragma once

#include <functional>
#include <span>

#include "sim/algorithm/arm.hpp"
#include "sim/numerics/lbfgs.hpp"

namespace twostage {

// A function that is as it is until `stop` says true: then Stopped is thrown. Both are referred to.
class Stoppable final : public num::SmoothFunction {
 public:
  Stoppable(num::SmoothFunction& function, const std::function<bool()>& stop)
      : function_(function), stop_(stop) {}
  std::size_t dimension() const override { return function_.dimension(); }
  double evaluate(std::span<const double> x, std::span<double> gradient) override {
    if (stop_ && stop_()) throw Stopped{};
    return function_.evaluate(x, gradient);
  }

 private:
  num::SmoothFunction& function_;
  const std::function<bool()>& stop_;
};

// By L-BFGS. `stop` as in ArmInput: once it says true, Stopped is thrown.
num::Minimum minimise_until_stopped(num::SmoothFunction& function, std::span<const double> start,
                                    const num::LbfgsOptions& options, const std::function<bool()>& stop);

}  // namespace twostage
