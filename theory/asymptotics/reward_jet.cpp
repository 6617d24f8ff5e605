#include "theory/asymptotics/reward_jet.hpp"

#include <Eigen/Cholesky>
#include <stdexcept>

#include "sim/completions/completions.hpp"
#include "sim/numerics/elementary.hpp"
#include "sim/plan/sweeps.hpp"
#include "sim/world/prompt_set.hpp"

namespace twostage {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

class LinearJet final : public RewardJet {
 public:
  LinearJet(Atoms atoms, VectorXd value) : base_(std::move(value)) {
    atoms_ = std::move(atoms);
    value_ = base_;
  }
  LinearJet(const LinearModel& model, const World& world, const PairPolicies& pairs, std::size_t limit) {
    phi_ = reward_features(model, world);
    atoms_ = atoms_of(phi_, world, pairs, limit);
    base_ = value_ = VectorXd::Zero(atoms_.rows());
    theta_ = start();
  }

  void move(const VectorXd& theta) override {
    value_ = base_ + atoms_.psi * theta;
    theta_ = theta;
  }
  VectorXd start() const override { return VectorXd::Zero(parameters()); }
  bool normalised() const override { return false; }
  ClassOnEdges on_edges() const override {
    if (phi_.edges() == 0) throw std::logic_error("a tangent has no edges");
    return {phi_, edge_rewards(phi_, {theta_.data(), static_cast<std::size_t>(theta_.size())})};
  }

  MatrixXd second(const VectorXd&) const override { return MatrixXd::Zero(parameters(), parameters()); }
  VectorXd second_trace(const MatrixXd&) const override { return VectorXd::Zero(atoms_.rows()); }
  VectorXd second_times(const MatrixXd&) const override { return VectorXd::Zero(parameters()); }
  VectorXd third(const VectorXd&, const MatrixXd&) const override { return VectorXd::Zero(parameters()); }

 private:
  EdgeFeatures phi_ = {};  // none of a tangent
  VectorXd theta_;
  VectorXd base_;  // r_0 of each row
};

class PolicyJet final : public RewardJet {
 public:
  PolicyJet(const LinearModel& model, const World& world, const PairPolicies& pairs, std::size_t limit)
      : world_(world),
        completions_(with_data(world, all_completions(world.graph, limit))),
        phi_(reward_features(model, world)),
        offset_(model.offset().begin(), model.offset().end()),
        log_policy_(world.graph.edges()) {
    offset_.resize(phi_.edges(), 0.0);
    const auto rows = static_cast<Index>(completions_.rows());
    for (std::size_t p = 0; p <= prompts_with_data(world); ++p)
      atoms_.begin.push_back(static_cast<Index>(completions_.first(p)));
    atoms_.truth.resize(rows);
    atoms_.first.resize(rows);
    atoms_.second.resize(rows);
    atoms_.reference.resize(rows);
    for (Index i = 0; i < rows; ++i) {
      const auto path = completions_.path(static_cast<std::size_t>(i));
      atoms_.truth(i) = path_sum(world.reward, path);
      atoms_.first(i) = num::exp(path_sum(pairs.log_first, path));
      atoms_.second(i) = num::exp(path_sum(pairs.log_second, path));
      atoms_.reference(i) = num::exp(path_sum(world.log_reference, path));
    }
    atoms_.psi.resize(rows, static_cast<Index>(phi_.parameters));
    value_.resize(rows);
    move(VectorXd::Zero(atoms_.psi.cols()));
  }

  void move(const VectorXd& theta) override {
    std::vector<double> scores = offset_;
    for (EdgeId e = 0; static_cast<std::size_t>(e) < phi_.edges(); ++e)
      for (std::size_t k = 0; k < phi_.indices(e).size(); ++k)
        scores[static_cast<std::size_t>(e)] += phi_.values(e)[k] * theta(phi_.indices(e)[k]);
    softmax_policy(world_.graph, world_.log_reference, scores, log_policy_);
    psi_ = policy_features(phi_, world_, log_policy_);
    const std::vector<double> implicit = implicit_reward();
    atoms_.psi.setZero();
    for (Index i = 0; i < atoms_.rows(); ++i) {
      const auto path = completions_.path(static_cast<std::size_t>(i));
      value_(i) = path_sum(implicit, path);
      for (const EdgeId e : path)
        for (std::size_t k = 0; k < psi_.indices(e).size(); ++k)
          atoms_.psi(i, psi_.indices(e)[k]) += psi_.values(e)[k];
    }
  }

  // Least squares in the space of logits: phi . theta near log pi*/pi_ref, up to a constant in each state,
  // each state with the weight of its visits under pi_ref.
  VectorXd start() const override {
    SoftPlan optimum;
    soft_plan(world_.graph, world_.log_reference, world_.reward, world_.beta, optimum);
    std::vector<double> mass(phi_.edges());
    occupancy(world_.graph, world_.rho, world_.log_reference, mass);
    const EdgeFeatures centred = policy_features(phi_, world_, world_.log_reference);
    MatrixXd normal = MatrixXd::Zero(parameters(), parameters());
    VectorXd right = VectorXd::Zero(parameters());
    for (EdgeId e = 0; static_cast<std::size_t>(e) < phi_.edges(); ++e) {
      const auto edge = static_cast<std::size_t>(e);
      const double target = optimum.log_policy[edge] - world_.log_reference[edge] - offset_[edge];
      const auto index = centred.indices(e);
      const auto value = centred.values(e);
      for (std::size_t k = 0; k < index.size(); ++k) {
        right(index[k]) += mass[edge] * value[k] * target;
        for (std::size_t l = 0; l < index.size(); ++l)
          normal(index[k], index[l]) += mass[edge] * value[k] * value[l] / world_.beta;
      }
    }
    normal.diagonal().array() += 1e-10 * (1e-300 + normal.diagonal().maxCoeff());
    return normal.ldlt().solve(right);
  }

  bool normalised() const override { return true; }
  ClassOnEdges on_edges() const override { return {psi_, implicit_reward()}; }

  MatrixXd second(const VectorXd& weight) const override {
    const std::vector<double> visits = state_sums(weight);
    MatrixXd out = MatrixXd::Zero(parameters(), parameters());
    for (EdgeId e = 0; static_cast<std::size_t>(e) < psi_.edges(); ++e) {
      const double scale = -visits[source(e)] * probability(e) / world_.beta;
      const auto index = psi_.indices(e);
      const auto value = psi_.values(e);
      for (std::size_t k = 0; k < index.size(); ++k)
        for (std::size_t l = 0; l < index.size(); ++l) out(index[k], index[l]) += scale * value[k] * value[l];
    }
    return out;
  }

  VectorXd second_trace(const MatrixXd& v) const override {
    std::vector<double> of_state(world_.graph.inner_states(), 0.0);
    for (EdgeId e = 0; static_cast<std::size_t>(e) < psi_.edges(); ++e)
      of_state[source(e)] -= probability(e) / world_.beta * quadratic(e, v);
    VectorXd out(atoms_.rows());
    for (Index i = 0; i < out.size(); ++i) {
      double total = 0;
      for (const EdgeId e : completions_.path(static_cast<std::size_t>(i))) total += of_state[source(e)];
      out(i) = total;
    }
    return out;
  }

  VectorXd second_times(const MatrixXd& z) const override {
    MatrixXd of_state = MatrixXd::Zero(static_cast<Index>(world_.graph.inner_states()), parameters());
    for (Index i = 0; i < z.rows(); ++i)
      for (const EdgeId e : completions_.path(static_cast<std::size_t>(i)))
        of_state.row(static_cast<Index>(source(e))) += z.row(i);
    VectorXd out = VectorXd::Zero(parameters());
    for (EdgeId e = 0; static_cast<std::size_t>(e) < psi_.edges(); ++e) {
      const auto index = psi_.indices(e);
      const auto value = psi_.values(e);
      double product = 0;
      for (std::size_t k = 0; k < index.size(); ++k)
        product += value[k] * of_state(static_cast<Index>(source(e)), index[k]);
      for (std::size_t k = 0; k < index.size(); ++k)
        out(index[k]) -= probability(e) / world_.beta * product * value[k];
    }
    return out;
  }

  VectorXd third(const VectorXd& weight, const MatrixXd& v) const override {
    const std::vector<double> visits = state_sums(weight);
    VectorXd out = VectorXd::Zero(parameters());
    for (EdgeId e = 0; static_cast<std::size_t>(e) < psi_.edges(); ++e) {
      const double scale =
          -visits[source(e)] * probability(e) * quadratic(e, v) / (world_.beta * world_.beta);
      for (std::size_t k = 0; k < psi_.indices(e).size(); ++k)
        out(psi_.indices(e)[k]) += scale * psi_.values(e)[k];
    }
    return out;
  }

 private:
  std::size_t source(EdgeId e) const { return static_cast<std::size_t>(world_.graph.source(e)); }
  double probability(EdgeId e) const { return num::exp(log_policy_[static_cast<std::size_t>(e)]); }

  std::vector<double> implicit_reward() const {
    std::vector<double> out(phi_.edges());
    for (std::size_t e = 0; e < out.size(); ++e)
      out[e] = world_.beta * (log_policy_[e] - world_.log_reference[e]);
    return out;
  }

  double quadratic(EdgeId e, const MatrixXd& v) const {
    const auto index = psi_.indices(e);
    const auto value = psi_.values(e);
    double out = 0;
    for (std::size_t k = 0; k < index.size(); ++k)
      for (std::size_t l = 0; l < index.size(); ++l) out += value[k] * value[l] * v(index[k], index[l]);
    return out;
  }

  // [inner states] sum of the weights of the completions through each.
  std::vector<double> state_sums(const VectorXd& weight) const {
    std::vector<double> out(world_.graph.inner_states(), 0.0);
    for (Index i = 0; i < weight.size(); ++i)
      for (const EdgeId e : completions_.path(static_cast<std::size_t>(i))) out[source(e)] += weight(i);
    return out;
  }

  const World& world_;
  Completions completions_;
  EdgeFeatures phi_;
  std::vector<double> offset_;
  EdgeFeatures psi_;  // at the last theta
  std::vector<double> log_policy_;
};

}  // namespace

std::unique_ptr<RewardJet> linear_jet(const LinearModel& model, const World& world, const PairPolicies& pairs,
                                      std::size_t limit) {
  return std::make_unique<LinearJet>(model, world, pairs, limit);
}

std::unique_ptr<RewardJet> tangent_jet(const RewardJet& jet) {
  return std::make_unique<LinearJet>(jet.atoms(), jet.value());
}

std::unique_ptr<RewardJet> policy_jet(const LinearModel& model, const World& world, const PairPolicies& pairs,
                                      std::size_t limit) {
  return std::make_unique<PolicyJet>(model, world, pairs, limit);
}

}  // namespace twostage
