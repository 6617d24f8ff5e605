// iterative-dpo: dpo in rounds, online: in each an annotator labels pairs of completions that a sampler
// draws, and dpo is fitted to the pairs that there are then (Xiong et al. 2312.11456; the samplers of Shi,
// Zhou and Du, 2409.19605):
//   pi_{t+1} = argmin over the class of sum_i softplus(-beta (log pi/pi_ref (y+_i) - log pi/pi_ref (y-_i)))
//              + penalty(pi).
//   on-policy      both completions from the policy of the round before
//   policy-guided  the first from it, the second from pi_ref^2 / pi_t, the plan of minus its reward
//   reward-guided  the same of the true reward, which nobody but the annotator knows: a control
//   reference, uniform   both from the reference, or from the policy that takes every action equally often
//   policy-mixture, reward-mixture   uniform pairs, and pairs of which one is from above and one from below,
//                  by the policy's reward or the true one, mixed and weighted as in DPO-Mix-P and DPO-Mix-R
//                  (pair_mixture.hpp)
// In expectation the annotator's labels are those of the true reward (in a world without a cycle), so that
// over all policies one round of fresh pairs alone comes to pi*, whatever the sampler: it decides how far
// labels reach, which is seen where they are drawn, and how fast steps come there: of tabular logits uniform
// pairs have a linear rate, and the mixtures a quadratic one. Where the better completion is always preferred
// there is no minimum without a penalty.
#include <cmath>

#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/interactive/annotated_pairs.hpp"
#include "sim/algorithm/interactive/pair_steps.hpp"
#include "sim/loss/policy_objective.hpp"

namespace twostage {
namespace {

PairPolicies both(std::span<const double> log_policy) {
  return {{log_policy.begin(), log_policy.end()}, {log_policy.begin(), log_policy.end()}};
}

// The plan of a reward, and that of the opposite one.
PairPolicies guided(const World& world, std::vector<double> reward) {
  SoftPlan up, down;
  soft_plan(world.graph, world.log_reference, reward, world.beta, up);
  for (double& r : reward) r = -r;
  soft_plan(world.graph, world.log_reference, reward, world.beta, down);
  return {std::move(up.log_policy), std::move(down.log_policy)};
}

PairMixture pairs_of(const std::string& sampler, const World& world, std::span<const double> log_policy) {
  if (sampler == "reference") return only(both(world.log_reference));
  if (sampler == "uniform") return only(both(uniform_policy(world.graph)));
  if (sampler == "policy-guided") return only(guided(world, implicit_reward(world, log_policy, world.beta)));
  if (sampler == "reward-guided") return only(guided(world, world.reward));
  if (sampler == "policy-mixture")
    return guided_mixture(world, implicit_reward(world, log_policy, world.beta));
  if (sampler == "reward-mixture") return guided_mixture(world, world.reward);
  return only(both(log_policy));
}

std::string too_heavy_text(const std::string& sampler, const PairMixture& pairs) {
  return "sampler '" + sampler + "' counts pairs as often as e^(their difference in reward), which is e^" +
         to_text(std::floor(pairs.log_weight)) + " in the mean and can be e^" + to_text(kMostLogWeight) +
         " at most";
}

class IterativeDpo final : public PairMaker {
 public:
  IterativeDpo(const ArmSpec& spec, const ArmInput& input)
      : spec_(spec), input_(input), sampler_(arm_options(spec).text("sampler")), pairs_(spec, input_) {}

  PairRound make(std::span<const double> log_policy, std::uint64_t round) override {
    const World& world = input_.world;
    const PairMixture pairs = pairs_of(sampler_, world, log_policy);
    if (!(pairs.log_weight <= kMostLogWeight)) return {.pairs = nullptr, .impossible = too_heavy(pairs)};
    pairs_.ask(pairs, round);
    return {.pairs = std::make_unique<DpoLoss>(world, pairs_.table(), world.beta), .asked = pairs_.asked()};
  }
  Outlook outlook(const PairRound& round) override {
    return outlook_of_margins(spec_, input_, round.pairs->table());
  }
  Cost cost() const override { return pairs_.cost(); }

 private:
  std::string too_heavy(const PairMixture& pairs) const {
    return too_heavy_text(sampler_, pairs) +
           (sampler_ == "policy-mixture"
                ? ": the policy's own rewards differ so much; a lower rate or a stronger penalty keeps them "
                  "together"
                : ": true rewards differ so much; a lower scale or headroom, or sampler 'reward-guided'");
  }

  ArmSpec spec_;
  ArmInput input_;
  std::string sampler_;
  AnnotatedPairs pairs_;
};

std::unique_ptr<Learner> learner(const ArmSpec& spec, const ArmInput& input) {
  return pair_course(spec, input, std::make_unique<IterativeDpo>(spec, input));
}

// What is known of the weights before there is a policy.
void check(const ArmSpec& spec, const World& world) {
  check_annotated_pairs(spec, world);
  require_a_minimum(spec, world);
  const std::string sampler = arm_options(spec).text("sampler");
  if (sampler != "reward-mixture") return;
  const PairMixture pairs = guided_mixture(world, world.reward);
  if (!(pairs.log_weight <= kMostLogWeight))
    throw InputError("sampler", "arm '" + spec.name + "': " + too_heavy_text(sampler, pairs) +
                                    "; valid: true rewards that differ less (a lower scale or headroom), or "
                                    "sampler 'reward-guided'");
}

}  // namespace

Entry<Algorithm> iterative_dpo_entry() {
  Algorithm its =
      in_pair_rounds("pi* with labels \"bt\"; without end towards the best with \"best\"", learner);
  its.course_bytes = annotated_pairs_bytes;
  its.check = check;
  return {"iterative-dpo",
          "dpo in rounds, on pairs that an annotator labels as they are asked for",
          "2312.11456; 2409.19605",
          Status::exact,
          {exact_or_sampled_knob(),
           keep_knob("all"),
           labels_knob(),
           pairs_knob(),
           {"sampler",
            "on-policy",
            0,
            0,
            {"on-policy", "policy-guided", "reward-guided", "policy-mixture", "reward-mixture", "reference",
             "uniform"},
            "what the two completions of a pair are drawn from"}},
          std::move(its)};
}

}  // namespace twostage
