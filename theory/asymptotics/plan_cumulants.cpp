#include "theory/asymptotics/plan_cumulants.hpp"

#include "sim/numerics/interruption.hpp"

namespace twostage {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

VectorXd lengths(const MatrixXd& rows, const MatrixXd& k) {
  return (rows * k).cwiseProduct(rows).rowwise().sum();
}

}  // namespace

// Entries with k <= j <= i, each put where its permutations are.
void add_cubes(Tensor& out, const MatrixXd& x, const VectorXd& c) {
  const auto at = [&](Index i, Index j, Index k) -> double& {
    return out[static_cast<std::size_t>(i)](j, k);
  };
  for (Index i = 0; i < static_cast<Index>(out.size()); ++i) {
    num::may_interrupt();
    const auto rows = x.leftCols(i + 1);
    const MatrixXd scaled = c.cwiseProduct(x.col(i)).asDiagonal() * rows;
    MatrixXd slice = MatrixXd::Zero(i + 1, i + 1);
    slice.triangularView<Eigen::Lower>() += rows.transpose() * scaled;
    for (Index j = 0; j <= i; ++j)
      for (Index k = 0; k <= j; ++k) {
        const double value = slice(j, k);
        at(i, j, k) += value;
        if (j != k) at(i, k, j) += value;
        if (i != j) {
          at(j, i, k) += value;
          at(j, k, i) += value;
        }
        if (j != k) {
          at(k, i, j) += value;
          if (i != j) at(k, j, i) += value;
        }
      }
  }
}

PlanCumulants::PlanCumulants(const Atoms& atoms, const World& world, const VectorXd& law,
                             const MatrixXd& psi) {
  for (std::size_t p = 0; p < atoms.prompts(); ++p) {
    const Index begin = atoms.begin[p];
    const Index size = atoms.begin[p + 1] - begin;
    Prompt prompt{begin, world.rho[p], law.segment(begin, size), psi.middleRows(begin, size), {}};
    const Eigen::RowVectorXd mean = prompt.law.transpose() * prompt.psi;
    prompt.psi.rowwise() -= mean;
    prompt.covariance = prompt.psi.transpose() * prompt.law.asDiagonal() * prompt.psi;
    prompts_.push_back(std::move(prompt));
  }
}

VectorXd PlanCumulants::centred(const Prompt& prompt, const VectorXd& f) {
  const VectorXd own = f.segment(prompt.begin, prompt.law.size());
  return own.array() - prompt.law.dot(own);
}

VectorXd PlanCumulants::with(const VectorXd& f) const {
  VectorXd out = VectorXd::Zero(prompts_.front().psi.cols());
  for (const Prompt& p : prompts_) out += p.rho * (p.psi.transpose() * p.law.cwiseProduct(centred(p, f)));
  return out;
}

MatrixXd PlanCumulants::with_two(const VectorXd& f) const {
  MatrixXd out = MatrixXd::Zero(prompts_.front().psi.cols(), prompts_.front().psi.cols());
  for (const Prompt& p : prompts_)
    out += p.rho * (p.psi.transpose() * p.law.cwiseProduct(centred(p, f)).asDiagonal() * p.psi);
  return out;
}

// kappa(f,i,j,k) = E f i j k - E f i E j k - E f j E i k - E f k E i j.
void PlanCumulants::add_with_three(Tensor& out, const VectorXd& f) const {
  for (const Prompt& p : prompts_) {
    const VectorXd pull = p.rho * p.law.cwiseProduct(centred(p, f));
    add_cubes(out, p.psi, pull);
    const VectorXd slope = p.psi.transpose() * pull;
    for (std::size_t i = 0; i < out.size(); ++i) {
      const auto column = p.covariance.col(static_cast<Index>(i));
      out[i] -= slope(static_cast<Index>(i)) * p.covariance + slope * column.transpose() +
                column * slope.transpose();
    }
  }
}

// Of the ten splits of (f,1,2,3,4) into two and three, contracted with K_12 K_34: f with one psi, four alike;
// f with 12 or 34, two alike; f with one of each, four alike.
double PlanCumulants::with_four(const VectorXd& f, const MatrixXd& k) const {
  double out = 0;
  for (const Prompt& p : prompts_) {
    const VectorXd pull = p.law.cwiseProduct(centred(p, f));
    const VectorXd length = lengths(p.psi, k);
    const VectorXd slope = p.psi.transpose() * pull;
    const VectorXd skew = p.psi.transpose() * p.law.cwiseProduct(length);
    const MatrixXd bend = p.psi.transpose() * pull.asDiagonal() * p.psi * k;
    const MatrixXd spread = p.covariance * k;
    out += p.rho * (pull.dot(length.cwiseAbs2()) - 4 * slope.dot(k * skew) -
                    2 * bend.trace() * spread.trace() - 4 * (bend * spread).trace());
  }
  return out;
}

MatrixXd PlanCumulants::two() const {
  MatrixXd out = MatrixXd::Zero(prompts_.front().psi.cols(), prompts_.front().psi.cols());
  for (const Prompt& p : prompts_) out += p.rho * p.covariance;
  return out;
}

void PlanCumulants::add_three(Tensor& out, double scale) const {
  for (const Prompt& p : prompts_) add_cubes(out, p.psi, scale * p.rho * p.law);
}

MatrixXd PlanCumulants::four(const MatrixXd& k) const {
  MatrixXd out = MatrixXd::Zero(k.rows(), k.cols());
  for (const Prompt& p : prompts_) {
    const VectorXd weight = p.law.cwiseProduct(lengths(p.psi, k));
    out += p.rho * (p.psi.transpose() * weight.asDiagonal() * p.psi -
                    p.covariance * (p.covariance * k).trace() - 2 * p.covariance * k * p.covariance);
  }
  return out;
}

}  // namespace twostage
