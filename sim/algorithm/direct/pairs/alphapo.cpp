// alphapo: simpo with a reward of another shape, offline, without a reference:
//   minimise sum_i softplus(gamma - beta (phi(l+_i) - phi(l-_i))) + penalty(pi),
//   phi(l) = (1 - e^(-alpha l)) / alpha,   l = log pi(xi) / |xi|, the mean over tokens.
// alpha = 0 is simpo, phi = l. TRL has the same within its CPO trainer, whose cpo_alpha (an added likelihood
// of the chosen completions, 1 unless it is set) has to be 0 for it.
// phi' = e^(-alpha l): for alpha >= 0 and l <= 0 it is at least 1, so that margins grow no slower than those
// of dpo, and without penalty the loss is attained where dpo's is unique. For alpha < 0 a completion may lose
// all its mass at a finite price, and a penalty is asked for. It is not known to be convex in anything.
#include "sim/algorithm/direct/loss_fit.hpp"
#include "sim/algorithm/direct/tokens.hpp"
#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/unpenalised.hpp"
#include "sim/fit/limits.hpp"
#include "sim/numerics/elementary.hpp"

namespace twostage {
namespace {

struct Form {
  double alpha, beta, gamma;
  Tokens tokens;
};

class AlphapoLoss final : public PairLoss {
 public:
  AlphapoLoss(const World& world, const PairTable& table, const Form& form)
      : PairLoss(world, table), of_(form), shortest_(completion_lengths(world).shortest) {}

  PairCost cost(const LogProbabilities& chosen, const LogProbabilities& rejected) const override {
    const double win = share(chosen) * chosen.policy, lose = share(rejected) * rejected.policy;
    const double short_of = of_.gamma - of_.beta * (phi(win) - phi(lose));
    const double pull = of_.beta * num::sigmoid(short_of);
    return {num::softplus(short_of), -pull * slope(win) * share(chosen),
            pull * slope(lose) * share(rejected)};
  }
  double slope_scale() const override { return of_.beta * (of_.tokens == Tokens::mean ? 1 / shortest_ : 1); }

 private:
  double share(const LogProbabilities& of) const { return of_.tokens == Tokens::mean ? 1 / of.tokens : 1; }
  double phi(double l) const { return of_.alpha == 0 ? l : -num::expm1(-of_.alpha * l) / of_.alpha; }
  double slope(double l) const { return num::exp(-of_.alpha * l); }

  Form of_;
  double shortest_;
};

std::unique_ptr<PolicyLoss> loss(const ArmSpec& spec, const World& world, const PairTable& table) {
  const Settings options = arm_options(spec);
  return std::make_unique<AlphapoLoss>(world, table,
                                       Form{.alpha = options.real("alpha"),
                                            .beta = options.real("beta"),
                                            .gamma = options.real("gamma"),
                                            .tokens = tokens_of(spec)});
}

ArmResult run(const ArmSpec& spec, const ArmInput& input) {
  return fit_by_descent(spec, input, Shape::unknown);
}

void check(const ArmSpec& spec, const World& world) {
  require_tokens_alike(spec, world);
  require_known_margins(spec, world);
  if (stands_alone(spec) && arm_options(spec).real("alpha") < 0)
    throw InputError("kind", "arm '" + spec.name +
                                 "': nobody tests whether 'alphapo' without penalty has an estimate for an "
                                 "alpha below 0; valid: a penalty, such as reference-kl, or alpha >= 0");
}

}  // namespace

Entry<Algorithm> alphapo_entry() {
  return {
      "alphapo",
      "simpo with a reward (1 - pi^-alpha) / alpha in place of log pi, offline",
      "2501.03884",
      Status::checked,
      {{"alpha", 0.25, -10, 10, {}, "shape of the reward; 0: log pi, as simpo"},
       {"beta", 2.0, 1e-3, 1e3, {}, "scale of the reward"},
       {"gamma", 1.0, 0, 1e3, {}, "target margin, in the units of the scaled reward"},
       tokens_knob(Tokens::mean, "log pi"),
       starts_knob()},
      {.target = "beta (1 - pi^-alpha) / alpha = r + c without gamma, whatever ref is; gamma widens margins",
       .run = run,
       .uses_policy = true,
       .learner = course_of_loss,
       .loss = loss,
       .theory = no_route,
       .judge = disown_unless_margins_are_unique,
       .check = check,
       .held_out_loss = loss_of_held_out}};
}

}  // namespace twostage
