// Distillation of a teacher p into a class of policies, as a function of the class's parameters (Zhao et al.
// 2605.16826): which way the divergence of tokens goes, and whose prefixes it is taken at,
//   F(theta) = E_{s ~ prefixes} D(s),   D(s) = KL(p(.|s) || pi(.|s)) (forward) or KL(pi(.|s) || p(.|s))
//   (reverse),
// summed over the tokens of a completion. With the teacher's prefixes the forward one is KL(P_p || P_pi),
// with the student's own the reverse one is KL(P_pi || P_p), as chains of conditional divergences; the other
// two are divergences of tokens alone. The derivative goes through the student's prefixes: with W(s) the sum
// of D from s on under pi and m(s) how often it comes there,
//   dF/ds(s,a) = m(s) (dD(s)/ds(s,a) + pi(a|s) (W(s') - sum_b pi(b|s) W(s'_b))).
// (DAgger, 1011.0686, leaves that second part out, and ends at a point that is no minimum.)
#pragma once

#include "sim/minimise/smooth_function.hpp"
#include "sim/model/score_model.hpp"

namespace twostage {

enum class KlDirection { forward, reverse };
enum class Prefixes { teacher, student };

class Distillation final : public num::SmoothFunction {
 public:
  // All are referred to.
  Distillation(const ScoreModel& student, const World& world, std::span<const double> log_teacher,
               KlDirection direction, Prefixes prefixes);

  std::size_t dimension() const override { return student_.parameters(); }
  double evaluate(std::span<const double> theta, std::span<double> gradient) override;

 private:
  void find_divergences();

  const ScoreModel& student_;
  const World& world_;
  std::span<const double> log_teacher_;
  KlDirection direction_;
  Prefixes prefixes_;
  std::vector<double> scores_, log_policy_, mass_, slope_;  // [edges]
  std::vector<double> visits_, divergence_, value_;         // [states]
};

}  // namespace twostage
