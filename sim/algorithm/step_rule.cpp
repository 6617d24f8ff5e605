#include "sim/algorithm/step_rule.hpp"

#include <cmath>

#include "sim/numerics/reduce.hpp"

namespace twostage {

StepRule::StepRule(const Course& course, double terms, std::size_t parameters)
    : course_(course), terms_(terms > 0 ? terms : 1) {
  if (course.kind != CourseKind::adam) return;
  mean_.assign(parameters, 0.0);
  square_.assign(parameters, 0.0);
}

void StepRule::descend(std::span<const double> gradient, std::span<double> theta) {
  if (course_.kind == CourseKind::gradient) return num::axpy(-(course_.rate / terms_), gradient, theta);
  kept_mean_ *= course_.keep_mean;
  kept_square_ *= course_.keep_square;
  for (std::size_t k = 0; k < theta.size(); ++k) {
    const double g = gradient[k] / terms_;
    mean_[k] = course_.keep_mean * mean_[k] + (1 - course_.keep_mean) * g;
    square_[k] = course_.keep_square * square_[k] + (1 - course_.keep_square) * g * g;
    const double pace = std::sqrt(square_[k] / (1 - kept_square_)) + course_.epsilon;
    theta[k] -= course_.rate * (mean_[k] / (1 - kept_mean_)) / pace;
  }
}

}  // namespace twostage
