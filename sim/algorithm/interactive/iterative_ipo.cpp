// iterative-ipo: ipo in rounds, online, which is self-play: in each an annotator labels pairs of the policy's
// own completions, and ipo is fitted to the pairs that there are then (online IPO, Calandriello et al.
// 2403.08635):
//   pi_{t+1} = argmin over the class of sum_i (h_i - 1 / (2 tau))^2 + penalty(pi),
//   h_i = log pi/pi_ref (y+_i) - log pi/pi_ref (y-_i).
// In expectation, over all policies and with the pairs of a round alone, pi_{t+1} is proportional to
// pi_ref exp(p_t / tau), p_t(y) the probability that y is preferred to a completion of pi_t: the best answer
// to pi_t where both players pay tau times their KL to the reference. Where that stays it is the Nash policy
// of this game (Munos et al. 2312.00886), whether or not a reward gives the preferences. Rounds may go around
// it in a circle that does not close; pairs that are kept from round to round damp that.
#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/interactive/annotated_pairs.hpp"
#include "sim/algorithm/interactive/pair_steps.hpp"
#include "sim/algorithm/unpenalised.hpp"
#include "sim/loss/policy_loss.hpp"

namespace twostage {
namespace {

class IterativeIpo final : public PairMaker {
 public:
  IterativeIpo(const ArmSpec& spec, const ArmInput& input)
      : spec_(spec), input_(input), tau_(arm_options(spec).real("tau")), pairs_(spec, input_) {}

  PairRound make(std::span<const double> log_policy, std::uint64_t round) override {
    const std::vector<double> own(log_policy.begin(), log_policy.end());
    pairs_.ask({own, own}, round);
    return {.pairs = std::make_unique<LogRatioLoss>(input_.world, pairs_.table(), 1,
                                                    std::make_unique<SquaredLoss>(1 / (2 * tau_))),
            .asked = pairs_.asked()};
  }

  Outlook outlook(const PairRound& round) override {
    if (penalty_kind(spec_.penalty) != PenaltyKind::none) return Outlook::minimum;
    const PreferenceData none;  // the table is all that is asked for
    const Existence seen =
        existence_of_least_squares(spec_, {input_.world, none, input_.source, input_.replicate, true,
                                           std::make_shared<const PairTable>(round.pairs->table())})
            .outcome;
    return seen == Existence::unique ? Outlook::minimum
           : seen == Existence::flat ? Outlook::one_of_many
                                     : Outlook::unknown;
  }

  Cost cost() const override { return pairs_.cost(); }

 private:
  ArmSpec spec_;
  ArmInput input_;
  double tau_;
  AnnotatedPairs pairs_;
};

std::unique_ptr<Learner> learner(const ArmSpec& spec, const ArmInput& input) {
  return pair_course(spec, input, std::make_unique<IterativeIpo>(spec, input));
}

// Squares have a minimum whoever is preferred.
void check(const ArmSpec& spec, const World& world) {
  check_listed_pairs(spec, world);
  require_tested_margins(spec, world);
}

}  // namespace

Entry<Algorithm> iterative_ipo_entry() {
  Algorithm its = in_pair_rounds("pi = ref exp(p / tau), p(y) = P(y beats pi): the Nash policy", learner);
  its.any_preferences = true;
  its.course_bytes = annotated_pairs_bytes;
  its.check = check;
  return {"iterative-ipo",
          "ipo in rounds of self-play, on pairs of its own completions that an annotator labels",
          "2403.08635; 2312.00886",
          Status::exact,
          {exact_or_sampled_knob(),
           keep_knob("fresh"),
           labels_knob(),
           pairs_knob(),
           {"tau", 0.5, 1e-3, 1e3, {}, "strength of the pull to the reference; the margin is 1 / (2 tau)"}},
          std::move(its)};
}

}  // namespace twostage
