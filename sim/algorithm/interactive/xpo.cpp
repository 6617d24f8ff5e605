// xpo: exploratory preference optimization (Xie et al. 2405.21046): dpo in rounds, online, on pairs of one
// completion of the policy and one of the reference that an annotator labels, and optimistic:
//   pi_{t+1} = argmin over the class of sum_i [ softplus(-beta (log pi/pi_ref (y+_i) - log pi/pi_ref (y-_i)))
//                                               + alpha log pi(z_i) ] + penalty(pi),
// z_i the completion of pair i that the reference gave: mass leaves what the reference says anyway. That is
// alpha E_ref log pi in expectation, and undoes as much of a hold by KL(P_ref || P_pi).
// The loss is not convex, and beyond an alpha that the pairs decide it falls for ever (optimism_limit.hpp).
#include <cmath>

#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/interactive/annotated_pairs.hpp"
#include "sim/algorithm/interactive/optimism_limit.hpp"
#include "sim/algorithm/interactive/pair_steps.hpp"
#include "sim/loss/policy_objective.hpp"
#include "sim/penalty/penalty.hpp"
#include "sim/plan/sweeps.hpp"

namespace twostage {
namespace {

// Whether the limit can be worked out.
bool limit_is_known(const ArmSpec& spec, const World& world) {
  return sets_are_few(world) && arm_model(spec, world, Role::policy)->every_policy();
}

// What the penalty holds each edge with. The others grow as the square of what is given up: nothing falls
// against them.
std::vector<double> hold_of(const Penalty& penalty, const World& world) {
  std::vector<double> out(world.graph.edges(), 0.0);
  if (penalty.kind != PenaltyKind::reference_kl) return out;
  occupancy(world.graph, world.rho, world.log_reference, out);
  for (double& hold : out) hold *= penalty.lambda;
  return out;
}

bool of_squares(PenaltyKind kind) {
  return kind != PenaltyKind::reference_kl && kind != PenaltyKind::none;
}

PairPolicies policies_of(const World& world, std::span<const double> log_policy) {
  return {{log_policy.begin(), log_policy.end()}, world.log_reference};
}

class Xpo final : public PairMaker {
 public:
  Xpo(const ArmSpec& spec, const ArmInput& input)
      : spec_(spec),
        input_(input),
        alpha_(arm_options(spec).real("alpha")),
        every_policy_(arm_model(spec, input.world, Role::policy)->every_policy()),
        known_(limit_is_known(spec, input.world)),
        pairs_(spec, input_) {}

  PairRound make(std::span<const double> log_policy, std::uint64_t round) override {
    const World& world = input_.world;
    pairs_.ask(policies_of(world, log_policy), round);
    PairRound out{std::make_unique<DpoLoss>(world, pairs_.table(), world.beta)};
    if (alpha_ == 0) return out;
    out.added.assign(pairs_.second().begin(), pairs_.second().end());
    for (double& pull : out.added) pull *= alpha_;
    return out;
  }

  Outlook outlook(const PairRound& round) override {
    constexpr double rounding = 1e-9;
    if (alpha_ == 0) return outlook_of_margins(spec_, input_, round.pairs->table());
    const Penalty penalty = read_penalty(spec_.penalty).penalty;
    if (of_squares(penalty.kind)) return Outlook::minimum;
    const World& world = input_.world;
    const PairTable& table = round.pairs->table();
    const std::vector<double> hold = hold_of(penalty, world);
    if (!known_) {
      const bool falls = every_policy_ && falls_without_an_edge(world, table, world.beta, round.added, hold);
      return falls ? Outlook::unbounded : Outlook::may_fall;
    }
    const OptimismLimit limit = optimism_limit(world, table, world.beta, round.added, hold);
    if (limit.most < 1 - rounding) return Outlook::unbounded;
    return limit.level || limit.most <= 1 + rounding ? Outlook::unknown : Outlook::minimum;
  }

  Cost cost() const override { return pairs_.cost(); }
  bool convex() const override { return alpha_ == 0; }

 private:
  ArmSpec spec_;
  ArmInput input_;
  double alpha_;
  bool every_policy_;
  bool known_;  // the limit
  AnnotatedPairs pairs_;
};

std::unique_ptr<Learner> learner(const ArmSpec& spec, const ArmInput& input) {
  return pair_course(spec, input, std::make_unique<Xpo>(spec, input));
}

// The pairs of the first round are known before there are data, but for those of the data.
void check_first_round(const ArmSpec& spec, const World& world) {
  const Settings options = arm_options(spec);
  const Penalty penalty = read_penalty(spec.penalty).penalty;
  if (options.text("expectation") != "exact" || options.text("keep") == "all" || of_squares(penalty.kind))
    return;
  const auto model = arm_model(spec, world, Role::policy);
  const std::vector<double> first = policy_at(*model, world, std::vector<double>(model->parameters(), 0.0));
  const auto pairs = static_cast<double>(options.integer("pairs_per_round"));
  ListedPairs listed(world);
  add_expected_pairs(world, only(policies_of(world, first)), Annotator(world, read_labels(options)), pairs,
                     listed);
  std::vector<double> pull(world.graph.edges());
  occupancy(world.graph, world.rho, world.log_reference, pull);
  for (double& p : pull) p *= pairs;
  const double most = optimism_limit(world, table_of(listed), world.beta, pull, hold_of(penalty, world)).most;
  if (options.real("alpha") < most) return;
  throw InputError("alpha", "arm '" + spec.name + "': from alpha = " + to_text(most) +
                                " on the loss of the first round falls for ever; valid: below that, or a "
                                "penalty that holds, such as reference-kl with a larger lambda");
}

void check(const ArmSpec& spec, const World& world) {
  check_annotated_pairs(spec, world);
  require_a_minimum(spec, world);
  if (arm_options(spec).real("alpha") == 0 || !in_rounds_of_fits(spec)) return;
  const bool known = limit_is_known(spec, world);
  if (penalty_kind(spec.penalty) == PenaltyKind::none && !known)
    throw InputError("kind", "arm '" + spec.name +
                                 "': nobody tests whether a round of 'xpo' without penalty has a minimum "
                                 "but over all policies of a tree with at most 16 completions a prompt; "
                                 "valid: a penalty, such as reference-kl, or alpha = 0");
  if (known) check_first_round(spec, world);
}

}  // namespace

Entry<Algorithm> xpo_entry() {
  Algorithm its = in_pair_rounds("beyond pi*, away from what ref says, as far as alpha carries", learner);
  its.course_bytes = annotated_pairs_bytes;
  its.check = check;
  return {
      "xpo",
      "exploratory preference optimization: dpo in rounds on labelled pairs with the reference, optimistic",
      "2405.21046",
      Status::checked,
      {{"alpha", 0.01, 0, 1e6, {}, "weight of log pi(the completion of the reference), for each pair"},
       exact_or_sampled_knob(),
       keep_knob("fresh"),
       labels_knob(),
       pairs_knob()},
      std::move(its)};
}

}  // namespace twostage
