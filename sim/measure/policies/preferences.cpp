// Policies under the preferences that the labels come from, whether or not a reward gives them
// (sim/preference/label_law.hpp): how often one wins against the reference, and against whoever wins against
// it most.
//
// The game in which each of two players answers and the preferred answer wins is symmetric, so its value is
// 1/2, and a policy that wins at least half of the time against every other is a von Neumann winner. What its
// worst case lacks of 1/2 is therefore half of the policy's duality gap, with no winner at hand (Swamy et al.
// 2401.04056). Where both players pay for their KL to the reference the best answer to a policy has a closed
// form, and so has that gap (Munos et al. 2312.00886).
#include <algorithm>

#include "sim/completions/completions.hpp"
#include "sim/measure/groups.hpp"
#include "sim/measure/limits.hpp"
#include "sim/measure/policies/at_kl.hpp"
#include "sim/numerics/elementary.hpp"
#include "sim/numerics/reduce.hpp"
#include "sim/preference/label_law.hpp"

namespace twostage {
namespace {

constexpr auto kTooManyPairs = "no exact form: more than 2^18 pairs of completions";
constexpr double kTemperature = 0.25;  // over beta, of a probability: the slope of the sigmoid at 0

bool pairs_can_be_listed(const World& world) {
  return population_pairs(world.graph) <= kMostPopulationPairs;
}

// The completions of one prompt: how likely each is, and how often it is preferred to one of the policy.
struct Field {
  std::vector<double> policy, reference, beats;
};

// The mean over prompts of `value` of each.
template <typename Value>
double over_prompts(const World& world, const PolicyLaw& policy, Value value) {
  if (!pairs_can_be_listed(world)) return kNaN;
  const LabelLaw law(world);
  const Completions all = all_completions(world.graph);
  double total = 0;
  std::size_t begin = 0;
  for (std::size_t p = 0; p < world.graph.prompts(); ++p) {
    const std::size_t count = all.count(p);
    if (world.rho[p] > 0) {
      Field field;
      std::vector<Worth> worth;
      for (std::size_t i = begin; i < begin + count; ++i) {
        field.policy.push_back(num::exp(log_probability(world, policy, all.path(i))));
        field.reference.push_back(num::exp(path_sum(world.log_reference, all.path(i))));
        worth.push_back(law.worth(all.path(i)));
      }
      std::vector<double> row(count);
      for (std::size_t y = 0; y < count; ++y) {
        for (std::size_t z = 0; z < count; ++z) row[z] = law.log_odds(worth[y], worth[z]);
        num::sigmoid(row, row);
        field.beats.push_back(num::dot(row, field.policy));
      }
      total += world.rho[p] * value(field);
    }
    begin += count;
  }
  return total;
}

double win_rate(const World& world, const PolicyLaw& policy) {
  return over_prompts(world, policy,
                      [](const Field& field) { return 1 - num::dot(field.beats, field.reference); });
}

double worst_case(const World& world, const PolicyLaw& policy) {
  return over_prompts(world, policy, [](const Field& field) { return 1 - std::ranges::max(field.beats); });
}

// With t the temperature the best answer is ref exp(beats / t), worth t log E_ref exp(beats / t); the policy
// against itself is worth 1/2 less what it pays.
double regularised_gap(const World& world, const PolicyLaw& policy) {
  const double t = kTemperature * world.beta;
  const double best = over_prompts(world, policy, [&](const Field& field) {
    const double most = std::ranges::max(field.beats);
    double sum = 0;
    for (std::size_t y = 0; y < field.beats.size(); ++y)
      sum += field.reference[y] * num::exp((field.beats[y] - most) / t);
    return most + t * num::log(sum);
  });
  const double gap = best - 0.5 + t * kl_to_reference(world, policy);
  return gap < 0 ? 0 : gap;  // by rounding
}

template <double (*measure)(const World&, const PolicyLaw&)>
double of_arm(const Context& c, const ArmResult& arm) {
  return measure(c.world, arm.policy);
}

template <double (*measure)(const World&, const PolicyLaw&)>
double of_arm_at_kl(const Context& c, const ArmResult& arm) {
  const auto plan = plan_at_yardstick(c, arm);
  return plan ? measure(c.world, EdgePolicy(plan->log_policy)) : kNaN;
}

std::string too_many_pairs(const Context& c, const ArmResult&) {
  return pairs_can_be_listed(c.world) ? "" : kTooManyPairs;
}

std::string no_value_at_kl(const Context& c, const ArmResult& arm) {
  return pairs_can_be_listed(c.world) ? why_no_plan(c, arm) : kTooManyPairs;
}

constexpr auto kGames = "Swamy et al. 2401.04056";

}  // namespace

MetricEntries preference_metrics() {
  return {
      exact_metric(
          "preference_win_rate", "win rate against the reference under the true preferences", kGames,
          {.kind = MetricKind::on_request,
           .long_name = "win rate against the reference under the true preferences",
           .units = "1",
           .definition = "E_s0 E P(xi > xi'), xi from the policy and xi' from the reference, independent "
                         "given the prompt, P the law of the labels: sigmoid(r*(xi) - r*(xi')), with "
                         "what no reward gives added to that difference where the world has a cycle.",
           .value = of_arm<win_rate>,
           .inexact = too_many_pairs,
           .range = kShare}),
      exact_metric(
          "worst_case_win_rate", "win rate against whoever wins most against the policy", kGames,
          {.kind = MetricKind::on_request,
           .long_name = "worst-case win rate under the true preferences",
           .units = "1",
           .definition = "E_s0 min over xi' of E P(xi > xi'), xi from the policy, P the law of the labels. "
                         "At most 1/2; what it lacks of that is half of the duality gap, and a von "
                         "Neumann winner lacks nothing.",
           .value = of_arm<worst_case>,
           .inexact = too_many_pairs,
           .range = {.low = 0, .high = 0.5}}),
      exact_metric(
          "nash_gap", "what the best answer to the policy gains where both pay for their KL",
          "Munos et al. 2312.00886",
          {.kind = MetricKind::on_request,
           .long_name = "gap to the Nash policy of the regularised game",
           .units = "1",
           .definition = "E_s0 [t log E_ref exp(P(xi > pi) / t)] - 1/2 + t KL(P_pi || P_ref), P the law of "
                         "the labels, t = beta / 4: 0 at the policy that no other beats where each "
                         "player pays t times its KL to the reference, and above it elsewhere. Where "
                         "preferences are nearly even and given by a reward that policy is pi*.",
           .value = of_arm<regularised_gap>,
           .inexact = too_many_pairs,
           .range = kNotNegative}),
      exact_metric(
          "preference_win_rate_at_kl",
          "win rate under the true preferences at a stated distance from the reference", kGames,
          {.kind = MetricKind::on_request,
           .long_name = "win rate under the true preferences at the KL that the study states",
           .units = "1",
           .definition = "preference_win_rate of the soft plan of the arm's reward at the temperature where "
                         "KL(P_pi || P_ref) is the study's at_kl (unless stated, that of pi*); missing "
                         "where no temperature reaches it.",
           .value = of_arm_at_kl<win_rate>,
           .yardstick = Yardstick::kl,
           .inexact = no_value_at_kl,
           .range = kShare}),
      exact_metric(
          "worst_case_win_rate_at_kl", "worst-case win rate at a stated distance from the reference", kGames,
          {.kind = MetricKind::on_request,
           .long_name = "worst-case win rate under the true preferences at the KL that the study states",
           .units = "1",
           .definition = "worst_case_win_rate of the soft plan of the arm's reward at the temperature where "
                         "KL(P_pi || P_ref) is the study's at_kl (unless stated, that of pi*); missing "
                         "where no temperature reaches it.",
           .value = of_arm_at_kl<worst_case>,
           .yardstick = Yardstick::kl,
           .inexact = no_value_at_kl,
           .range = {.low = 0, .high = 0.5}}),
  };
}

}  // namespace twostage
