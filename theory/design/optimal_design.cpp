#include "theory/design/optimal_design.hpp"

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <limits>

#include "sim/numerics/elementary.hpp"
#include "sim/plan/sweeps.hpp"
#include "theory/design/design_exchange.hpp"
#include "theory/information/atoms.hpp"

namespace twostage {
namespace {

using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Eigen::Index;
using Eigen::MatrixXd;

// What completions of one prompt can tell apart: coordinates in which those differences have unit scatter.
struct RankSpace {
  MatrixXd basis;     // [parameters x d], orthonormal columns scaled
  MatrixXd dual;      // [parameters x d], basis^T dual = 1
  double log_volume;  // log det of I in the orthonormal basis, less the one in these coordinates
  Index dimension() const { return basis.cols(); }
  MatrixXd of(std::span<const double> matrix) const {
    return basis.transpose() * Eigen::Map<const RowMajor>(matrix.data(), basis.rows(), basis.rows()) * basis;
  }
};

MatrixXd centred(const Atoms& atoms) {
  MatrixXd out = atoms.psi;
  for (std::size_t s = 0; s < atoms.prompts(); ++s) {
    auto rows = out.middleRows(atoms.begin[s], atoms.begin[s + 1] - atoms.begin[s]);
    rows.rowwise() -= Eigen::RowVectorXd(rows.colwise().mean());
  }
  return out;
}

RankSpace rank_space(const MatrixXd& rows) {
  const Eigen::SelfAdjointEigenSolver<MatrixXd> spectrum(rows.transpose() * rows);
  const double floor = spectrum.eigenvalues().maxCoeff() * 1e-11 * static_cast<double>(rows.cols());
  const Index d = (spectrum.eigenvalues().array() > floor).count();
  const Eigen::VectorXd scale = spectrum.eigenvalues().tail(d).cwiseSqrt();
  const MatrixXd directions = spectrum.eigenvectors().rightCols(d);
  RankSpace out{directions * scale.cwiseInverse().asDiagonal(), directions * scale.asDiagonal(), 0};
  for (Index k = 0; k < d; ++k) out.log_volume += 2 * num::log(scale(k));
  return out;
}

MatrixXd curvature(const World& world, const EdgeFeatures& features, const RankSpace& space) {
  SoftPlan optimum;
  soft_plan(world.graph, world.log_reference, world.reward, world.beta, optimum);
  return space.of(path_covariance(features, world, optimum.log_policy));
}

// Of an information matrix in the coordinates of the space; the worst value where it is singular to rounding.
double value_of(DesignCriterion criterion, const World& world, const EdgeFeatures& features,
                const RankSpace& space, const MatrixXd& information) {
  constexpr double worst = std::numeric_limits<double>::infinity();
  const Eigen::LLT<MatrixXd> factor(information);
  if (!is_regular(factor)) return criterion == DesignCriterion::regret ? worst : -worst;
  if (criterion == DesignCriterion::regret) return factor.solve(curvature(world, features, space)).trace();
  double out = space.log_volume;
  for (Index k = 0; k < space.dimension(); ++k) out += 2 * num::log(factor.matrixLLT()(k, k));
  return out;
}

}  // namespace

OptimalDesign optimal_design(const World& world, const EdgeFeatures& features, DesignCriterion criterion,
                             double tolerance) {
  const Atoms atoms = atoms_of(features, world, {world.log_reference, world.log_reference}, kMostDesignAtoms);
  const MatrixXd rows = centred(atoms);
  const RankSpace space = rank_space(rows);
  const auto p = static_cast<std::size_t>(features.parameters);
  OptimalDesign out{
      criterion, static_cast<std::size_t>(space.dimension()), 0, 0, {}, std::vector<double>(p * p)};
  if (out.dimension == 0) return out;
  if (out.dimension > kMostDesignDimension)
    throw InputError("class", "optimal design: " + std::to_string(out.dimension) +
                                  " parameters exceed the limit of " + std::to_string(kMostDesignDimension) +
                                  "; use a smaller class or a shorter horizon");

  DesignSpace candidates{rows * space.basis, atoms.truth, atoms.begin, world.rho, {}};
  if (criterion == DesignCriterion::regret) candidates.curvature = curvature(world, features, space);
  const ExchangeResult best = exchange_design(candidates, tolerance);

  out.gap = best.gap;
  out.value = value_of(criterion, world, features, space, best.information);
  for (const WeightedPair& pair : best.pairs)
    out.pairs.push_back({pair.prompt, static_cast<std::size_t>(pair.first),
                         static_cast<std::size_t>(pair.second), pair.weight});
  Eigen::Map<RowMajor>(out.information.data(), rows.cols(), rows.cols()) =
      space.dual * best.information * space.dual.transpose();
  return out;
}

double design_efficiency(const World& world, const EdgeFeatures& features, const OptimalDesign& design,
                         const PairPolicies& sampler) {
  if (design.dimension == 0) return 1;
  const RankSpace space = rank_space(centred(atoms_of(features, world, sampler, kMostDesignAtoms)));
  const double value = value_of(design.criterion, world, features, space,
                                space.of(pair_information(features, world, sampler)));
  if (design.criterion == DesignCriterion::regret) return design.value / value;
  return num::exp((value - design.value) / static_cast<double>(design.dimension));
}

}  // namespace twostage
