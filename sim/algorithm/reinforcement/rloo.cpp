// rm+rloo: fit a reward, then climb its policy gradient by groups of completions of one prompt, each compared
// with the mean of the others (Ahmadian et al. 2402.14740):
//   g = 1/G sum_i (R_i - 1/(G - 1) sum_{j != i} R_j) grad log pi(xi_i).
// In expectation it is that of rm+reinforce for every G; what the group buys is a smaller variance.
#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/learned_prompts.hpp"
#include "sim/algorithm/reinforcement/reinforcement_course.hpp"

namespace twostage {
namespace {

Climb make(const ArmSpec& spec, LearningTask task, const RolloutSource& from) {
  const Settings options = arm_options(spec);
  const Estimator estimator{
      .baseline = Baseline::leave_one_out,
      .group = {.size = static_cast<std::size_t>(options.integer("group")), .spread = Spread::none},
      .kl = kl_term(options)};
  return climb_with(options, std::move(task), estimator, from);
}

}  // namespace

Entry<Algorithm> rloo_entry() {
  Algorithm its = climbing<make>("pi*, where the KL is counted in the reward");
  its.idle = idle_in_expectation({"batch"});
  return {"rm+rloo",
          "fit a reward model, then REINFORCE with the mean of the others of a group for a baseline",
          "2402.14740",
          Status::exact,
          {batch_knob(),
           expectation_knob(),
           {"group", std::int64_t{4}, 2, 1024, {}, "completions of a prompt, each the others' baseline"},
           kl_knob("reward"),
           learned_prompts_knob()},
          std::move(its)};
}

}  // namespace twostage
