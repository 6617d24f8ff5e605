// rm+grpo: fit a reward, then climb by groups of G completions of one prompt, each with the advantage
//   A = (r - mean of the group) / (spread of the group + epsilon)
// (Shao et al. 2402.03300; std = "none": Dr. GRPO, 2503.20783). The spread is the standard deviation over G
// ("population", the paper) or over G - 1 ("sample", the common library, which adds 1e-4 to it). Dividing by
// it makes every prompt count alike, and moves the aim away from the optimum of J_beta: with two completions
// in a group, nothing of the reward is left but its order.
//
// The KL is a loss of tokens by the k3 estimator, whose gradient on policy is that of KL(pi_ref || pi) in
// each state, not that of the reverse KL (2510.01555). Without a spread it may be counted in the reward.
#include <algorithm>
#include <cmath>

#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/learned_prompts.hpp"
#include "sim/algorithm/reinforcement/reinforcement_course.hpp"

namespace twostage {
namespace {

Spread spread_of(const Settings& options) {
  const std::string& spread = options.text("std");
  return spread == "none" ? Spread::none : spread == "sample" ? Spread::sample : Spread::population;
}

void refuse(const ArmSpec& spec, const Settings& options, const Estimator& estimator) {
  const std::string arm = "arm '" + spec.name + "': ";
  if (estimator.group.size == 1)
    throw InputError("group", arm +
                                  "in a group of one nothing is compared; valid: 2 and more, or 0 for the "
                                  "limit of large groups");
  if (estimator.group.size == 0 && samples(options))
    throw InputError("group", arm +
                                  "the limit of large groups (0) cannot be drawn; valid: 2 and more, or "
                                  "expectation = \"exact\"");
  if (estimator.kl == KlTerm::in_reward && estimator.group.spread != Spread::none)
    throw InputError("kl", arm +
                               "a KL in the reward would be divided by the spread of the group; valid: "
                               "k2-loss, k3-loss, or std = \"none\"");
}

Climb make(const ArmSpec& spec, LearningTask task, const RolloutSource& from) {
  const Settings options = arm_options(spec);
  const Estimator estimator{.baseline = Baseline::group,
                            .group = {.size = static_cast<std::size_t>(options.integer("group")),
                                      .spread = spread_of(options),
                                      .epsilon = options.real("epsilon")},
                            .kl = kl_term(options)};
  refuse(spec, options, estimator);
  Climb out = climb_with(options, std::move(task), estimator, from);
  if (estimator.group.spread != Spread::none)
    out.largest_advantage = std::sqrt(static_cast<double>(std::max<std::size_t>(estimator.group.size, 1)));
  return out;
}

}  // namespace

Entry<Algorithm> grpo_entry() {
  Algorithm its =
      climbing<make>("elsewhere than pi*: by rewards over their spread in a group, and a KL of its own");
  its.idle = idle_in_expectation({"batch"});
  its.idle.push_back({"epsilon", "std", "none"});
  return {"rm+grpo",
          "fit a reward model, then climb by advantages within groups, over the spread of the group",
          "2402.03300",
          Status::exact,
          {batch_knob(),
           {"epsilon", 0.0, 0, 1, {}, "added to the spread"},
           expectation_knob(),
           {"group",
            std::int64_t{8},
            0,
            1024,
            {},
            "completions of a prompt that are compared; 0: the limit of large groups"},
           kl_knob("k3-loss"),
           learned_prompts_knob(),
           {"std",
            "sample",
            0,
            0,
            {"sample", "population", "none"},
            "standard deviation of the group: over G - 1, over G, or not divided by"}},
          std::move(its)};
}

}  // namespace twostage
