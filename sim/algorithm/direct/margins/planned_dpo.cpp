// planned-dpo: dpo over Pi(R), the policies that are soft-optimal for some reward in R (T3.1). It is
// policy = { class = "planned", of = R } of dpo under another name, with R as the class of its reward.
#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/learner.hpp"

namespace twostage {
namespace {

const Algorithm& dpo() {
  return algorithms().at("dpo").extra;
}

ArmSpec as_dpo(const ArmSpec& spec) {
  ArmSpec out = spec;
  out.algorithm = "dpo";
  out.policy = plans_of(spec.reward);
  out.reward = {};
  return out;
}

ArmResult run(const ArmSpec& spec, const ArmInput& input) {
  return dpo().run(as_dpo(spec), input);
}

std::unique_ptr<Learner> learner(const ArmSpec& spec, const ArmInput& input) {
  return dpo().learner(as_dpo(spec), input);
}

TheoryRoute route(const ArmSpec& spec) {
  return dpo().theory(as_dpo(spec));
}

KnownExistence existence(const ArmSpec& spec, const ArmInput& input) {
  return dpo().existence(as_dpo(spec), input);
}

void judge(const ArmSpec& spec, const ArmInput& input, ArmResult& result) {
  dpo().judge(as_dpo(spec), input, result);
}

double held_out_loss(const ArmSpec& spec, const World& world, const ArmResult& fit,
                     const PreferenceData& held_out) {
  return dpo().held_out_loss(as_dpo(spec), world, fit, held_out);
}

// Rewards that are not planned for are refused as such a policy class.
void check(const ArmSpec& spec, const World& world) {
  arm_model(as_dpo(spec), world, Role::policy);
}

}  // namespace

Entry<Algorithm> planned_dpo_entry() {
  return {"planned-dpo",
          "dpo over the policies optimal for some reward of a class: its policy class 'planned'",
          "2503.01067, theorem 3.1",
          Status::exact,
          {starts_knob()},
          {.target = "pi*",
           .run = run,
           .uses_reward = true,
           .any_rewards = true,
           .through_planner = true,
           .learner = learner,
           .theory = route,
           .existence = existence,
           .judge = judge,
           .check = check,
           .held_out_loss = held_out_loss}};
}

}  // namespace twostage
