// What comparisons cost as functions of their margins Delta (how much better the first completion of a row is
// than the second). A loss says whether it is convex in Delta; whether its minimum is attained is for its
// algorithm to answer (Algorithm::existence, judge and check). These are strictly convex:
//   logistic   wins softplus(-Delta) + losses softplus(Delta)
//   squared    wins (Delta - t)^2 + losses (Delta + t)^2
//
// The logistic loss of rewards is bradley_terry.hpp, written apart from this one on purpose: that both routes
// agree is a test, and they share no objective.
#pragma once

#include <span>
#include <vector>

namespace twostage {

class MarginLoss {
 public:
  virtual ~MarginLoss() = default;
  // The sum over rows; the first and second derivatives in each margin are written. All spans have one
  // length.
  virtual double evaluate(std::span<const double> margin, std::span<const double> wins,
                          std::span<const double> losses, std::span<double> slope,
                          std::span<double> curvature) = 0;
  // In each margin, whatever the counts. Where it is not, a stationary point proves nothing.
  virtual bool convex() const = 0;
  // Of one comparison at margin 0: the size of a derivative.
  virtual double slope_scale() const = 0;
};

class LogisticLoss final : public MarginLoss {
 public:
  double evaluate(std::span<const double> margin, std::span<const double> wins,
                  std::span<const double> losses, std::span<double> slope,
                  std::span<double> curvature) override;
  bool convex() const override { return true; }
  double slope_scale() const override { return 1; }

 private:
  std::vector<double> missed_, win_, lose_;  // softplus(-Delta), sigmoid(Delta), sigmoid(-Delta)
};

class SquaredLoss final : public MarginLoss {
 public:
  explicit SquaredLoss(double target) : target_(target) {}
  double evaluate(std::span<const double> margin, std::span<const double> wins,
                  std::span<const double> losses, std::span<double> slope,
                  std::span<double> curvature) override;
  bool convex() const override { return true; }
  double slope_scale() const override { return 2 * target_; }

 private:
  double target_;
};

}  // namespace twostage
