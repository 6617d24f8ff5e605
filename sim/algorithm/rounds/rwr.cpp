// rm+rwr: fit a reward, then reward-weighted regression (Peters and Schaal 2007), round by round:
//   pi_{t+1} = argmax over the class of E_{xi ~ pi_t} [ exp(r(xi) / (temperature beta)) log pi(xi) ], each
//   prompt's weights scaled to one.
// What is projected, by forward KL, is the plan of the reward from pi_t at that temperature. Over all
// policies one round at temperature 1 is the plan of the reward, and t rounds that of t times the reward;
// in smaller classes it keeps what the plan holds likely, where rm+project gives up what its class cannot
// say.
#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/rounds/rounds_course.hpp"
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
    return std::make_unique<SftLoss>(std::move(mass));
  }

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
          {{"temperature", 1.0, 1e-3, 1e3, {}, "of the weights exp(r / (temperature beta))"}},
          in_rounds("after t rounds ref exp(t r / (temperature beta))", learner)};
}

}  // namespace twostage
