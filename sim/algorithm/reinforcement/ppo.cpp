// rm+ppo: fit a reward, then climb the clipped surrogate of PPO (sim/policy_gradient/clipped_gradient.hpp),
// several steps for one asking of the policy. The KL is counted in the reward of the policy that was asked;
// the critic is exact.
#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/reinforcement/reinforcement_course.hpp"
#include "sim/policy_gradient/clipped_gradient.hpp"

namespace twostage {
namespace {

Climb make(const ArmSpec& spec, LearningTask task, const RolloutSource& from) {
  const Settings options = arm_options(spec);
  const Clipping clipping{.epsilon = options.real("clip"),
                          .ratio = options.text("ratio") == "token" ? Ratio::token : Ratio::sequence,
                          .epochs = static_cast<std::uint64_t>(options.integer("epochs")),
                          .kl = kl_term(options)};
  std::optional<CompletionSource> sampled;
  if (samples(options)) sampled = {batch_of(options), from};
  return {.gradient = clipped_gradient(std::move(task), clipping, sampled),
          .sampled = samples(options),
          .unheld = clipping.kl == KlTerm::none,
          .of_soft_return = clipping.kl == KlTerm::in_reward};
}

}  // namespace

Entry<Algorithm> ppo_entry() {
  Knob kl = kl_knob("reward");
  kl.choices = {"reward", "none"};
  return {
      "rm+ppo",
      "fit a reward model, then climb the clipped surrogate of PPO, with an exact critic",
      "1707.06347",
      Status::exact,
      {{"batch",
        std::int64_t{64},
        1,
        static_cast<double>(kMostRollouts),
        {},
        "completions an asking, each of a prompt of its own, if sampled"},
       {"clip", 0.2, 1e-6, 1, {}, "how far the ratio to the policy asked may go, either way"},
       {"epochs", std::int64_t{4}, 1, 1000, {}, "steps for one asking"},
       expectation_knob(),
       kl,
       {"ratio", "token", 0, 0, {"token", "sequence"}, "what is clipped: ratios of tokens or completions"}},
      climbing<make>("pi*, where the KL is counted in the reward")};
}

}  // namespace twostage
