#include "sim/algorithm/direct/points/point_fit.hpp"

#include <cmath>

#include "sim/algorithm/entries.hpp"
#include "sim/fit/fit_error.hpp"
#include "sim/fit/limits.hpp"
#include "sim/fit/multi_start.hpp"
#include "sim/fit/planned_metric.hpp"
#include "sim/loss/policy_objective.hpp"
#include "sim/numerics/reduce.hpp"

namespace twostage {
namespace {

constexpr int kMostSteps = 100;          // of the root
constexpr int kMostIterations = 50'000;  // of all descents: a point that jumps has no root to come to
constexpr int kMostDoublings = 20;       // of the way to a bracket: beyond, the point runs away
constexpr int kShortDescent = 200;       // iterations where there is nothing to come to

class PointSearch {
 public:
  PointSearch(const ScoreModel& model, const World& world, PointLoss& loss, const Penalty& penalty,
              const num::LbfgsOptions& options, std::vector<double> start)
      : model_(model),
        world_(world),
        loss_(loss),
        objective_(model, world, loss, penalty),
        options_(options),
        at_(std::move(start)),
        gradient_(model.parameters()) {
    best_.x = at_;
    best_.gradient_norm = std::numeric_limits<double>::infinity();
  }

  // point(pi_theta(z)) - z; goes on from the last theta.
  double gap(double z) {
    loss_.hold(z);
    num::Minimum held = num::minimise_lbfgs(objective_, at_, options_);
    iterations_ += held.iterations;
    if (!std::isfinite(held.value)) return std::numeric_limits<double>::quiet_NaN();
    at_ = held.x;
    loss_.hold({});
    held.value = objective_.evaluate(at_, gradient_);
    held.gradient_norm = num::norm(gradient_);
    held.converged = held.gradient_norm <= options_.gradient_accepted;
    const double gap = loss_.point_of(objective_.log_policy()) - z;
    if (held.gradient_norm < best_.gradient_norm) best_ = std::move(held);
    return gap;
  }

  double start() const { return loss_.point_of(policy_at(model_, world_, at_)); }
  bool done() const {
    return best_.gradient_norm <= options_.gradient_goal || iterations_ >= kMostIterations;
  }

  num::Minimum result() && {
    best_.iterations = iterations_;
    return std::move(best_);
  }

 private:
  const ScoreModel& model_;
  const World& world_;
  PointLoss& loss_;
  PolicyObjective objective_;
  num::LbfgsOptions options_;
  std::vector<double> at_, gradient_;
  num::Minimum best_;  // by the gradient at its own point
  int iterations_ = 0;
};

void find_root(PointSearch& search) {
  double low = search.start(), at_low = search.gap(low);
  if (search.done() || !(std::fabs(at_low) > 0)) return;
  double step = at_low, high = low + step, at_high = search.gap(high);
  for (int k = 0; at_high * at_low > 0; ++k) {
    if (k == kMostDoublings || search.done()) return;
    low = high;
    at_low = at_high;
    step *= 2;
    high += step;
    at_high = search.gap(high);
  }
  for (int k = 0; k < kMostSteps && !search.done() && std::isfinite(at_high); ++k) {
    const double z = high - at_high * (high - low) / (at_high - at_low);
    if (z == high || z == low) return;
    const double at_z = search.gap(z);
    if (at_z * at_high < 0) {
      low = high;
      at_low = at_high;
    } else {
      at_low /= 2;  // of the end that stays, or the root would be neared from one side alone
    }
    high = z;
    at_high = at_z;
  }
}

}  // namespace

ArmResult fit_to_its_point(const ArmSpec& spec, const ArmInput& input, PointLoss& loss, bool attained) {
  const World& world = input.world;
  const auto model = arm_model(spec, world, Role::policy);
  const Penalty penalty = read_penalty(spec.penalty).penalty;
  num::LbfgsOptions options =
      likelihood_options(input.data.size(), model->parameters(), loss.slope_scale(), penalty.lambda);
  std::vector<double> metric;
  if (const LinearModel* rewards = model->planned_rewards())
    metric = planned_metric(*rewards, world, penalty.lambda + loss.slope_scale() * count_pairs(input));
  options.metric = metric;
  if (!attained) options.max_iterations = kShortDescent;

  PointSearch search(*model, world, loss, penalty, options,
                     starting_point(*model, input.source, input.replicate));
  if (attained)
    find_root(search);
  else
    search.gap(search.start());
  num::Minimum found = std::move(search).result();

  ArmResult result;
  result.certificate = certificate_of(found, Optimum::stationary);
  result.theta = std::move(found.x);
  result.edge_error = policy_error(*model, world, result.theta, found.step, world.beta);
  result.policy = EdgePolicy(policy_at(*model, world, result.theta));
  result.edge_reward = implicit_reward(world, result.log_policy(), world.beta);
  result.raw_parameters = model->parameters();
  result.rank = model->rank();
  return result;
}

}  // namespace twostage
