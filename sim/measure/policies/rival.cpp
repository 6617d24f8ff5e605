// Win rates against a rival that is better than the reference by a stated share: the soft plan of the true
// reward at the temperature where the reference beats it that often. It tilts the law of the true reward,
// P_rival(r|s0) ∝ P_ref(r|s0) exp(t r), so that its temperature is told by that law alone. The reference wins
// less the larger t is: half of the time at 0, and half of the mass of the best completions in the limit.
#include <algorithm>
#include <cmath>

#include "sim/measure/groups.hpp"
#include "sim/measure/limits.hpp"
#include "sim/measure/policies/win_rate.hpp"
#include "sim/numerics/elementary.hpp"
#include "sim/plan/pair_functionals.hpp"
#include "sim/plan/ties.hpp"

namespace twostage {
namespace {

constexpr auto kPaper = "Swamy et al. 2503.01067";

// `q` becomes the tilted reference, prompt by prompt.
void tilt(std::span<const ReturnAtom> law, double t, std::vector<ReturnAtom>& out) {
  for_each_prompt(law, [&](std::size_t, std::span<const ReturnAtom> atoms) {
    const double best = atoms.back().first;
    double total = 0;
    for (const ReturnAtom& atom : atoms) total += atom.q * num::exp(t * (atom.first - best));
    for (ReturnAtom atom : atoms) {
      atom.q *= num::exp(t * (atom.first - best)) / total;
      out.push_back(atom);
    }
  });
}

// How often the reference wins against itself, tilted by t.
double reference_wins(const World& world, std::span<const ReturnAtom> law, double t) {
  std::vector<ReturnAtom> tilted;
  tilted.reserve(law.size());
  tilt(law, t, tilted);
  for (std::size_t i = 0; i < tilted.size(); ++i) tilted[i].p = law[i].q;
  return win_rate_in(world, tilted);
}

// NaN where the reference beats no tilt that seldom.
double tilt_of_rival(const World& world, std::span<const ReturnAtom> law, double share) {
  const auto [least, most] = std::ranges::minmax(law, {}, &ReturnAtom::first);
  const double spread = most.first - least.first;
  if (!(spread > 0)) return kNaN;
  double low = 0, high = 1 / spread;
  while (reference_wins(world, law, high) > share) {
    low = high;
    high *= 4;
    if (high > 1e13 / spread) return kNaN;
  }
  while (true) {
    const double middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) return high;
    (reference_wins(world, law, middle) > share ? low : high) = middle;
  }
}

double win_rate_rival(const Context& c, const ArmResult& arm) {
  if (!returns_can_be_listed(c.world)) return kNaN;
  const std::vector<ReturnAtom> law = law_of_rewards(c.world, arm.policy);
  if (std::isnan(c.rival_tilt())) return kNaN;
  std::vector<ReturnAtom> against;
  tilt(law, c.rival_tilt(), against);
  return win_rate_in(c.world, against);
}

double win_rate_bt_rival(const Context& c, const ArmResult& arm) {
  const World& world = c.world;
  if (!returns_can_be_listed(world) || !pair_functionals_fit(world.graph, world.reward)) return kNaN;
  if (std::isnan(c.rival_tilt())) return kNaN;
  SoftPlan rival;
  soft_plan(world.graph, world.log_reference, world.reward, 1 / c.rival_tilt(), rival);
  return expected_sigmoid(world.graph, world.rho, world.reward, arm.log_policy(), rival.log_policy);
}

std::string no_rival(const Context& c, const ArmResult&) {
  if (!returns_can_be_listed(c.world)) return kTooManyReturns;
  return std::isnan(c.rival_tilt())
             ? "no rival: the reference wins more often than reference_wins against every plan of the true "
               "reward"
             : "";
}

std::string no_bt_rival(const Context& c, const ArmResult& arm) {
  return pair_functionals_fit(c.world.graph, c.world.reward) ? no_rival(c, arm) : kRewardTooWide;
}

}  // namespace

double Context::rival_tilt() const {
  if (!rival_tilt_)
    rival_tilt_ = tilt_of_rival(world, law_of_rewards(world, EdgePolicy(world.log_reference)),
                                yardsticks.reference_wins);
  return *rival_tilt_;
}

MetricEntries rival_metrics() {
  return {
      exact_metric("win_rate_rival", "win rate against a stated stronger policy, true reward as judge",
                   kPaper,
                   {.kind = MetricKind::on_request,
                    .long_name = "win rate against the rival",
                    .units = "1",
                    .definition = "As win_rate, but xi' from the rival: the soft plan of the true reward at "
                                  "the temperature where the win rate of the reference against it is the "
                                  "study's reference_wins (.28 unless stated).",
                    .value = win_rate_rival,
                    .yardstick = Yardstick::rival,
                    .inexact = no_rival,
                    .range = kShare}),
      exact_metric("win_rate_bt_rival", "win rate against a stated stronger policy, Bradley-Terry judge",
                   kPaper,
                   {.kind = MetricKind::on_request,
                    .long_name = "Bradley-Terry win rate against the rival",
                    .units = "1",
                    .definition = "As win_rate_bt, but xi' from the rival of win_rate_rival.",
                    .value = win_rate_bt_rival,
                    .asks = PolicyForm::on_edges,
                    .yardstick = Yardstick::rival,
                    .inexact = no_bt_rival,
                    .range = kShare}),
  };
}

}  // namespace twostage
