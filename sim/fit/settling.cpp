#include "sim/fit/settling.hpp"

#include <Eigen/Core>
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>

#include "sim/existence/visited_features.hpp"
#include "sim/loss/policy_objective.hpp"
#include "sim/numerics/reduce.hpp"
#include "sim/plan/sweeps.hpp"
#include "sim/random/draw.hpp"

namespace twostage {
namespace {

constexpr std::size_t kMostSettled = 400;
constexpr double kMostDerivatives = 1 << 23;  // of features, of derivatives of margins (64 MB each)
constexpr int kSteps = 12;
constexpr double kSettled = 0.05;   // nats of a margin, logits
constexpr double kUnseen = 1e-12;   // of the largest eigenvalue, at a point in general position
constexpr double kDrowned = 1e-15;  // of the largest eigenvalue, times the number of parameters

// The margins of the data at a policy of the class, with derivatives in theta.
class Margins {
 public:
  Margins(const LinearModel& model, const World& world, const PairTable& table, double scale,
          MarginLoss& loss)
      : model_(model),
        world_(world),
        table_(table),
        scale_(scale),
        loss_(loss),
        features_(model, world, table.completions),
        centred_(features_),
        margin_(table.rows()),
        slope_(table.rows()),
        curvature_(table.rows()),
        jacobian_(static_cast<Eigen::Index>(table.rows()), static_cast<Eigen::Index>(model.parameters())) {}

  void at(std::span<const double> theta) {
    const std::vector<double> log_policy = policy_at(model_, world_, theta);
    features_.centre(log_policy, centred_);
    jacobian_.setZero();
    for (std::size_t k = 0; k < table_.rows(); ++k) {
      double margin = 0;
      const auto add = [&](std::span<const EdgeId> path, double sign) {
        for (const EdgeId e : path) {
          const auto edge = static_cast<std::size_t>(e);
          margin += sign * (log_policy[edge] - world_.log_reference[edge]);
          const std::span<const double> row = centred_.at(e);
          jacobian_.row(static_cast<Eigen::Index>(k)) +=
              sign * scale_ * Eigen::Map<const Eigen::RowVectorXd>(row.data(), jacobian_.cols());
        }
      };
      if (table_.first[k] != table_.second[k]) {
        add(table_.first_path(k), 1);
        add(table_.second_path(k), -1);
      }
      margin_[k] = scale_ * margin;
    }
    loss_.evaluate(margin_, table_.wins, table_.losses, slope_, curvature_);
  }

  const Eigen::MatrixXd& jacobian() const { return jacobian_; }
  Eigen::Map<const Eigen::VectorXd> slope() const { return map(slope_); }
  Eigen::Map<const Eigen::VectorXd> curvature() const { return map(curvature_); }

  // Largest change of a margin or of a centred logit at a visited state.
  double size_of(const Eigen::VectorXd& step) const {
    double largest = (jacobian_ * step).cwiseAbs().maxCoeff();
    for (const StateId s : features_.states()) {
      const EdgeRange edges = world_.graph.leaving(s);
      for (EdgeId e = edges.begin; e < edges.end; ++e)
        largest = std::fmax(
            largest, std::fabs(num::dot(features_.at(e), {step.data(), model_.parameters()}) -
                               num::dot(features_.at(edges.begin), {step.data(), model_.parameters()})));
    }
    return largest;
  }

 private:
  static Eigen::Map<const Eigen::VectorXd> map(const std::vector<double>& x) {
    return {x.data(), static_cast<Eigen::Index>(x.size())};
  }

  const LinearModel& model_;
  const World& world_;
  const PairTable& table_;
  double scale_;
  MarginLoss& loss_;
  VisitedFeatures features_, centred_;
  std::vector<double> margin_, slope_, curvature_;
  Eigen::MatrixXd jacobian_;
};

using Solver = Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>;

}  // namespace

Settling settling(const LinearModel& model, const World& world, const PairTable& table, double scale,
                  MarginLoss& loss, std::span<const double> theta, Philox4x64 stream) {
  const std::size_t p = model.parameters();
  if (p > kMostSettled || VisitedFeatures::most_numbers(model, world, 2 * table.rows()) > kMostDerivatives ||
      static_cast<double>(table.rows() * p) > kMostDerivatives)
    return {};
  Margins margins(model, world, table, scale, loss);

  // What the data see in general, and the scale of each coordinate.
  std::vector<double> point(p);
  for (double& x : point) x = draw_normal(stream);
  margins.at(point);
  Eigen::MatrixXd gram = margins.jacobian().transpose() * margins.jacobian();
  Eigen::VectorXd unit = gram.diagonal();
  for (double& s : unit) s = s > 0 ? 1 / std::sqrt(s) : 0;
  gram = unit.asDiagonal() * gram * unit.asDiagonal();
  const Eigen::VectorXd general = Solver(gram, Eigen::EigenvaluesOnly).eigenvalues();
  const double largest = general.size() > 0 ? general[general.size() - 1] : 0;
  const auto rank = static_cast<Eigen::Index>(std::ranges::count_if(
      std::span(general.data(), p), [&](double x) { return x > kUnseen * largest && x > 0; }));

  Settling result{.told = true, .settled = rank == 0, .flat = static_cast<std::size_t>(rank) < model.rank()};
  point.assign(theta.begin(), theta.end());
  for (int k = 0; k < kSteps && !result.settled; ++k) {
    margins.at(point);
    const Eigen::MatrixXd j = margins.jacobian() * unit.asDiagonal();
    const Solver curvature(j.transpose() * margins.curvature().asDiagonal() * j);
    const Eigen::VectorXd seen = curvature.eigenvalues().tail(rank);
    if (!(seen[0] > kDrowned * static_cast<double>(p) * seen[rank - 1])) break;
    const Eigen::MatrixXd basis = curvature.eigenvectors().rightCols(rank);
    const Eigen::VectorXd along = basis.transpose() * (j.transpose() * margins.slope());
    Eigen::VectorXd step = -(basis * along.cwiseQuotient(seen));
    step = unit.asDiagonal() * step;
    const double size = margins.size_of(step);
    if (!std::isfinite(size)) break;
    result.settled = size <= kSettled;
    if (size > 1) step /= size;
    for (std::size_t i = 0; i < p; ++i) point[i] += step[static_cast<Eigen::Index>(i)];
  }
  return result;
}

}  // namespace twostage
