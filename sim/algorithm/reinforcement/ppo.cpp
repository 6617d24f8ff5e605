// rm+ppo: fit a reward, then climb the clipped surrogate of PPO (sim/policy_gradient/clipped_gradient.hpp),
// several steps for one asking of the policy. The KL is counted in the reward of the policy that was asked.
// The critic is exact, or fitted to the completions that were drawn, anew at each asking, with advantages by
// GAE (lambda .95 in the common library, which moves its critic by gradient steps where this one has the
// least squares).
#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/learned_prompts.hpp"
#include "sim/algorithm/reinforcement/reinforcement_course.hpp"
#include "sim/policy_gradient/clipped_gradient.hpp"

namespace twostage {
namespace {

std::optional<double> critic_of(const ArmSpec& spec, const Settings& options) {
  if (options.text("critic") == "exact") return {};
  if (!samples(options))
    throw InputError("critic", "arm '" + spec.name +
                                   "': a critic is fitted to completions that are drawn; valid: critic = "
                                   "\"exact\", or expectation = \"sampled\"");
  return options.real("lambda");
}

Climb make(const ArmSpec& spec, LearningTask task, const RolloutSource& from) {
  const Settings options = arm_options(spec);
  const Clipping clipping{.epsilon = options.real("clip"),
                          .ratio = options.text("ratio") == "token" ? Ratio::token : Ratio::sequence,
                          .epochs = static_cast<std::uint64_t>(options.integer("epochs")),
                          .kl = kl_term(options),
                          .lambda = critic_of(spec, options)};
  std::optional<CompletionSource> sampled;
  if (samples(options)) sampled = {batch_of(options), from};
  return {.gradient = clipped_gradient(std::move(task), clipping, sampled),
          .sampled = samples(options),
          .unheld = clipping.kl == KlTerm::none,
          .of_soft_return = clipping.kl == KlTerm::in_reward};
}

// Where the critic is fitted, each token has an advantage of its own.
double bytes(const ArmSpec& spec, const World& world) {
  const Settings options = arm_options(spec);
  const double tokens =
      options.text("critic") == "fitted" ? static_cast<double>(batch_of(options)) * world.graph.horizon() : 0;
  return climb_bytes(spec, world) + sizeof(double) * tokens;
}

}  // namespace

Entry<Algorithm> ppo_entry() {
  Algorithm its = climbing<make>("pi*, where the KL is counted in the reward");
  its.course_bytes = bytes;
  its.idle = idle_in_expectation({"batch"});
  its.idle.push_back({"lambda", "critic", "exact"});
  Knob kl = kl_knob("reward");
  kl.choices = {"reward", "none"};
  return {
      "rm+ppo",
      "fit a reward model, then climb the clipped surrogate of PPO, with an exact critic or a fitted one",
      "1707.06347",
      Status::exact,
      {{"batch",
        std::int64_t{64},
        1,
        static_cast<double>(kMostRollouts),
        {},
        "completions an asking, each of a prompt of its own, if sampled"},
       {"clip", 0.2, 1e-6, 1, {}, "how far the ratio to the policy asked may go, either way"},
       {"critic",
        "exact",
        0,
        0,
        {"exact", "fitted"},
        "what returns are compared with: values of the policy asked, or means of what was drawn"},
       {"epochs", std::int64_t{4}, 1, 1000, {}, "steps for one asking"},
       expectation_knob(),
       kl,
       {"lambda", 0.95, 0, 1, {}, "how far a fitted critic looks ahead before it believes itself: GAE"},
       learned_prompts_knob(),
       {"ratio", "token", 0, 0, {"token", "sequence"}, "what is clipped: ratios of tokens or completions"}},
      std::move(its)};
}

}  // namespace twostage
