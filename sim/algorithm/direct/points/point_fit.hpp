// Losses that compare the log-ratios of completions with a point which the policy itself sets, and through
// which nobody differentiates: what such an algorithm looks for is no minimum but a fixed point. With
// L(theta; z) the loss + penalty at a point z held fast,
//   grad_theta L(theta; z) = 0 and z = point(pi_theta).
// The point is one number, and so is the unknown: theta(z) minimises L(.; z), and a root of
// point(pi_theta(z))
// - z is bracketed and found by regula falsi (Illinois), from the reference policy on. The certificate is the
// gradient at theta with z = point(pi_theta): where it vanishes theta is such a fixed point, whatever was
// done to get there. That there is no other one is not proved.
#pragma once

#include <optional>

#include "sim/algorithm/arm.hpp"
#include "sim/loss/policy_loss.hpp"

namespace twostage {

class PointLoss : public PairLoss {
 public:
  using PairLoss::PairLoss;

  virtual double point_of(std::span<const double> log_policy) const = 0;
  // From here on the point is that of the policy at hand (nothing), or this one.
  void hold(std::optional<double> point) { held_ = point; }

  // The derivative is that at a point held fast.
  double evaluate(std::span<const double> log_policy, std::span<double> d_log_policy) override {
    point_ = held_ ? *held_ : point_of(log_policy);
    return PairLoss::evaluate(log_policy, d_log_policy);
  }

 protected:
  double point() const { return point_; }  // for `cost`

 private:
  std::optional<double> held_;
  double point_ = 0;
};

// `attained`: nothing says that L has no minimum at any point; else a short descent is all that is made.
ArmResult fit_to_its_point(const ArmSpec& spec, const ArmInput& input, PointLoss& loss, bool attained);

}  // namespace twostage
