// rm+rwr: fit a reward, then reward-weighted regression (Peters and Schaal 2007), round by round:
//   pi_{t+1} = argmax over the class of E_{xi ~ pi_t} [ exp(r(xi) / (temperature beta)) log pi(xi) ], each
//   prompt's weights scaled to one.
// What is projected, by forward KL, is the plan of the reward from pi_t at that temperature. Over all
// policies one round at temperature 1 is the plan of the reward, and t rounds that of t times the reward;
// in smaller classes it keeps what the plan holds likely, where rm+project gives up what its class cannot
// say.
// Drawn, each of `batch` completions counts exp((r - V) / (temperature beta)), V the soft value of its
// prompt, by which all completions together count one: exact, not the mean of a group, so that the loss is
// what it is in expectation, on average.
#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/learned_prompts.hpp"
#include "sim/algorithm/rounds/round_draws.hpp"
#include "sim/numerics/elementary.hpp"
#include "sim/plan/sweeps.hpp"

namespace twostage {
namespace {

class Rwr final : public DrawingRounds {
 public:
  Rwr(const RoundDraws& draws, double temperature) : DrawingRounds(draws), temperature_(temperature) {}

  // The projection of the plan is the plan.
  std::vector<double> closed_form(const Round& round) override {
    return is_plain() ? plan(round).log_policy : std::vector<double>{};
  }

 protected:
  std::unique_ptr<PolicyLoss> expected(const Round& round) override {
    const World& world = round.world;
    const SoftPlan target = plan(round);
    std::vector<double> mass(world.graph.edges());
    occupancy(world.graph, world.rho, target.log_policy, mass);
    return std::make_unique<SftLoss>(std::move(mass));
  }

  std::unique_ptr<PolicyLoss> drawn(const Round& round) override {
    const SoftPlan target = plan(round);
    const Rollouts rollouts = draw(round, 1);
    std::vector<double> count(round.world.graph.edges(), 0.0);
    for (std::size_t i = 0; i < rollouts.size(); ++i) {
      const double gain = path_sum(round.edge_reward, rollouts.path(i)) - target.value[rollouts.prompt[i]];
      const double weight = num::exp(gain / (temperature_ * round.world.beta)) / prompts();
      for (const EdgeId e : rollouts.path(i)) count[static_cast<std::size_t>(e)] += weight;
    }
    return std::make_unique<SftLoss>(std::move(count));
  }

 private:
  SoftPlan plan(const Round& round) const {
    SoftPlan out;
    soft_plan(round.world.graph, round.log_policy, round.edge_reward, temperature_ * round.world.beta, out);
    return out;
  }

  double temperature_;
};

std::unique_ptr<Learner> learner(const ArmSpec& spec, const ArmInput& input) {
  return rounds_course(spec, input,
                       std::make_unique<Rwr>(RoundDraws::of(spec), arm_options(spec).real("temperature")));
}

void check(const ArmSpec& spec, const World&) {
  check_draws(spec, 1);
}

double bytes(const ArmSpec& spec, const World& world) {
  return second_stage_bytes(spec, world) + draws_bytes(spec, world, 1);
}

}  // namespace

Entry<Algorithm> rwr_entry() {
  Algorithm its = in_rounds("after t rounds ref exp(t r / (temperature beta))", learner);
  its.idle = idle_in_expectation({"batch"});
  its.course_bytes = bytes;
  its.check = check;
  return {"rm+rwr",
          "fit a reward model, then fit the policy to its own completions, weighted by exp(reward)",
          "Peters and Schaal 2007",
          Status::exact,
          {round_batch_knob(),
           round_expectation_knob(),
           hold_knob(),
           learned_prompts_knob(),
           {"temperature", 1.0, 1e-3, 1e3, {}, "of the weights exp(r / (temperature beta))"}},
          std::move(its)};
}

}  // namespace twostage
