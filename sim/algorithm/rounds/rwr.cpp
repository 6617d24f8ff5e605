// rm+rwr: fit a reward, then reward-weighted regression (Peters and Schaal 2007), round by round:
//   pi_{t+1} = argmax over the class of E_{xi ~ pi_t} [ exp(r(xi) / temperature) log pi(xi) ], each prompt's
//   weights scaled to one.
// What is projected, by forward KL, is the plan of the reward from pi_t at that temperature. Over all
// policies one round at temperature beta is the plan of the reward, and t rounds that of t times the reward;
// in smaller classes it keeps what the plan holds likely, where rm+project gives up what its class cannot
// say.
#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/rounds/rounds_course.hpp"
#include "sim/algorithm/rounds/target_loss.hpp"
#include "sim/algorithm/tuning.hpp"
#include "sim/algorithm/unpenalised.hpp"
#include "sim/plan/sweeps.hpp"

namespace twostage {
namespace {

class Rwr final : public RoundMaker {
 public:
  explicit Rwr(double temperature) : temperature_(temperature) {}
  std::unique_ptr<PolicyLoss> loss(const Round& round) override {
    const World& world = round.world;
    SoftPlan target;
    soft_plan(world.graph, round.log_policy, round.edge_reward, temperature_ * world.beta, target);
    std::vector<double> mass(world.graph.edges());
    occupancy(world.graph, world.rho, target.log_policy, mass);
    return std::make_unique<TargetLoss>(std::move(mass));
  }
  bool convex_over_all() const override { return true; }

 private:
  double temperature_;
};

std::unique_ptr<Learner> learner(const ArmSpec& spec, const ArmInput& input) {
  return rounds_course(spec, input, std::make_unique<Rwr>(arm_options(spec).real("temperature")));
}

}  // namespace

Entry<Algorithm> rwr_entry() {
  return {"rm+rwr",
          "fit a reward model, then fit the policy to its own completions, weighted by exp(reward)",
          "Peters and Schaal 2007",
          Status::exact,
          {{"temperature", 1.0, 1e-3, 1e3, {}, "of the weights exp(r / temperature), in units of beta"}},
          {.target = "after t rounds ref exp(t r / (temperature beta))",
           .uses_reward = true,
           .uses_policy = true,
           .takes_l1 = true,
           .learner = learner,
           .course_kinds = {"rounds"},
           .course_bytes = second_stage_bytes,
           .first_stage = first_stage,
           .theory = no_route,
           .existence = existence_of_reward,
           .held_out_loss = bradley_terry_loss}};
}

}  // namespace twostage
