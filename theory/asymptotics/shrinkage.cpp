#include "theory/asymptotics/shrinkage.hpp"

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <cmath>
#include <limits>

#include "sim/numerics/product.hpp"
#include "sim/plan/sweeps.hpp"

namespace twostage {
namespace {

using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

Eigen::Map<const RowMajor> matrix(const std::vector<double>& a, Index rows) {
  return {a.data(), rows, rows == 0 ? 0 : static_cast<Index>(a.size()) / rows};
}

Eigen::Map<const VectorXd> vector(const std::vector<double>& a) {
  return {a.data(), static_cast<Index>(a.size())};
}

// Var_ref(r*), averaged over prompts: the covariance of the single feature r* with itself.
double reward_variance(const World& world) {
  EdgeFeatures reward{1, {0}, {}, world.reward};
  for (std::size_t e = 0; e < world.graph.edges(); ++e) {
    reward.index.push_back(0);
    reward.begin.push_back(e + 1);
  }
  return path_covariance(reward, world, world.log_reference).front();
}

// theta of the least-squares fit to r* under pi_ref, up to a constant in each prompt; empty when it misses.
std::optional<VectorXd> parameters_of_truth(const MatrixXd& covariance, const VectorXd& with_reward,
                                            double variance) {
  const Eigen::SelfAdjointEigenSolver<MatrixXd> spectrum(covariance);
  const double floor = spectrum.eigenvalues().maxCoeff() * 1e-11 * static_cast<double>(covariance.rows());
  const VectorXd rotated = spectrum.eigenvectors().transpose() * with_reward;
  VectorXd solution = VectorXd::Zero(rotated.size());
  double explained = 0;
  for (Index k = 0; k < rotated.size(); ++k)
    if (spectrum.eigenvalues()(k) > floor) {
      solution(k) = rotated(k) / spectrum.eigenvalues()(k);
      explained += rotated(k) * solution(k);
    }
  if (variance - explained > 1e-10 * variance) return std::nullopt;
  return spectrum.eigenvectors() * solution;
}

// Whether theta is the truth on other prompts, too.
bool holds_there(const EdgeFeatures& features, const World& world, const VectorXd& theta) {
  const double variance = reward_variance(world);
  const std::vector<double> reference = path_covariance(features, world, world.log_reference);
  const std::vector<double> with_reward =
      path_covariance_with(features, world, world.log_reference, world.reward);
  const double residual =
      variance - 2 * theta.dot(vector(with_reward)) + theta.dot(matrix(reference, theta.size()) * theta);
  return residual <= 1e-10 * variance;
}

}  // namespace

std::optional<Shrinkage> Shrinkage::at_truth(const LinearModel& model, const PenaltyTerm& penalty,
                                             const World& world, const PairPolicies& pairs,
                                             std::optional<PromptSet> measured) {
  const EdgeFeatures features = reward_features(model, world);
  const auto p = static_cast<Index>(features.parameters);
  const std::vector<double> reference = path_covariance(features, world, world.log_reference);
  const std::vector<double> with_reward =
      path_covariance_with(features, world, world.log_reference, world.reward);
  const std::optional<VectorXd> theta =
      parameters_of_truth(matrix(reference, p), vector(with_reward), reward_variance(world));
  if (!theta) return std::nullopt;
  const std::optional<World> elsewhere =
      measured ? std::optional(measured_world(world, *measured)) : std::nullopt;
  if (elsewhere && !holds_there(features, *elsewhere, *theta)) return std::nullopt;

  SoftPlan optimum;
  soft_plan(world.graph, world.log_reference, world.reward, world.beta, optimum);
  const std::vector<double> optimal = path_covariance(features, world, optimum.log_policy);
  VectorXd gradient = VectorXd::Zero(p);
  MatrixXd hessian = MatrixXd::Zero(p, p);
  const double scale = penalty.lambda / (world.beta * world.beta);
  switch (penalty.kind) {
    case PenaltyTerm::Kind::none:
      break;
    case PenaltyTerm::Kind::ridge:
      gradient = penalty.lambda * *theta;
      hessian.diagonal().setConstant(penalty.lambda);
      break;
    case PenaltyTerm::Kind::variance:
      gradient = scale * vector(with_reward);
      hessian = scale * matrix(reference, p);
      break;
    case PenaltyTerm::Kind::reference_kl:
      gradient = scale * world.beta *
                 (vector(mean_features(features, world, optimum.log_policy)) -
                  vector(mean_features(features, world, world.log_reference)));
      hessian = scale * matrix(optimal, p);
      break;
  }

  Shrinkage out;
  out.law_ = local_limit(world, features, pairs, measured);
  out.beta_ = world.beta;
  out.truth_ = std::make_shared<const ClassOnEdges>(ClassOnEdges{features, world.reward});
  const MatrixXd whitener = matrix(out.law_.whitener, p);
  const auto stored = [](const RowMajor& values) {
    return std::vector<double>(values.data(), values.data() + values.size());
  };
  out.gradient_ = stored(whitener.transpose() * gradient);
  const auto in_its_frame = [&](const auto& form) {
    return stored(num::product_as<RowMajor>(num::product(whitener.transpose(), form), whitener));
  };
  out.hessian_ = in_its_frame(hessian);
  const std::vector<double> curvature =
      elsewhere ? path_covariance(features, *elsewhere, optimum.log_policy) : optimal;
  out.curvature_ = in_its_frame(matrix(curvature, p));
  return out;
}

// What n pairs and the penalty say together, and what they leave open.
struct Shrinkage::Solved {
  double pairs;
  Eigen::LDLT<MatrixXd> information;
  MatrixXd inverse;
  ExpectedRegret regret;
};

const Shrinkage::Solved& Shrinkage::solved(double pairs) {
  if (solved_ && solved_->pairs == pairs) return *solved_;
  const auto d = static_cast<Index>(law_.dimension);
  MatrixXd h = matrix(hessian_, d);
  h.diagonal().array() += pairs;
  auto now =
      std::make_shared<Solved>(Solved{.pairs = pairs, .information = h.ldlt(), .inverse = {}, .regret = {}});
  now->inverse = now->information.solve(MatrixXd::Identity(d, d));
  const MatrixXd& inverse = now->inverse;
  const MatrixXd spread = num::product(num::product(matrix(curvature_, d), inverse), inverse) * pairs;
  const VectorXd moved = inverse * vector(gradient_);
  const VectorXd slope = matrix(curvature_, d) * moved;
  const MatrixXd noise = num::product(inverse, inverse) * pairs;

  ExpectedRegret& out = now->regret;
  out.pseudo_true = moved.dot(slope) / (2 * beta_);
  out.variance = spread.trace() / (2 * beta_);
  out.regret = out.pseudo_true + out.variance;
  out.deviation = std::sqrt(std::fmax(
                      0.0, spread.cwiseProduct(spread.transpose()).sum() / 2 + slope.dot(noise * slope))) /
                  beta_;
  // The penalty only adds curvature: kappa without it is an upper bound, which is what a warning needs.
  out.widest = law_.widest / pairs;
  out.kappa = law_.leverage ? *law_.leverage / pairs : std::numeric_limits<double>::quiet_NaN();
  out.dimension = law_.dimension;
  solved_ = std::move(now);
  return *solved_;
}

ExpectedRegret Shrinkage::at(double pairs) {
  return solved(pairs).regret;
}

ScoreResponse Shrinkage::response(double pairs) {
  const Solved& at = solved(pairs);
  const auto d = static_cast<Index>(law_.dimension);
  const auto p = static_cast<Index>(truth_->gradient.parameters);
  // From the score to the estimate, in coordinates in which I is the identity.
  const MatrixXd answer = at.information.solve(MatrixXd(matrix(law_.whitener, p).transpose()));
  const MatrixXd curved = num::product(matrix(curvature_, d), answer) / beta_;
  const VectorXd bias = -at.information.solve(vector(gradient_));
  return {.at = truth_,
          .mean_score = VectorXd::Zero(p),
          .slope = curved.transpose() * bias,
          .bend = num::product(answer.transpose(), curved),
          .mean = at.regret.variance};
}

double Shrinkage::excess(double pairs) {
  if (law_.mass.empty()) return std::numeric_limits<double>::quiet_NaN();
  const MatrixXd& inverse = solved(pairs).inverse;
  const auto white = matrix(law_.white, static_cast<Index>(law_.mass.size()));
  const MatrixXd noise = num::product(white, inverse);
  const PlanSpread spread{vector(law_.mass), noise.rowwise().squaredNorm() * pairs / (beta_ * beta_),
                          white * (inverse * vector(gradient_)) / -beta_, Eigen::ArrayXd::Zero(white.rows())};
  return beta_ * spread.excess(1);
}

}  // namespace twostage
