#include "theory/asymptotics/population.hpp"

#include "sim/numerics/elementary.hpp"
#include "sim/numerics/product.hpp"
#include "theory/asymptotics/penalty_terms.hpp"

namespace twostage {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

Eigen::Map<const VectorXd> vector(std::span<const double> x) {
  return {x.data(), static_cast<Index>(x.size())};
}

// (diag(w 1) - w) y. The sums are stored first: as an expression they would be taken anew for each column of
// y.
MatrixXd laplacian(const MatrixXd& w, const MatrixXd& y) {
  const VectorXd degree = w.rowwise().sum();
  return degree.asDiagonal() * y - num::product(w, y);
}

std::span<double> entries(MatrixXd& x) {
  return {x.data(), static_cast<std::size_t>(x.size())};
}

}  // namespace

Population::Population(RewardJet& jet, const World& world, const PenaltyTerm& penalty)
    : jet_(jet), world_(world), penalty_(penalty) {
  const Atoms& atoms = jet.atoms();
  for (std::size_t p = 0; p < atoms.prompts(); ++p) {
    const Index begin = atoms.begin[p];
    const Index size = atoms.begin[p + 1] - begin;
    const VectorXd first = atoms.first.segment(begin, size);
    const VectorXd second = atoms.second.segment(begin, size);
    Block block{begin, size, MatrixXd(size, size), MatrixXd(size, size)};
    for (Index j = 0; j < size; ++j)
      for (Index i = 0; i < size; ++i) {
        block.weight(i, j) = world.rho[p] * (first(i) * second(j) + first(j) * second(i)) / 2;
        block.label(i, j) = num::sigmoid(atoms.truth(begin + i) - atoms.truth(begin + j));
      }
    blocks_.push_back(std::move(block));
  }
}

// r(i) - r(j)
MatrixXd Population::differences(const Block& block) const {
  const VectorXd r = jet_.value().segment(block.begin, block.size);
  MatrixXd out(block.size, block.size);
  for (Index j = 0; j < block.size; ++j)
    for (Index i = 0; i < block.size; ++i) out(i, j) = r(i) - r(j);
  return out;
}

template <typename Function>
MatrixXd Population::weighted(const Block& block, Function f) const {
  MatrixXd out = differences(block);
  num::sigmoid(entries(out), entries(out));
  for (Index j = 0; j < block.size; ++j)
    for (Index i = 0; i < block.size; ++i) out(i, j) = block.weight(i, j) * f(out(i, j), block.label(i, j));
  return out;
}

MatrixXd Population::laplacian_times(const Block& block, const MatrixXd& w, const MatrixXd& y) const {
  return 2 * num::product(laplacian(w, y).transpose(), jet_.atoms().psi.middleRows(block.begin, block.size));
}

MatrixXd Population::squared_lengths(const Block& block, const MatrixXd& metric) const {
  const MatrixXd psi = jet_.atoms().psi.middleRows(block.begin, block.size);
  const MatrixXd gram = num::product(num::product(psi, metric), psi.transpose());
  const VectorXd own = gram.diagonal();
  return own.replicate(1, block.size) + own.transpose().replicate(block.size, 1) - 2 * gram;
}

const VectorXd& Population::pull() const {
  if (pull_) return *pull_;
  VectorXd out(jet_.atoms().rows());
  for (const Block& block : blocks_)
    out.segment(block.begin, block.size) =
        2 * weighted(block, [](double s, double label) { return s - label; }).rowwise().sum();
  return pull_.emplace(std::move(out));
}

double Population::evaluate(std::span<const double> theta, std::span<double> gradient) {
  const VectorXd at = vector(theta);
  jet_.move(at);
  pull_.reset();
  mean_hessian_.reset();
  double loss = 0;
  for (const Block& block : blocks_) {
    const MatrixXd d = differences(block);
    MatrixXd cost = -d;
    num::softplus(entries(cost), entries(cost));
    for (Index j = 0; j < block.size; ++j)
      for (Index i = 0; i < block.size; ++i)
        loss += block.weight(i, j) * (cost(i, j) + block.label(j, i) * d(i, j));
  }
  const PenaltyAt penalty = penalty_value(penalty_, jet_, world_, at);
  const VectorXd total = pairs_ * (jet_.atoms().psi.transpose() * pull()) + penalty.gradient;
  std::copy(total.begin(), total.end(), gradient.begin());
  return pairs_ * loss + penalty.value;
}

const MatrixXd& Population::mean_hessian() const {
  if (mean_hessian_) return *mean_hessian_;
  MatrixXd mean = jet_.second(pull());
  for (const Block& block : blocks_)
    mean += laplacian_times(block, weighted(block, [](double s, double) { return s * (1 - s); }),
                            jet_.atoms().psi.middleRows(block.begin, block.size));
  return mean_hessian_.emplace(std::move(mean));
}

MatrixXd Population::hessian() const {
  return pairs_ * mean_hessian() + penalty_hessian(penalty_, jet_, world_);
}

void Population::hessian(std::span<double> lower) {
  const MatrixXd full = hessian();
  for (Index i = 0; i < full.rows(); ++i)
    for (Index j = 0; j <= i; ++j) lower[static_cast<std::size_t>(i * full.cols() + j)] = full(i, j);
}

MatrixXd Population::score_covariance() const {
  const VectorXd mean = jet_.atoms().psi.transpose() * pull();
  MatrixXd square = -mean * mean.transpose();
  for (const Block& block : blocks_)
    square += laplacian_times(
        block, weighted(block, [](double s, double label) { return s * s - 2 * s * label + label; }),
        jet_.atoms().psi.middleRows(block.begin, block.size));
  return pairs_ * square;
}

VectorXd Population::hessian_on_score(const MatrixXd& inverse) const {
  const Atoms& atoms = jet_.atoms();
  const VectorXd mean_score = atoms.psi.transpose() * pull();
  VectorXd lean = VectorXd::Zero(jet_.parameters());
  MatrixXd moved(atoms.rows(), atoms.psi.cols());
  for (const Block& block : blocks_) {
    const auto psi = atoms.psi.middleRows(block.begin, block.size);
    const MatrixXd odd = weighted(block, [](double s, double label) { return s * (1 - s) * (s - label); });
    lean += 2 * psi.transpose() * odd.cwiseProduct(squared_lengths(block, inverse)).rowwise().sum();
    const MatrixXd noise =
        weighted(block, [](double s, double label) { return s * s - 2 * s * label + label; });
    moved.middleRows(block.begin, block.size) = 2 * num::product(laplacian(noise, psi), inverse);
  }
  lean += jet_.second_times(moved);
  return pairs_ * (lean - mean_hessian() * (inverse * mean_score));
}

VectorXd Population::third(const MatrixXd& v) const {
  const Atoms& atoms = jet_.atoms();
  const VectorXd bend = jet_.second_trace(v);
  VectorXd out = jet_.third(pull(), v);
  MatrixXd moved(atoms.rows(), atoms.psi.cols());
  for (const Block& block : blocks_) {
    const auto psi = atoms.psi.middleRows(block.begin, block.size);
    const MatrixXd skew = weighted(block, [](double s, double) { return s * (1 - s) * (1 - 2 * s); });
    out += 2 * psi.transpose() * skew.cwiseProduct(squared_lengths(block, v)).rowwise().sum();
    const MatrixXd curvature = weighted(block, [](double s, double) { return s * (1 - s); });
    out += laplacian_times(block, curvature, bend.segment(block.begin, block.size)).transpose();
    moved.middleRows(block.begin, block.size) = 4 * num::product(laplacian(curvature, psi), v);
  }
  out += jet_.second_times(moved);
  return pairs_ * out + penalty_third(penalty_, jet_, world_, v);
}

Leverage Population::leverage(const MatrixXd& inverse) const {
  Leverage largest;
  for (const Block& block : blocks_) {
    const MatrixXd lengths = squared_lengths(block, inverse);
    const VectorXd r = jet_.value().segment(block.begin, block.size);
    for (Index j = 0; j < block.size; ++j)
      for (Index i = 0; i < j; ++i) {
        if (!(block.weight(i, j) > 0)) continue;
        const double s = num::sigmoid(r(i) - r(j));
        largest.weighted = std::fmax(largest.weighted, s * (1 - s) * lengths(i, j));
        largest.plain = std::fmax(largest.plain, lengths(i, j));
      }
  }
  return largest;
}

PlannedLaw Population::policy() const {
  return planned_law(jet_, world_);
}

}  // namespace twostage
