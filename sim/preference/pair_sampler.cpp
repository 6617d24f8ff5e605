#include "sim/preference/pair_sampler.hpp"

#include "sim/catalog/choice.hpp"

namespace twostage {
namespace {

const char* const kSource = "Shi, Zhou and Du, arXiv 2409.19605";

PairPolicies both(const std::vector<double>& log_policy) {
  return {log_policy, log_policy};
}

std::vector<double> tempered(const World& world, const SoftPlan& optimum, double tilt) {
  if (tilt == 0) return world.log_reference;
  if (tilt == 1) return optimum.log_policy;
  std::vector<double> reward(world.reward);
  for (double& r : reward) r *= tilt;
  SoftPlan plan;
  soft_plan(world.graph, world.log_reference, reward, world.beta, plan);
  return std::move(plan.log_policy);
}

PairPolicies reference_policies(const Settings&, const World& world, const SoftPlan&) {
  return both(world.log_reference);
}

PairPolicies uniform_policies(const Settings&, const World& world, const SoftPlan&) {
  return both(uniform_policy(world.graph));
}

PairPolicies optimal_policies(const Settings&, const World&, const SoftPlan& optimum) {
  return both(optimum.log_policy);
}

PairPolicies tempered_policies(const Settings& resolved, const World& world, const SoftPlan& optimum) {
  return both(tempered(world, optimum, resolved.real("tilt")));
}

PairPolicies guided_policies(const Settings& resolved, const World& world, const SoftPlan& optimum) {
  const double tilt = resolved.real("tilt");
  return {tempered(world, optimum, tilt), tempered(world, optimum, -tilt)};
}

Knob tilt_knob(double fallback, const char* help) {
  return {"tilt", fallback, 0, 4, {}, help};
}

}  // namespace

const Registry<PairSampler>& pair_samplers() {
  static const Registry<PairSampler> registry(
      "pair sampler", {{"reference",
                        "both completions from pi_ref: data collected beforehand",
                        "2503.01067, section 2",
                        Status::exact,
                        {},
                        {reference_policies}},
                       {"uniform",
                        "both from the policy that takes every action with equal probability",
                        kSource,
                        Status::exact,
                        {},
                        {uniform_policies}},
                       {"optimal",
                        "both from pi*: on-policy data of a converged learner",
                        "2503.01067, section 2",
                        Status::exact,
                        {},
                        {optimal_policies}},
                       {"tempered",
                        "both from the soft plan of tilt * r*: reward-guided",
                        kSource,
                        Status::exact,
                        {tilt_knob(0.5, "multiple of r* that is planned for: 0 is pi_ref, 1 is pi*")},
                        {tempered_policies}},
                       {"policy-guided",
                        "the first from the soft plan of tilt * r*, the second from that of -tilt * r*",
                        kSource,
                        Status::exact,
                        {tilt_knob(1.0, "multiple of r* that is planned for, and against")},
                        {guided_policies}},
                       {"given",
                        "no sampler: the comparisons themselves, with their wins and losses",
                        "sim/DEFINITIONS.md: pair samplers",
                        Status::exact,
                        {{"comparisons",
                          std::vector<double>{},
                          0,
                          9e15,
                          {},
                          "rows [first, second, wins, losses]; completions in lexicographic order from 0"}},
                        {nullptr}}});
  return registry;
}

Settings default_pair_sampler() {
  Settings settings;
  settings.set("kind", "reference");
  return settings;
}

PairPolicies make_pair_policies(const Settings& given, const World& world, const SoftPlan& optimum) {
  const auto [entry, resolved] = choose_kind(pair_samplers(), given, "pair sampler", "reference");
  return entry.extra.make ? entry.extra.make(resolved, world, optimum) : PairPolicies{};
}

}  // namespace twostage
