#include "sim/model/basis_model.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "sim/model/path_covariance.hpp"
#include "sim/world/prompt_set.hpp"

namespace twostage {
namespace {

// Rank of a positive semidefinite matrix by Cholesky with diagonal pivoting: the number of pivots above
// 1e-10 of the largest diagonal entry.
std::size_t semidefinite_rank(std::vector<double> a, std::size_t n) {
  double largest = 0;
  for (std::size_t i = 0; i < n; ++i) largest = std::fmax(largest, a[i * n + i]);
  std::vector<bool> used(n, false);
  for (std::size_t rank = 0; rank < n; ++rank) {
    std::size_t pivot = n;
    for (std::size_t i = 0; i < n; ++i)
      if (!used[i] && (pivot == n || a[i * n + i] > a[pivot * n + pivot])) pivot = i;
    const double d = a[pivot * n + pivot];
    if (!(d > 1e-10 * largest)) return rank;
    used[pivot] = true;
    for (std::size_t i = 0; i < n; ++i)
      if (!used[i])
        for (std::size_t j = 0; j < n; ++j)
          if (!used[j]) a[i * n + j] -= a[i * n + pivot] * a[pivot * n + j] / d;
  }
  return n;
}

}  // namespace

BasisModel::BasisModel(const World& world, std::shared_ptr<const EdgeBasis> basis, std::size_t functions,
                       bool shared)
    : world_(world),
      basis_(std::move(basis)),
      shared_(shared),
      functions_(functions),
      blocks_(shared ? 1 : prompts_with_data(world)) {
  if (!basis_ || functions == 0 || functions > basis_->size())
    throw std::invalid_argument("basis model: needs 1 .. size() functions of a basis");
}

BasisModel::BasisModel(const World& world, std::size_t functions)
    : BasisModel(world, world.basis, functions, world.shared_classes) {}

BasisModel::BasisModel(const World& world, std::shared_ptr<const EdgeBasis> basis, bool shared)
    : BasisModel(world, basis, basis ? basis->size() : 0, shared) {}

void BasisModel::scores(std::span<const double> theta, std::span<double> edge_scores) const {
  if (shared_) return basis_->synthesize(theta, edge_scores);
  for (std::size_t p = 0; p < blocks_; ++p)
    basis_->synthesize_prompt(p, theta.subspan(p * functions_, functions_), edge_scores);
  for (std::size_t p = blocks_; p < world_.graph.prompts(); ++p)
    for (int h = 0; h < world_.graph.horizon(); ++h) {
      const EdgeRange range = world_.graph.prompt_edges(h, p);
      std::fill(edge_scores.begin() + range.begin, edge_scores.begin() + range.end, 0.0);
    }
}

void BasisModel::pullback(std::span<const double>, std::span<const double> d_scores,
                          std::span<double> out) const {
  if (shared_) return basis_->analyze(d_scores, out);
  for (std::size_t p = 0; p < blocks_; ++p)
    basis_->analyze_prompt(p, d_scores, out.subspan(p * functions_, functions_));
}

std::size_t BasisModel::rank() const {
  if (basis_->independent()) return parameters();
  // Coefficients of their own make the covariance block diagonal: one small matrix for each prompt.
  World world = world_;
  const std::vector<double> features = feature_matrix(BasisModel(world, basis_, functions_, true), world);
  const std::vector<double> uniform = uniform_policy(world.graph);
  std::vector<double> covariance(functions_ * functions_);
  std::size_t rank = 0;
  for (std::size_t block = 0; block < blocks_; ++block) {
    if (blocks_ > 1) {
      std::ranges::fill(world.rho, 0.0);
      world.rho[block] = 1;
    }
    martingale_covariance(world, features, functions_, uniform, covariance);
    rank += semidefinite_rank(covariance, functions_);
  }
  return rank;
}

void BasisModel::add_path(std::span<const EdgeId> path, double scale, FeatureRow& row) const {
  const std::size_t block = shared_ ? 0 : static_cast<std::size_t>(world_.graph.source(path[0]));
  if (block >= blocks_) return;
  std::vector<double> dense(functions_, 0.0);
  basis_->add_path(path, scale, dense);
  for (std::size_t k = 0; k < functions_; ++k)
    if (dense[k] != 0) {
      row.index.push_back(static_cast<std::int32_t>(block * functions_ + k));
      row.value.push_back(dense[k]);
    }
}

void BasisModel::path_covariance(std::span<const double> log_policy, std::span<double> out) const {
  generic_path_covariance(*this, world_, log_policy, out);
}

double BasisModel::rank_work(const World& world) const {
  if (basis_->independent()) return 0;
  const auto p = static_cast<double>(functions_);
  constexpr double of_copy = 8;  // numbers for each edge of the world that is copied
  const auto edges = static_cast<double>(world.graph.edges());
  return p * (edges + static_cast<double>(world.graph.states())) + 2 * p * p + of_copy * edges;
}

}  // namespace twostage
