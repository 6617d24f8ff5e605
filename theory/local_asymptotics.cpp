#include "theory/local_asymptotics.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "sim/numerics/elementary.hpp"
#include "sim/plan/sweeps.hpp"
#include "theory/completions.hpp"

namespace twostage {
namespace {

constexpr std::size_t kMaxCompletions = 4096;

using Matrix = Eigen::MatrixXd;
using Index = Eigen::Index;

// psi of every completion, one row each.
Matrix path_features(const LinearModel& model, const Completions& completions) {
  Matrix psi = Matrix::Zero(static_cast<Index>(completions.rows()), static_cast<Index>(model.parameters()));
  FeatureRow row;
  for (std::size_t i = 0; i < completions.rows(); ++i) {
    row.clear();
    model.add_path(completions.path(i), 1.0, row);
    for (std::size_t k = 0; k < row.index.size(); ++k)
      psi(static_cast<Index>(i), row.index[k]) += row.value[k];
  }
  return psi;
}

// The completions of one prompt: probabilities under the sampler and under pi*, and the pair weights
// sigma'(Delta) p p'.
struct PromptBlock {
  Index begin;
  Index size;
  double rho;
  Eigen::VectorXd optimal;
  Matrix weight;
};

PromptBlock prompt_block(const World& world, const Completions& completions, std::size_t prompt,
                         std::span<const double> log_sampler, std::span<const double> log_optimal) {
  const auto begin = static_cast<Index>(completions.begin[prompt]);
  const auto size = static_cast<Index>(completions.begin[prompt + 1]) - begin;
  PromptBlock block{begin, size, world.rho[prompt], Eigen::VectorXd(size), Matrix(size, size)};
  Eigen::VectorXd sampled(size);
  Eigen::VectorXd reward(size);
  for (Index i = 0; i < size; ++i) {
    const auto path = completions.path(static_cast<std::size_t>(begin + i));
    sampled(i) = num::exp(path_sum(log_sampler, path));
    block.optimal(i) = num::exp(path_sum(log_optimal, path));
    reward(i) = path_sum(world.reward, path);
  }
  for (Index i = 0; i < size; ++i)
    for (Index j = 0; j < size; ++j) {
      const double s = num::sigmoid(reward(i) - reward(j));
      block.weight(i, j) = s * (1 - s) * sampled(i) * sampled(j);
    }
  return block;
}

// E over ordered pairs of sigma'(Delta) x x^T = 2 Psi^T (diag(W 1) - W) Psi: a graph Laplacian.
Matrix pair_information(const Matrix& psi, const PromptBlock& block) {
  Matrix laplacian = -block.weight;
  laplacian.diagonal() += block.weight.rowwise().sum();
  return 2 * psi.transpose() * laplacian * psi;
}

Matrix covariance(const Matrix& psi, const Eigen::VectorXd& probability) {
  const Eigen::RowVectorXd mean = probability.transpose() * psi;
  const Matrix centred = psi.rowwise() - mean;
  return centred.transpose() * probability.asDiagonal() * centred;
}

}  // namespace

LocalLimit local_limit(const World& world, const LinearModel& model, std::span<const double> log_sampler) {
  const Completions completions = enumerate_completions(world.graph, kMaxCompletions);
  const Matrix psi = path_features(model, completions);
  SoftPlan optimum;
  soft_plan(world.graph, world.log_reference, world.reward, world.beta, optimum);

  const Index p = psi.cols();
  Matrix information = Matrix::Zero(p, p);
  Matrix curvature = Matrix::Zero(p, p);
  std::vector<PromptBlock> blocks;
  for (std::size_t prompt = 0; prompt < world.graph.prompts(); ++prompt) {
    blocks.push_back(prompt_block(world, completions, prompt, log_sampler, optimum.log_policy));
    const PromptBlock& block = blocks.back();
    const Matrix rows = psi.middleRows(block.begin, block.size);
    information += block.rho * pair_information(rows, block);
    curvature += block.rho * covariance(rows, block.optimal);
  }

  // Whiten by I on its range: the null space are directions no pair sees, which no completion sees either.
  const Eigen::SelfAdjointEigenSolver<Matrix> spectrum(information);
  const double floor = spectrum.eigenvalues().maxCoeff() * 1e-11 * static_cast<double>(p);
  const Index null = (spectrum.eigenvalues().array() <= floor).count();
  const Index d = p - null;
  const Matrix whitener = spectrum.eigenvectors().rightCols(d) *
                          spectrum.eigenvalues().tail(d).cwiseSqrt().cwiseInverse().asDiagonal();
  const Matrix whitened = whitener.transpose() * curvature * whitener;
  const Eigen::SelfAdjointEigenSolver<Matrix> law(whitened, Eigen::EigenvaluesOnly);

  LocalLimit out;
  out.dimension = static_cast<std::size_t>(d);
  out.eigenvalues.assign(law.eigenvalues().data(), law.eigenvalues().data() + d);
  out.effective_dimension = whitened.trace() / 2;
  out.limit = out.effective_dimension / world.beta;

  for (const PromptBlock& block : blocks) {
    const Matrix scaled = psi.middleRows(block.begin, block.size) * whitener;
    for (Index i = 0; i < block.size; ++i)
      for (Index j = 0; j < i; ++j) {
        const auto path_i = completions.path(static_cast<std::size_t>(block.begin + i));
        const auto path_j = completions.path(static_cast<std::size_t>(block.begin + j));
        const double s = num::sigmoid(path_sum(world.reward, path_i) - path_sum(world.reward, path_j));
        out.leverage = std::max(out.leverage, s * (1 - s) * (scaled.row(i) - scaled.row(j)).squaredNorm());
      }
  }
  return out;
}

}  // namespace twostage
