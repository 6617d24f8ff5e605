// rm+rebel: fit a reward, then, round by round, regress differences of rewards on log-ratios to the policy
// before (Gao et al. 2404.16767):
//   pi_{t+1} = argmin over the class of E_{y, y' ~ pi_t} [ ((log pi/pi_t (y) - log pi/pi_t (y')) / eta
//                                                         - (r(y) - r(y')))^2 ],
// eta in units of 1 / beta. It is twice the variance of the path sum of log pi/pi_t / eta - r under pi_t,
// exact on every graph. Over all policies pi_{t+1} is proportional to pi_t exp(eta r / beta): rounds with
// t eta = 1 come to the plan.
#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/learned_prompts.hpp"
#include "sim/algorithm/rounds/rounds_course.hpp"
#include "sim/penalty/path_variance.hpp"

namespace twostage {
namespace {

class RebelLoss final : public PolicyLoss {
 public:
  RebelLoss(const Round& round, double eta)
      : world_(round.world),
        before_(round.log_policy),
        reward_(round.edge_reward),
        eta_(eta),
        residual_(before_.size()) {}

  // Scaled by eta^2, so that a log-ratio counts as much whatever eta is.
  double evaluate(std::span<const double> log_policy, std::span<double> d_log_policy) override {
    for (std::size_t e = 0; e < residual_.size(); ++e)
      residual_[e] = log_policy[e] - before_[e] - eta_ * reward_[e];
    return add_path_variance(world_, before_, residual_, false, 2, d_log_policy);
  }

 private:
  const World& world_;
  std::span<const double> before_, reward_;
  double eta_;
  std::vector<double> residual_;
};

class Rebel final : public RoundMaker {
 public:
  explicit Rebel(double eta) : eta_(eta) {}
  std::unique_ptr<PolicyLoss> loss(const Round& round) override {
    return std::make_unique<RebelLoss>(round, eta_ / round.world.beta);
  }

 private:
  double eta_;
};

std::unique_ptr<Learner> learner(const ArmSpec& spec, const ArmInput& input) {
  return rounds_course(spec, input, std::make_unique<Rebel>(arm_options(spec).real("eta")));
}

}  // namespace

Entry<Algorithm> rebel_entry() {
  return {"rm+rebel",
          "fit a reward model, then regress its differences on log-ratios to the policy before",
          "2404.16767",
          Status::exact,
          {{"eta", 0.25, 1e-6, 1e3, {}, "share of reward / beta that a round adds to log pi"},
           learned_prompts_knob()},
          in_rounds("after t rounds ref exp(t eta r / beta)", learner)};
}

}  // namespace twostage
