#include "sim/fit/flat_set.hpp"

#include <Eigen/QR>
#include <algorithm>
#include <cmath>

#include "sim/fit/fit_error.hpp"
#include "sim/fit/limits.hpp"
#include "sim/loss/comparison_rows.hpp"
#include "sim/loss/policy_objective.hpp"
#include "sim/loss/row_objective.hpp"
#include "sim/loss/step_length.hpp"
#include "sim/minimise/damped_newton.hpp"
#include "sim/minimise/newton.hpp"
#include "sim/model/path_covariance.hpp"
#include "sim/numerics/elementary.hpp"
#include "sim/numerics/reduce.hpp"
#include "sim/plan/sweeps.hpp"

namespace twostage {
namespace {

constexpr double kMostNumbers = 1 << 24;  // of a matrix of rows or features (128 MB)

using Vector = Eigen::Map<Eigen::VectorXd>;
using ConstVector = Eigen::Map<const Eigen::VectorXd>;

// An orthonormal basis, in coordinates of even size, of the directions that X does not see. Its dimension is
// p - rank, told by whoever proved the rank.
Eigen::MatrixXd unseen_directions(const std::vector<double>& rows, std::size_t p, std::size_t rank) {
  const auto n = static_cast<Eigen::Index>(p);
  const auto r = static_cast<Eigen::Index>(rank);
  if (rank == 0) return Eigen::MatrixXd::Identity(n, n);
  Eigen::MatrixXd transposed =
      Eigen::Map<const Eigen::MatrixXd>(rows.data(), n, static_cast<Eigen::Index>(rows.size() / p));
  Eigen::VectorXd scale(n);
  for (Eigen::Index k = 0; k < n; ++k) {
    const double length = transposed.row(k).norm();
    scale[k] = length > 0 ? std::ldexp(1.0, -std::ilogb(length)) : 1;
    transposed.row(k) *= scale[k];
  }
  const Eigen::ColPivHouseholderQR<Eigen::MatrixXd> qr(transposed);
  Eigen::MatrixXd unseen = Eigen::MatrixXd::Identity(n, n).rightCols(n - r);
  unseen.applyOnTheLeft(qr.householderQ());
  return scale.asDiagonal() * unseen;
}

// A function on theta + directions z.
class OnFlatSet final : public num::TwiceDifferentiable {
 public:
  OnFlatSet(num::TwiceDifferentiable& f, std::span<const double> origin, Eigen::MatrixXd directions)
      : f_(f),
        origin_(origin.begin(), origin.end()),
        directions_(std::move(directions)),
        point_(origin_),
        gradient_(origin_.size()) {}

  std::size_t dimension() const override { return static_cast<std::size_t>(directions_.cols()); }

  const std::vector<double>& at(std::span<const double> z) {
    point_ = move(z);
    num::axpy(1, origin_, point_);
    return point_;
  }

  std::vector<double> move(std::span<const double> z) const {
    std::vector<double> out(origin_.size());
    Vector(out.data(), directions_.rows()) = directions_ * ConstVector(z.data(), directions_.cols());
    return out;
  }

  double evaluate(std::span<const double> z, std::span<double> gradient) override {
    const double value = f_.evaluate(at(z), gradient_);
    Vector(gradient.data(), directions_.cols()) =
        directions_.transpose() * ConstVector(gradient_.data(), directions_.rows());
    return value;
  }

  void hessian(std::span<double> lower) override {
    const Eigen::Index n = directions_.rows();
    const Eigen::Index d = directions_.cols();
    hessian_.resize(static_cast<std::size_t>(n * n));
    f_.hessian(hessian_);
    // Row-major lower is column-major upper.
    const Eigen::Map<const Eigen::MatrixXd> whole(hessian_.data(), n, n);
    const Eigen::MatrixXd reduced =
        directions_.transpose() * (whole.selfadjointView<Eigen::Upper>() * directions_);
    for (Eigen::Index i = 0; i < d; ++i)
      for (Eigen::Index j = 0; j <= i; ++j) lower[static_cast<std::size_t>(i * d + j)] = reduced(i, j);
  }

  double longest_step(std::span<const double> z) const override { return f_.longest_step(move(z)); }

 private:
  num::TwiceDifferentiable& f_;
  std::vector<double> origin_;
  Eigen::MatrixXd directions_;
  std::vector<double> point_, gradient_, hessian_;
};

class NoLoss final : public PolicyLoss {
 public:
  double evaluate(std::span<const double>, std::span<double>) override { return 0; }
};

// E_s0 KL(P_ref || P_pi) of policies with logits linear in theta: convex, Hessian
// sum_s mu_ref(s) Cov_{a ~ pi(s)} phi(s, a).
class PolicyDivergence final : public num::TwiceDifferentiable {
 public:
  PolicyDivergence(const LinearModel& model, const World& world)
      : model_(model),
        world_(world),
        objective_(model, world, no_loss_, {.kind = PenaltyKind::reference_kl, .lambda = 1}),
        features_(feature_matrix(model, world)),
        edge_mass_(world.graph.edges()) {
    occupancy(world.graph, world.rho, world.log_reference, edge_mass_, state_mass_);
  }

  std::size_t dimension() const override { return model_.parameters(); }
  double evaluate(std::span<const double> theta, std::span<double> gradient) override {
    return objective_.evaluate(theta, gradient);
  }
  void hessian(std::span<double> lower) override {
    const std::size_t p = dimension();
    std::vector<double> mean(p), centred(p);
    std::ranges::fill(lower, 0.0);
    for (StateId s = 0; static_cast<std::size_t>(s) < world_.graph.inner_states(); ++s) {
      const EdgeRange edges = world_.graph.leaving(s);
      const auto begin = static_cast<std::size_t>(edges.begin), end = static_cast<std::size_t>(edges.end);
      std::ranges::fill(mean, 0.0);
      for (std::size_t e = begin; e < end; ++e) num::axpy(num::exp(objective_.log_policy()[e]), row(e), mean);
      for (std::size_t e = begin; e < end; ++e) {
        std::ranges::copy(row(e), centred.begin());
        num::axpy(-1, mean, centred);
        const double weight = state_mass_[static_cast<std::size_t>(s)] * num::exp(objective_.log_policy()[e]);
        for (std::size_t i = 0; i < p; ++i)
          if (centred[i] != 0)
            num::axpy(weight * centred[i], {centred.data(), i + 1}, lower.subspan(i * p, i + 1));
      }
    }
  }
  double longest_step(std::span<const double> direction) const override {
    std::vector<double> move(world_.graph.edges());
    model_.scores(direction, move);
    if (const auto offset = model_.offset(); !offset.empty()) num::axpy(-1, offset, move);
    return kLongestLogitStep / num::max_abs(move);
  }

 private:
  std::span<const double> row(std::size_t e) const {
    return std::span(features_).subspan(e * model_.parameters(), model_.parameters());
  }

  const LinearModel& model_;
  const World& world_;
  NoLoss no_loss_;
  PolicyObjective objective_;
  std::vector<double> features_, edge_mass_, state_mass_;
};

struct Least {
  bool converged = false;
  FlatMember member;
  std::vector<double> step;  // in theta, as num::Minimum::step
};

Least least(num::TwiceDifferentiable& penalty, const std::vector<double>& rows, std::size_t rank,
            std::span<const double> theta) {
  OnFlatSet objective(penalty, theta, unseen_directions(rows, theta.size(), rank));
  const std::vector<double> start(objective.dimension(), 0.0);
  const num::Minimum minimum = num::finish_damped(objective, num::minimise_newton(objective, start));
  Least out;
  out.converged = minimum.converged;
  out.member.theta = objective.at(minimum.x);
  out.member.iterations = minimum.iterations;
  if (!minimum.step.empty()) out.step = objective.move(minimum.step);
  return out;
}

bool fits(const LinearModel& model, const World& world, double rows, bool written_out) {
  return newton_fits(model, world, written_out) &&
         rows * static_cast<double>(model.parameters()) <= kMostNumbers;
}

}  // namespace

std::vector<double> comparison_matrix(const LinearModel& model, const PairTable& table) {
  const ComparisonRows distinct(model, table);
  std::vector<double> out(distinct.rows() * distinct.columns(), 0.0);
  for (std::size_t r = 0; r < distinct.rows(); ++r)
    distinct.add_row(r, 1, std::span(out).subspan(r * distinct.columns(), distinct.columns()));
  return out;
}

std::optional<FlatMember> least_penalty_reward(const LinearModel& model, const World& world,
                                               const PairTable& table, std::size_t rank,
                                               std::span<const double> theta) {
  if (!fits(model, world, static_cast<double>(table.rows()), false)) return std::nullopt;
  PairTable silent;
  silent.horizon = table.horizon;
  RowObjective penalty(model, world, silent, {.kind = PenaltyKind::reference_kl, .lambda = 1});
  Least found = least(penalty, comparison_matrix(model, table), rank, theta);
  if (!found.converged) return std::nullopt;
  found.member.edge_error = reward_error(model, world, found.step);
  return std::move(found.member);
}

std::optional<FlatMember> least_penalty_policy(const LinearModel& model, const World& world,
                                               const std::vector<double>& rows, std::size_t rank,
                                               std::span<const double> theta) {
  if (!fits(model, world, static_cast<double>(world.graph.edges()), true)) return std::nullopt;
  PolicyDivergence penalty(model, world);
  Least found = least(penalty, rows, rank, theta);
  if (!found.converged) return std::nullopt;
  found.member.edge_error = policy_error(model, world, found.member.theta, found.step, world.beta);
  return std::move(found.member);
}

std::optional<FlatMember> least_penalty_tabular(const DenseModel& model, const World& world,
                                                const PairTable& table, std::size_t rank,
                                                std::vector<double>& log_policy) {
  const TokenGraph& graph = world.graph;
  const auto at = [](auto i) { return static_cast<std::size_t>(i); };
  // beta log pi/pi_ref with potentials moved along the edges until each first action has 0.
  std::vector<double> reward(model.parameters()), potential(graph.states(), 0.0);
  for (auto s = static_cast<StateId>(graph.inner_states()); s-- > 0;)
    for (int a = 0; a < graph.actions(s); ++a) {
      const EdgeId e = graph.edge(s, a);
      const double value =
          world.beta * (log_policy[at(e)] - world.log_reference[at(e)]) + potential[at(graph.successor(e))];
      if (a == 0)
        potential[at(s)] = value;
      else if (model.parameter(e) != DenseModel::kNone)
        reward[at(model.parameter(e))] = value - potential[at(s)];
    }
  std::optional<FlatMember> member = least_penalty_reward(model, world, table, rank, reward);
  if (!member) return member;
  std::vector<double> edges(graph.edges());
  model.scores(member->theta, edges);
  SoftPlan plan;
  soft_plan(graph, world.log_reference, edges, world.beta, plan);
  log_policy = std::move(plan.log_policy);
  member->theta = model.logits_of(log_policy);
  return member;
}

void settle_on(std::optional<FlatMember> member, std::vector<double>& theta, Certificate& certificate,
               std::vector<double>& edge_error) {
  if (!certificate.converged) return;
  if (!member) {
    certificate.optimum = Optimum::not_unique;
    return;
  }
  theta = std::move(member->theta);
  certificate.iterations += member->iterations;
  add_error(edge_error, member->edge_error);
}

}  // namespace twostage
