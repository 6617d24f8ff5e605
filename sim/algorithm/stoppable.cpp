#include "sim/algorithm/stoppable.hpp"

namespace twostage {
namespace {

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

}  // namespace

num::Minimum minimise_until_stopped(num::SmoothFunction& function, std::span<const double> start,
                                    const num::LbfgsOptions& options, const std::function<bool()>& stop) {
  Stoppable stoppable(function, stop);
  return num::minimise_lbfgs(stoppable, start, options);
}

}  // namespace twostage
