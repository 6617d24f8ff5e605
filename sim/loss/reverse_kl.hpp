// Reverse-KL projection of a policy onto a class, as a function of the class's parameters:
//   F(theta) = E_s0 KL(P_pi_theta || P_target).
// With c = log pi/pi_target on edges and W(s) = E_pi[sum of c from s on], the derivative in a score is
//   dF/ds(s,a) = mu(s,a) (c(s,a) + W(s') - W(s)):
// exact policy gradients, one backward and one forward sweep.
#pragma once

#include "sim/minimise/smooth_function.hpp"
#include "sim/model/score_model.hpp"

namespace twostage {

class ReverseKl final : public num::SmoothFunction {
 public:
  // All are referred to.
  ReverseKl(const ScoreModel& model, const World& world, std::span<const double> log_target);

  std::size_t dimension() const override { return model_.parameters(); }
  double evaluate(std::span<const double> theta, std::span<double> gradient) override;

 private:
  const ScoreModel& model_;
  const World& world_;
  std::span<const double> log_target_;
  std::vector<double> scores_, log_policy_, mass_, value_;
};

}  // namespace twostage
