// Score model s_theta : edges -> R. One idea for both kinds of class (sim/DEFINITIONS.md, "Score models"):
//   as a reward class, r_theta(xi) = sum of scores along the path;
//   as a policy class, pi_theta(a|s) ∝ pi_ref(a|s) exp s_theta(s,a), so theta = 0 is the reference.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sim/catalog/registry.hpp"
#include "sim/world/world.hpp"

namespace twostage {

class DenseModel;
class LinearModel;

class ScoreModel {
 public:
  virtual ~ScoreModel() = default;
  virtual std::size_t parameters() const = 0;  // length of theta (the raw count)
  // Dimension of what the class expresses, rewards or log-ratios of policies, modulo one constant per prompt:
  // the parameter count of sim/DEFINITIONS.md.
  virtual std::size_t rank() const = 0;
  // edge_scores[e] = s_theta(e); all edges are written.
  virtual void scores(std::span<const double> theta, std::span<double> edge_scores) const = 0;
  // out = (d scores / d theta)^T d_scores; all of `out` is written.
  virtual void pullback(std::span<const double> theta, std::span<const double> d_scores,
                        std::span<double> out) const = 0;

  // What others may build on; null or false where there is no such thing.
  // The class itself, where its scores are linear in theta.
  virtual const LinearModel* linear() const { return nullptr; }
  // As a policy class: the linear class of rewards whose plan at theta the policy at theta is. Then
  // beta log pi/pi_ref of a completion is its reward less one number for each prompt.
  virtual const LinearModel* planned_rewards() const { return nullptr; }
  // The class itself, if it has one score for each state and action.
  virtual const DenseModel* every_action() const { return nullptr; }
  // As a reward class: the linear class of whose members it holds those with at most `most_nonzero`
  // parameters that are not 0.
  virtual const LinearModel* sparse_of() const { return nullptr; }
  virtual std::size_t most_nonzero() const { return 0; }
  // As a policy class, it holds every policy.
  virtual bool every_policy() const { return false; }
  // Where theta = 0 is stationary whatever is minimised, so that no descent can begin there: the standard
  // deviations of the points where it begins instead, at all of which scores are those of theta = 0. Empty:
  // 0 serves.
  virtual std::span<const double> start_spread() const { return {}; }
  // Numbers that it holds, or works on beside its parameters and scores.
  virtual double numbers_held() const { return 0; }
};

// A sparse row of path features: parallel arrays, indices may repeat (values then add up).
struct FeatureRow {
  std::vector<std::int32_t> index;
  std::vector<double> value;
  void clear() {
    index.clear();
    value.clear();
  }
};

// Scores linear in theta: s = o + Phi theta with an implicit edges x parameters matrix Phi. The offset o is
// fixed, and 0 except where a policy class holds part of the policy at the optimum.
class LinearModel : public ScoreModel {
 public:
  const LinearModel* linear() const final { return this; }
  virtual std::span<const double> offset() const { return {}; }  // [edges]; empty: zero
  // Appends scale * psi(path) to the row, psi(path) = sum of the path's rows of Phi. The rank of the class is
  // that of all pair differences psi(xi) - psi(xi').
  virtual void add_path(std::span<const EdgeId> path, double scale, FeatureRow& row) const = 0;
  // Multiplying feature k by this makes all its values integers (0 when that is not possible).
  virtual double integer_unit(std::size_t k) const = 0;
  // C = E_{s0 ~ rho} Cov_pi(psi), all of the symmetric parameters() x parameters() matrix. Also
  // beta^2 times the Hessian of E_s0 log E_ref exp(r_theta / beta) when pi is the soft plan of r_theta.
  virtual void path_covariance(std::span<const double> log_policy, std::span<double> out) const = 0;

  // What others may build on.
  // As a reward class, it holds the true reward; false also where nobody knows without looking.
  virtual bool surely_holds_truth() const { return false; }
  // Path features are a function of the state where the completion ends.
  virtual bool by_end() const { return false; }
  // path_covariance is that of the features of all edges, written out for the call (path_covariance.hpp): who
  // asks often may keep them.
  virtual bool covariance_by_features() const { return false; }
  // The most numbers that path_covariance and rank work on beside their results; `world` is the model's.
  virtual double covariance_work(const World& world) const;
  virtual double rank_work(const World&) const { return 0; }
};

enum class Role { reward, policy };

struct ModelClass {
  std::unique_ptr<ScoreModel> (*make)(const Settings& resolved, const World& world) = nullptr;
  bool as_reward = false;
  bool as_policy = false;
  std::string refusal = {};  // why it makes no sense in the other role
  // It is made of a class in this role, which its knob `of` names and whose knobs stand beside its own.
  std::optional<Role> of = {};
  // Whatever the world says, prompts share its parameters: it knows them by their features.
  bool by_features = false;
  // InputError where its knobs make sense in the other role alone. Null: they make sense in both.
  void (*check)(const Settings& resolved, Role role) = nullptr;
};

// Linear classes on edge features (terminal, dense, degree, ...), networks (mlp, low-rank), the soft-optimal
// policies of a class of rewards (planned), and the rewards that a class of policies implies (implicit).
const Registry<ModelClass>& model_classes();

// Settings of a class hold "class" and the class's knobs: degree = 2; k = 3; of = "first", k = 3.

// The knobs of the class that settings choose, those of the class that it is `of` included; none where they
// choose none.
std::vector<Knob> class_knobs(const Settings& given);
// Whether prompts share its parameters in such a world. Else each prompt with data has its own, and on a
// prompt without data all scores are 0, so that the policy is the reference.
bool is_shared(const Settings& of_class, const Settings& resolved_world);
// Checked and with defaults filled in. InputError for unknown names, wrong types, values out of range.
Settings resolve_class(const Settings& given);
// The reward class that a class is `of`, with its knobs; nothing for other classes. And the other way round:
// the class of the policies that plan for such rewards.
std::optional<Settings> rewards_planned_for(const Settings& given);
Settings plans_of(const Settings& rewards);

// Throws InputError for unknown names, for a class that makes no sense in this role, and for a pair of class
// and world that do not fit. The model refers to the world, which must outlive it.
std::unique_ptr<ScoreModel> make_model(const Settings& given, const World& world, Role role);
// For whoever cannot do without linearity: refuses any other class, too.
std::unique_ptr<const LinearModel> make_linear_model(const Settings& given, const World& world, Role role);

}  // namespace twostage
