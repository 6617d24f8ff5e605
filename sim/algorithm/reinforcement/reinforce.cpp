// rm+reinforce: fit a reward, then climb its policy gradient by single completions (Williams 1992):
//   g = (R - b) grad log pi(xi),   b = 0 or the value of the policy at the prompt,
// R the reward less beta log pi/pi_ref where the KL is counted in it. In expectation it is the gradient of
// J_beta whatever b is: the exact course descends beta KL(pi || plan), as rm+project does at once.
#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/learned_prompts.hpp"
#include "sim/algorithm/reinforcement/reinforcement_course.hpp"

namespace twostage {
namespace {

Climb make(const ArmSpec& spec, LearningTask task, const RolloutSource& from) {
  const Settings options = arm_options(spec);
  const Estimator estimator{.baseline = options.text("baseline") == "none" ? Baseline::none : Baseline::value,
                            .group = {.size = 1, .spread = Spread::none},
                            .kl = kl_term(options)};
  return climb_with(options, std::move(task), estimator, from);
}

}  // namespace

Entry<Algorithm> reinforce_entry() {
  Algorithm its = climbing<make>("pi*, where the KL is counted in the reward");
  its.idle = idle_in_expectation({"baseline", "batch"});
  return {"rm+reinforce",
          "fit a reward model, then climb its policy gradient, step by step",
          "Williams 1992",
          Status::exact,
          {{"baseline", "value", 0, 0, {"value", "none"}, "what a return is compared with, if sampled"},
           batch_knob(),
           expectation_knob(),
           kl_knob("reward"),
           learned_prompts_knob()},
          std::move(its)};
}

}  // namespace twostage
