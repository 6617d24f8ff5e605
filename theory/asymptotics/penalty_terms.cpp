#include "theory/asymptotics/penalty_terms.hpp"

#include "sim/numerics/elementary.hpp"

namespace twostage {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

using enum PenaltyTerm::Kind;

// [rows] v-length of each row.
VectorXd quadratic_rows(const MatrixXd& rows, const MatrixXd& v) {
  return (rows * v).cwiseProduct(rows).rowwise().sum();
}

}  // namespace

PlannedLaw planned_law(const RewardJet& jet, const World& world) {
  LogLaw law = log_plan(jet.atoms(), jet.value(), world.beta);
  PlannedLaw out{law.of_atom.unaryExpr([](double x) { return num::exp(x); }), std::move(law.of_atom),
                 std::move(law.normaliser)};
  return out;
}

VectorXd joint(const Atoms& atoms, const World& world, const VectorXd& probability) {
  VectorXd out = probability;
  for (std::size_t p = 0; p < atoms.prompts(); ++p)
    out.segment(atoms.begin[p], atoms.begin[p + 1] - atoms.begin[p]) *= world.rho[p];
  return out;
}

VectorXd mean_rows(const Atoms& atoms, const World& world, const VectorXd& probability,
                   const MatrixXd& rows) {
  return rows.transpose() * joint(atoms, world, probability);
}

MatrixXd centred_rows(const Atoms& atoms, const VectorXd& probability, const MatrixXd& rows) {
  MatrixXd out = rows;
  for (std::size_t p = 0; p < atoms.prompts(); ++p) {
    const Index begin = atoms.begin[p];
    const Index size = atoms.begin[p + 1] - begin;
    const Eigen::RowVectorXd mean =
        probability.segment(begin, size).transpose() * rows.middleRows(begin, size);
    out.middleRows(begin, size).rowwise() -= mean;
  }
  return out;
}

PenaltyAt penalty_value(const PenaltyTerm& penalty, const RewardJet& jet, const World& world,
                        const VectorXd& theta) {
  const Atoms& atoms = jet.atoms();
  PenaltyAt out{0, VectorXd::Zero(jet.parameters())};
  const double scale = penalty.lambda / world.beta;
  switch (penalty.kind) {
    case none:
      break;
    case ridge:
      out.value = penalty.lambda / 2 * theta.squaredNorm();
      out.gradient = penalty.lambda * theta;
      break;
    case variance: {
      const MatrixXd r = centred_rows(atoms, atoms.reference, jet.value());
      const VectorXd weighted = joint(atoms, world, atoms.reference).cwiseProduct(r.col(0));
      out.value = scale / world.beta / 2 * weighted.dot(r.col(0));
      out.gradient = scale / world.beta * (atoms.psi.transpose() * weighted);
      break;
    }
    case reference_kl: {
      const PlannedLaw law = planned_law(jet, world);
      for (std::size_t p = 0; p < atoms.prompts(); ++p)
        out.value += penalty.lambda * world.rho[p] * law.log_normaliser[p];
      const VectorXd reference = joint(atoms, world, atoms.reference);
      out.value -= scale * reference.dot(jet.value());
      out.gradient = scale * (atoms.psi.transpose() * (joint(atoms, world, law.probability) - reference));
      break;
    }
  }
  return out;
}

MatrixXd penalty_hessian(const PenaltyTerm& penalty, const RewardJet& jet, const World& world) {
  const Atoms& atoms = jet.atoms();
  const double scale = penalty.lambda / (world.beta * world.beta);
  switch (penalty.kind) {
    case none:
      break;
    case ridge:
      return penalty.lambda * MatrixXd::Identity(jet.parameters(), jet.parameters());
    case variance: {
      const VectorXd weight = joint(atoms, world, atoms.reference);
      const MatrixXd psi = centred_rows(atoms, atoms.reference, atoms.psi);
      const VectorXd r = centred_rows(atoms, atoms.reference, jet.value()).col(0);
      return scale * (psi.transpose() * weight.asDiagonal() * psi + jet.second(weight.cwiseProduct(r)));
    }
    case reference_kl: {
      const VectorXd probability = planned_law(jet, world).probability;
      const VectorXd weight = joint(atoms, world, probability);
      const MatrixXd psi = centred_rows(atoms, probability, atoms.psi);
      return scale * (psi.transpose() * weight.asDiagonal() * psi +
                      world.beta * jet.second(weight - joint(atoms, world, atoms.reference)));
    }
  }
  return MatrixXd::Zero(jet.parameters(), jet.parameters());
}

VectorXd penalty_third(const PenaltyTerm& penalty, const RewardJet& jet, const World& world,
                       const MatrixXd& v) {
  const Atoms& atoms = jet.atoms();
  const double scale = penalty.lambda / (world.beta * world.beta);
  // Cov(d2 r : V, psi) + 2 E[d2 r V (psi - mean)], shared by both functionals.
  const auto mixed = [&](const VectorXd& weight, const MatrixXd& psi) -> VectorXd {
    const MatrixXd moved = weight.asDiagonal() * psi * v;
    return psi.transpose() * weight.cwiseProduct(jet.second_trace(v)) + 2 * jet.second_times(moved);
  };
  switch (penalty.kind) {
    case none:
    case ridge:
      break;
    case variance: {
      const VectorXd weight = joint(atoms, world, atoms.reference);
      const MatrixXd psi = centred_rows(atoms, atoms.reference, atoms.psi);
      const VectorXd r = centred_rows(atoms, atoms.reference, jet.value()).col(0);
      return scale * (mixed(weight, psi) + jet.third(weight.cwiseProduct(r), v));
    }
    case reference_kl: {
      const VectorXd probability = planned_law(jet, world).probability;
      const VectorXd weight = joint(atoms, world, probability);
      const MatrixXd psi = centred_rows(atoms, probability, atoms.psi);
      const VectorXd skew = psi.transpose() * weight.cwiseProduct(quadratic_rows(psi, v));
      return scale * (skew / world.beta + mixed(weight, psi) +
                      world.beta * jet.third(weight - joint(atoms, world, atoms.reference), v));
    }
  }
  return VectorXd::Zero(jet.parameters());
}

}  // namespace twostage
