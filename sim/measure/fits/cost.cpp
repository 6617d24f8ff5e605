// What an arm has used up, and how its fit ended.
#include "sim/measure/groups.hpp"

namespace twostage {

MetricEntries cost_metrics() {
  const FitMetric entry{MetricKind::on_request, "sim/algorithm/learner.hpp"};
  return {
      entry("labels", "comparisons answered by the annotator", "labels",
            "Number of labelled pairs that the arm has used, counted with repetition.",
            [](const Context&, const ArmResult& arm) { return static_cast<double>(arm.cost.labels); }),
      entry("rollouts", "completions sampled from a policy", "rollouts",
            "Number of completions that the arm has sampled; 0 where expectations are exact.",
            [](const Context&, const ArmResult& arm) { return static_cast<double>(arm.cost.rollouts); }),
      entry("reward_calls", "completions scored by a reward model", "reward-model calls",
            "Number of completions that the arm has had scored; 0 where expectations are exact.",
            [](const Context&, const ArmResult& arm) { return static_cast<double>(arm.cost.reward_calls); }),
      entry(
          "gradient_steps", "gradient steps taken", "gradient steps",
          "Number of steps of the arm's courses, with those of the tries by which a strength of the penalty "
          "is "
          "chosen; 0 for fits to the optimum, which count their iterations elsewhere.",
          [](const Context&, const ArmResult& arm) { return static_cast<double>(arm.cost.gradient_steps); }),
      entry(
          "ended", "how the fit came to its end", "end of the fit",
          "optimum: nothing more to gain; budget: the steps of its course were used up, which is no failure; "
          "closed_form: there was nothing to iterate; not_attained: the loss has no minimum; unbounded: it "
          "falls for "
          "ever; failed: the optimiser did not get there.",
          [](const Context&, const ArmResult& arm) { return static_cast<double>(arm.ended); },
          {"optimum", "budget", "closed_form", "not_attained", "unbounded", "failed"}),
  };
}

}  // namespace twostage
