#include "sim/algorithm/interactive/pair_rounds.hpp"

#include <algorithm>
#include <cmath>

#include "sim/algorithm/direct/loss_fit.hpp"
#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/unpenalised.hpp"
#include "sim/fit/limits.hpp"
#include "sim/fit/multi_start.hpp"
#include "sim/loss/policy_objective.hpp"
#include "sim/numerics/reduce.hpp"

namespace twostage {
namespace {

constexpr int kLook = 100;  // iterations, after which a fall without end shows

bool unpenalised(const ArmSpec& spec) {
  return penalty_kind(spec.penalty) == PenaltyKind::none;
}

num::LbfgsOptions options_of(const PairRound& round, std::size_t parameters, double strength) {
  const PairTable& table = round.pairs->table();
  const double pairs = num::sum(table.wins) + num::sum(table.losses);
  const double scale = round.pairs->slope_scale();
  num::LbfgsOptions out =
      likelihood_options(static_cast<std::size_t>(std::floor(pairs + 0.5)), parameters, scale);
  // Margins that are a small part of something of order one have a gradient as much smaller.
  out.gradient_goal *= std::fmin(1, scale);
  out.gradient_accepted *= std::fmin(1, scale);
  out.gradient_accepted = std::fmax(out.gradient_accepted, 1e-12 * strength);
  return out;
}

// Pairs that are expected so seldom that no descent would see them: their pull is below what its gradient is
// driven to. A minimum that they alone make is none that a fit could come to.
PairTable without_the_unseen(PairTable table) {
  const double least = 1e-12 * (num::sum(table.wins) + num::sum(table.losses));
  for (double& count : table.wins) count = count < least ? 0 : count;
  for (double& count : table.losses) count = count < least ? 0 : count;
  return table;
}

Existence existence_of(const ArmSpec& spec, const ArmInput& input, PairTable table) {
  const PreferenceData none;  // the table is all that is asked for
  return existence_of_policy(spec, {input.world, none, input.source, input.replicate, true,
                                    std::make_shared<const PairTable>(std::move(table))})
      .outcome;
}

class PairRoundsCourse final : public Learner {
 public:
  PairRoundsCourse(const ArmSpec& spec, const ArmInput& input, std::unique_ptr<PairMaker> maker)
      : spec_(spec),
        input_(input),
        penalty_(read_penalty(spec.penalty).penalty),
        model_(arm_model(spec, input.world, Role::policy)),
        maker_(std::move(maker)),
        global_(maker_->convex() && stationary_is_global(spec, input.world, *model_)),
        theta_(starting_point(*model_, input.source, input.replicate)),
        log_policy_(policy_at(*model_, input.world, theta_)) {}

  void step() override {
    PairRound round = maker_->make(log_policy_, steps_);
    if (!round.impossible.empty()) {
      why_ = round.impossible;
      disown(last_);
      ended_ = Ended::failed;
      return;
    }
    PairRoundLoss loss(round);
    Outlook outlook = maker_->outlook(round);
    const bool may_fall = outlook == Outlook::may_fall;
    if (may_fall) outlook = look(round, loss);
    if (outlook == Outlook::unbounded)
      last_ = where_it_stands(loss);
    else
      fit(round, loss);
    if (may_fall && !last_.converged && falls_for_ever(spec_, input_, loss, theta_))
      outlook = Outlook::unbounded;
    if (outlook != Outlook::minimum && outlook != Outlook::one_of_many) disown(last_);
    if (outlook == Outlook::one_of_many && last_.converged) last_.optimum = Optimum::not_unique;
    if (penalty_.kind == PenaltyKind::none) existence_ = stored(outlook);
    ended_ = end_of(outlook);
    ++steps_;
  }
  std::uint64_t steps() const override { return steps_; }
  bool finished() const override { return ended_ != Ended::budget; }

  ArmResult result() const override {
    ArmResult out;
    out.theta = theta_;
    out.policy = EdgePolicy(log_policy_);
    out.edge_reward = implicit_reward(input_.world, log_policy_, input_.world.beta);
    out.certificate = last_;
    out.certificate.iterations = iterations_of(steps_);
    out.existence = existence_;
    out.unbounded = ended_ == Ended::unbounded;
    out.raw_parameters = model_->parameters();
    out.rank = model_->rank();
    out.cost = maker_->cost();
    out.ended = ended_;
    out.why = why_;
    return out;
  }

 private:
  num::Minimum descend(PolicyLoss& loss, const num::LbfgsOptions& options) const {
    PolicyObjective objective(*model_, input_.world, loss, penalty_);
    return num::minimise_lbfgs(objective, theta_, options);
  }

  Certificate where_it_stands(PolicyLoss& loss) const {
    std::vector<double> gradient(theta_.size());
    const double value = PolicyObjective(*model_, input_.world, loss, penalty_).evaluate(theta_, gradient);
    return {.gradient_norm = num::norm(gradient), .objective = value};
  }

  // Where a short descent leads, and where it set out for: a line search that meets no end may not have
  // moved.
  Outlook look(const PairRound& round, PairRoundLoss& loss) const {
    num::LbfgsOptions options = options_of(round, theta_.size(), penalty_.lambda);
    options.max_iterations = kLook;
    const num::Minimum looked = descend(loss, options);
    std::vector<double> downhill(theta_.size());
    PolicyObjective(*model_, input_.world, loss, penalty_).evaluate(theta_, downhill);
    for (double& d : downhill) d = -d;
    const bool falls =
        falls_for_ever(spec_, input_, loss, looked.x) || falls_for_ever(spec_, input_, loss, downhill);
    return falls ? Outlook::unbounded : Outlook::minimum;
  }

  void fit(const PairRound& round, PairRoundLoss& loss) {
    num::Minimum minimum = descend(loss, options_of(round, theta_.size(), penalty_.lambda));
    last_ = certificate_of(minimum, global_ ? Optimum::global : Optimum::stationary);
    theta_ = std::move(minimum.x);
    log_policy_ = policy_at(*model_, input_.world, theta_);
  }

  static Existence stored(Outlook outlook) {
    return outlook == Outlook::minimum        ? Existence::unique
           : outlook == Outlook::one_of_many  ? Existence::flat
           : outlook == Outlook::not_attained ? Existence::not_attained
                                              : Existence::no_exact_test;
  }

  Ended end_of(Outlook outlook) const {
    const bool sound = std::ranges::all_of(log_policy_, [](double x) { return std::isfinite(x); });
    if (outlook == Outlook::unbounded) return Ended::unbounded;
    if (outlook == Outlook::not_attained) return Ended::not_attained;
    if (!last_.converged || !sound) return Ended::failed;
    return outlook == Outlook::one_of_many ? Ended::optimum : Ended::budget;
  }

  ArmSpec spec_;
  ArmInput input_;
  Penalty penalty_;
  std::unique_ptr<ScoreModel> model_;
  std::unique_ptr<PairMaker> maker_;
  bool global_;
  std::vector<double> theta_, log_policy_;
  Certificate last_;  // of the last round
  Existence existence_ = Existence::no_exact_test;
  Ended ended_ = Ended::budget;
  std::string why_;  // the next round cannot be
  std::uint64_t steps_ = 0;
};

}  // namespace

double PairRoundLoss::evaluate(std::span<const double> log_policy, std::span<double> d_log_policy) {
  const double value = round_.pairs->evaluate(log_policy, d_log_policy);
  if (round_.added.empty()) return value;
  num::axpy(1, round_.added, d_log_policy);
  return value + num::dot(round_.added, log_policy);
}

Outlook outlook_of_margins(const ArmSpec& spec, const ArmInput& input, const PairTable& table) {
  if (!unpenalised(spec)) return Outlook::minimum;
  const Existence seen = existence_of(spec, input, without_the_unseen(table));
  if (seen == Existence::unique) return Outlook::minimum;
  if (seen == Existence::flat) return Outlook::one_of_many;
  const bool nowhere =
      seen == Existence::not_attained && existence_of(spec, input, table) == Existence::not_attained;
  return nowhere ? Outlook::not_attained : Outlook::unknown;
}

std::unique_ptr<Learner> pair_rounds(const ArmSpec& spec, const ArmInput& input,
                                     std::unique_ptr<PairMaker> maker) {
  return std::make_unique<PairRoundsCourse>(spec, input, std::move(maker));
}

bool in_rounds_of_fits(const ArmSpec& spec) {
  return read_course(spec).kind == CourseKind::rounds;
}

void require_tested_margins(const ArmSpec& spec, const World& world) {
  if (in_rounds_of_fits(spec) && unpenalised(spec) && !margins_are_tested(spec, world))
    throw InputError("kind", "arm '" + spec.name + "': nobody tests whether a round of '" + spec.algorithm +
                                 "' without penalty has a minimum over the class '" +
                                 spec.policy.text("class") +
                                 "'; valid: a penalty, such as reference-kl, or a class whose margins are "
                                 "those of rewards, such as tabular or planned");
}

double pair_rounds_bytes(const ArmSpec& spec, const World& world, double rows) {
  const auto model = arm_model(spec, world, Role::policy);
  const auto p = static_cast<double>(model->parameters());
  const auto horizon = static_cast<double>(world.graph.horizon());
  const double tested = unpenalised(spec) ? 150 * horizon + 300 : 0;
  constexpr double on_edges = 20, of_parameters = 8;
  return rows * (36 * horizon + 160 + tested) +
         sizeof(double) * (on_edges * static_cast<double>(world.graph.edges()) + of_parameters * p);
}

Algorithm in_pair_rounds(std::string target, decltype(Algorithm::learner) learner) {
  return {.target = std::move(target),
          .uses_policy = true,
          .learner = learner,
          .course_kinds = {"rounds", "gradient", "adam"},
          .theory = no_route,
          .check = require_tested_margins};
}

}  // namespace twostage
