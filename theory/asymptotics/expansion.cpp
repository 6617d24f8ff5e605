#include "theory/asymptotics/expansion.hpp"

#include <Eigen/Eigenvalues>
#include <cmath>
#include <stdexcept>

#include "sim/minimise/damped_newton.hpp"
#include "sim/minimise/newton.hpp"
#include "sim/numerics/elementary.hpp"
#include "sim/numerics/product.hpp"
#include "theory/asymptotics/penalty_terms.hpp"
#include "theory/asymptotics/second_order.hpp"

namespace twostage {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double kManyPairs = 1e12;  // where a fixed penalty no longer counts

struct PseudoInverse {
  MatrixXd matrix;
  std::size_t rank;
};

// Directions that no pair sees are left out.
PseudoInverse pseudo_inverse(const MatrixXd& a) {
  const Eigen::SelfAdjointEigenSolver<MatrixXd> spectrum(a);
  const double floor = spectrum.eigenvalues().cwiseAbs().maxCoeff() * 1e-11 * static_cast<double>(a.rows());
  VectorXd inverse = VectorXd::Zero(a.rows());
  std::size_t rank = 0;
  for (Index k = 0; k < a.rows(); ++k)
    if (spectrum.eigenvalues()(k) > floor) {
      inverse(k) = 1 / spectrum.eigenvalues()(k);
      ++rank;
    }
  const MatrixXd stretched = spectrum.eigenvectors() * inverse.asDiagonal();
  return {num::product(stretched, spectrum.eigenvectors().transpose()), rank};
}

// p log(p/q) - p + q >= 0, the part of a completion in KL(p || q).
double divergence_term(double log_p, double log_q) {
  constexpr double overflow = 700;
  if (log_p == log_q) return 0;  // both may be log 0
  const double apart = log_q - log_p;
  return apart < overflow ? num::exp(log_p) * num::exp_residual(apart) : num::exp(log_q);
}

std::unique_ptr<RewardJet> jet_of(const Route& route, const World& world, const PairPolicies& pairs,
                                  std::size_t limit) {
  return route.kind == Route::Kind::plan ? linear_jet(*route.model, world, pairs, limit)
                                         : policy_jet(*route.model, world, pairs, limit);
}

}  // namespace

Expansion::Expansion(const Route& route, const World& world, const PairPolicies& pairs, std::size_t limit)
    : world_(world), penalty_(route.penalty), jet_(jet_of(route, world, pairs, limit)) {
  population_ = std::make_unique<Population>(*jet_, world_, penalty_);
  log_optimal_ = log_plan(jet_->atoms(), jet_->atoms().truth, world.beta).of_atom;
  const VectorXd start = jet_->start();
  start_.assign(start.begin(), start.end());
  theta_ = start_;
}

Expansion::~Expansion() = default;
Expansion::Expansion(Expansion&&) noexcept = default;

void Expansion::solve(double pairs) {
  if (penalty_.kind == PenaltyTerm::Kind::none) pairs = 1e6;  // the scale does not move the minimiser
  population_->set_pairs(pairs);
  num::Minimum minimum = jet_->normalised() ? num::minimise_damped_newton(*population_, theta_)
                                            : num::minimise_newton(*population_, theta_);
  minimum = num::finish_damped(*population_, std::move(minimum));
  if (!minimum.converged)
    throw std::runtime_error("the population optimum was not found (it may lie at infinity)");
  theta_ = std::move(minimum.x);
}

ExpectedRegret Expansion::expand(double pairs) {
  std::vector<double> gradient(theta_.size());
  population_->set_pairs(pairs);
  population_->evaluate(theta_, gradient);
  const Atoms& atoms = jet_->atoms();
  const double beta = world_.beta;

  const PlannedLaw plan = population_->policy();
  const VectorXd& probability = plan.probability;
  const VectorXd weight = joint(atoms, world_, probability);
  const VectorXd f = centred_rows(atoms, probability, jet_->value() - atoms.truth).col(0);
  const MatrixXd psi = centred_rows(atoms, probability, atoms.psi);
  const VectorXd pull = weight.cwiseProduct(f);
  const VectorXd slope = psi.transpose() * pull / beta;
  const VectorXd tilted = weight + pull / beta;
  const MatrixXd weighted = psi.transpose() * tilted.asDiagonal();
  const MatrixXd bend = (num::product(weighted, psi) + jet_->second(pull)) / beta;

  const MatrixXd hessian = population_->hessian();
  const PseudoInverse inverse = pseudo_inverse(hessian);
  const MatrixXd sandwich =
      num::product(num::product(inverse.matrix, population_->score_covariance()), inverse.matrix);
  const VectorXd lean =
      inverse.matrix * (population_->hessian_on_score(inverse.matrix) - population_->third(sandwich) / 2);

  ExpectedRegret out;
  for (std::size_t p = 0; p < atoms.prompts(); ++p)
    for (Index i = atoms.begin[p]; i < atoms.begin[p + 1]; ++i)
      out.pseudo_true += beta * world_.rho[p] * divergence_term(plan.log_probability(i), log_optimal_(i));
  const MatrixXd spread = num::product(bend, sandwich);
  out.shift = slope.dot(lean);
  out.variance = spread.trace() / 2;
  out.regret = out.pseudo_true + out.shift + out.variance;
  linear_ = std::fmax(0.0, slope.dot(sandwich * slope));
  quadratic_ = std::fmax(0.0, spread.cwiseProduct(spread.transpose()).sum() / 2);
  out.deviation = std::sqrt(linear_ + quadratic_);
  const Leverage leverage = population_->leverage(inverse.matrix);
  out.kappa = leverage.weighted;
  out.widest = leverage.plain;
  spread_ = {weight, num::product(psi, sandwich).cwiseProduct(psi).rowwise().sum() / (beta * beta),
             Eigen::ArrayXd::Zero(atoms.rows()), f.array().abs() / beta};
  out.dimension = inverse.rank;
  response_ = {.at = nullptr,  // where it is asked for
               .mean_score = -population_->pairs() * (atoms.psi.transpose() * population_->pull()),
               .slope = inverse.matrix * slope,
               .bend = num::product(num::product(inverse.matrix, bend), inverse.matrix),
               .mean = out.variance};
  return out;
}

ExpectedRegret Expansion::at(double pairs) {
  if (penalty_.kind == PenaltyTerm::Kind::none) {
    if (solved_ == 0) {
      solve(pairs);
      last_ = expand(1);
      solved_ = 1;
    }
    ExpectedRegret out = last_;
    out.shift /= pairs;
    out.variance /= pairs;
    out.kappa /= pairs;
    out.widest /= pairs;
    out.regret = out.pseudo_true + out.shift + out.variance;
    out.deviation = std::sqrt(linear_ / pairs + quadratic_ / (pairs * pairs));
    return out;
  }
  if (solved_ != pairs) {
    solved_ = 0;
    solve(pairs);
    last_ = expand(pairs);
    solved_ = pairs;
  }
  return last_;
}

void Expansion::forget() {
  if (penalty_.kind == PenaltyTerm::Kind::none) return;  // the one search is anyone's
  theta_ = start_;
  solved_ = 0;
  second_at_ = 0;
}

std::optional<double> Expansion::second_order(double pairs, double effort) {
  return jet_->normalised() ? std::nullopt : tangent_second_order(pairs, effort);
}

std::optional<double> Expansion::tangent_second_order(double pairs, double effort) {
  if (second_order_cost(static_cast<double>(jet_->atoms().rows()), static_cast<double>(jet_->parameters())) >
      effort)
    return std::nullopt;
  const bool scales = penalty_.kind == PenaltyTerm::Kind::none;
  if (second_at_ == 0 || (!scales && second_at_ != pairs)) {
    at(pairs);
    const std::unique_ptr<RewardJet> tangent = tangent_jet(*jet_);
    second_ = twostage::second_order(*tangent, world_, penalty_, pairs).second;
    second_at_ = pairs;
  }
  return second_ / (pairs * pairs);
}

double Expansion::excess(double pairs) {
  at(pairs);
  const bool scales = penalty_.kind == PenaltyTerm::Kind::none;
  return world_.beta * spread_.excess(scales ? pairs : 1);
}

ScoreResponse Expansion::response(double pairs) {
  if (solved_ != pairs) forget();
  at(pairs);
  if (!response_.at) response_.at = std::make_shared<const ClassOnEdges>(jet_->on_edges());
  ScoreResponse out = response_;
  if (penalty_.kind == PenaltyTerm::Kind::none) {  // of one pair so far
    out.mean_score *= pairs;
    out.slope /= pairs;
    out.bend /= pairs * pairs;
    out.mean /= pairs;
  }
  return out;
}

double Expansion::irreducible() {
  return at(kManyPairs).pseudo_true;
}

}  // namespace twostage
