// fdpo: dpo for a penalty of another f-divergence than the reverse KL, offline:
//   minimise sum_i softplus(-beta (phi(u+_i) - phi(u-_i))) + penalty(pi),   u = log pi/pi_ref,
// with phi(u) = f'(e^u) of D_f(pi || pi_ref), up to a constant:
//   forward-kl      -e^-u
//   jensen-shannon  u - log(1 + e^u)
//   alpha           (1 - e^(-alpha u)) / alpha, where alpha = 1 is forward-kl and alpha -> 0 dpo.
// Over all policies and pairs drawn from the reference its population optimum has beta phi = r + c, the
// policy that maximises E r - beta D_f. Paper and TRL agree; TRL's name for forward-kl is alpha = 1. phi' > 0
// is bounded from below on the values that u can take (u <= -log pi_ref), so that a margin of u that falls
// without end costs without end: without penalty the loss is attained where that of dpo is unique. It is not
// known to be convex in anything.
#include "sim/algorithm/direct/loss_fit.hpp"
#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/unpenalised.hpp"
#include "sim/numerics/elementary.hpp"

namespace twostage {
namespace {

struct Link {
  double value;
  double slope;
};

Link of_alpha(double alpha, double u) {
  return {-num::expm1(-alpha * u) / alpha, num::exp(-alpha * u)};
}
Link of_jensen_shannon(double u) {
  return {-num::softplus(-u), num::sigmoid(-u)};
}

class FdpoLoss final : public PairLoss {
 public:
  // alpha = 0: jensen-shannon
  FdpoLoss(const World& world, const PairTable& table, double alpha)
      : PairLoss(world, table), beta_(world.beta), alpha_(alpha) {}

  PairCost cost(const LogProbabilities& chosen, const LogProbabilities& rejected) const override {
    const Link win = link(chosen.policy - chosen.reference);
    const Link lose = link(rejected.policy - rejected.reference);
    const double margin = beta_ * (win.value - lose.value);
    const double pull = beta_ * num::sigmoid(-margin);
    return {num::softplus(-margin), -pull * win.slope, pull * lose.slope};
  }
  double slope_scale() const override { return beta_; }

 private:
  Link link(double u) const { return alpha_ > 0 ? of_alpha(alpha_, u) : of_jensen_shannon(u); }

  double beta_, alpha_;
};

std::unique_ptr<PolicyLoss> loss(const ArmSpec& spec, const World& world, const PairTable& table) {
  const Settings options = arm_options(spec);
  const std::string& divergence = options.text("divergence");
  const double alpha = divergence == "forward-kl" ? 1 : divergence == "alpha" ? options.real("alpha") : 0;
  return std::make_unique<FdpoLoss>(world, table, alpha);
}

ArmResult run(const ArmSpec& spec, const ArmInput& input) {
  return fit_by_descent(spec, input, Shape::unknown);
}

}  // namespace

Entry<Algorithm> fdpo_entry() {
  return {"fdpo",
          "dpo for another f-divergence to the reference, offline",
          "2309.16240",
          Status::checked,
          {{"divergence",
            "jensen-shannon",
            0,
            0,
            {"forward-kl", "jensen-shannon", "alpha"},
            "of the policy to the reference"},
           {"alpha", 0.5, 1e-3, 10, {}, "of the divergence 'alpha'"},
           starts_knob()},
          {.target = "the maximum of E r - beta D_f(pi || ref), f the divergence",
           .run = run,
           .uses_policy = true,
           .learner = course_of_loss,
           .idle = {{"alpha", "divergence", "forward-kl"}, {"alpha", "divergence", "jensen-shannon"}},
           .loss = loss,
           .theory = no_route,
           .judge = disown_unless_margins_are_unique,
           .check = require_known_margins,
           .held_out_loss = loss_of_held_out}};
}

}  // namespace twostage
