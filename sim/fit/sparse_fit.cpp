#include "sim/fit/sparse_fit.hpp"

#include <cmath>

#include "sim/fit/limits.hpp"
#include "sim/loss/row_objective.hpp"
#include "sim/numerics/damped_newton.hpp"
#include "sim/numerics/elementary.hpp"
#include "sim/numerics/l1_newton.hpp"
#include "sim/numerics/newton.hpp"

namespace twostage {
namespace {

constexpr double kRefitLambda = 0.01;

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

num::Minimum refit(const LinearModel& model, const World& world, const PairTable& table,
                   std::span<const double> kept) {
  std::vector<std::size_t> support;
  std::vector<double> start;
  for (std::size_t k = 0; k < kept.size(); ++k)
    if (kept[k] != 0) {
      support.push_back(k);
      start.push_back(kept[k]);
    }
  RowObjective objective(model, world, table, {PenaltyKind::reference_kl, kRefitLambda});
  OnSupport on_support(objective, std::move(support));
  num::Minimum minimum = num::finish_damped(on_support, num::minimise_newton(on_support, start));
  minimum.x = on_support.whole(minimum.x);
  return minimum;
}

double pairs_in(const PairTable& table) {
  double pairs = 0;
  for (std::size_t k = 0; k < table.rows(); ++k) pairs += table.wins[k] + table.losses[k];
  return pairs;
}

}  // namespace

std::vector<double> l1_weights(const Penalty& penalty, const ComparisonRows& rows) {
  std::vector<double> weights(rows.columns(), penalty.lambda);
  if (penalty.scaling == L1Scaling::fixed) return weights;
  const std::vector<double> squares = rows.column_squares();
  const double dimensions = 2 * static_cast<double>(weights.size());
  for (std::size_t j = 0; j < weights.size(); ++j) weights[j] *= std::sqrt(num::log(dimensions) * squares[j]);
  return weights;
}

RewardFit fit_sparse(const LinearModel& model, const World& world, const PairTable& table,
                     const Penalty& penalty) {
  if (!newton_fits(model, world, false))
    throw InputError("kind", "penalty 'l1': a class of " + std::to_string(model.parameters()) +
                                 " parameters is too large for its solver, which takes 2000; use a smaller "
                                 "class, or reference-kl");
  RowObjective likelihood(model, world, table, {PenaltyKind::none, 0});
  const std::vector<double> start(model.parameters(), 0.0);
  num::Minimum minimum = num::minimise_l1(likelihood, l1_weights(penalty, likelihood.rows()), start,
                                          {.violation_accepted = 1e-9 * (1 + pairs_in(table))});
  if (penalty.refit) {
    const int iterations = minimum.iterations;
    const bool converged = minimum.converged;
    minimum = refit(model, world, table, minimum.x);
    minimum.iterations += iterations;
    minimum.converged &= converged;
  }
  return {.theta = std::move(minimum.x),
          .certificate = certificate_of(minimum, Optimum::global),
          .edge_error = {}};  // coefficients that are not needed are exactly 0
}

}  // namespace twostage
