// spin: self-play fine-tuning (Chen et al. 2401.01335), round by round, without a reward: the winners of the
// data are preferred to what the policy of the round before says,
//   pi_{t+1} = argmin over the class of sum_i E_{y' ~ pi_t} softplus(-lambda (log pi/pi_t (y+_i)
//                                                                            - log pi/pi_t (y'))) + penalty.
// With q the law of the winners, of two completions y is preferred with odds q(y) pi_t(y') / (q(y') pi_t(y)),
// so that over all policies pi_{t+1} is proportional to pi_t (q / pi_t)^(1 / lambda): lambda = 1 is there in
// one round, and log pi/q shrinks by 1 - 1/lambda in each. In every class the gradient at pi = pi_t is
// lambda / 2 times that of sft: both come to rest at the same policies.
// A completion that never won is preferred to nothing, and over all policies loses its mass: without a
// penalty no round has a minimum then.
#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/interactive/pair_steps.hpp"
#include "sim/algorithm/interactive/spin_pairs.hpp"

namespace twostage {
namespace {

class Spin final : public PairMaker {
 public:
  Spin(const ArmSpec& spec, const ArmInput& input)
      : spec_(spec), input_(input), lambda_(arm_options(spec).real("lambda")), pairs_(spec, input_) {}

  PairRound make(std::span<const double> log_policy, std::uint64_t round) override {
    if (!from_) from_ = input_.world;
    from_->log_reference.assign(log_policy.begin(), log_policy.end());
    return {std::make_unique<DpoLoss>(*from_, pairs_.of_round(log_policy, round), lambda_)};
  }
  Outlook outlook(const PairRound& round) override {
    return outlook_of_margins(spec_, input_, round.pairs->table());
  }
  Cost cost() const override { return {.labels = labels_of(input_), .rollouts = pairs_.rollouts()}; }

 private:
  ArmSpec spec_;
  ArmInput input_;
  double lambda_;
  SpinPairs pairs_;
  std::optional<World> from_;  // the world in which the last policy is the reference
};

std::unique_ptr<Learner> learner(const ArmSpec& spec, const ArmInput& input) {
  return pair_course(spec, input, std::make_unique<Spin>(spec, input));
}

void check(const ArmSpec& spec, const World& world) {
  check_listed_pairs(spec, world);
  require_tested_margins(spec, world);
}

}  // namespace

Entry<Algorithm> spin_entry() {
  Algorithm its = in_pair_rounds(
      "the law q of the winners, where log pi/q shrinks by 1 - 1/lambda in each round", learner);
  its.any_preferences = true;
  its.course_bytes = spin_pairs_bytes;
  its.check = check;
  its.check_pairs = check_spin_pairs;
  return {
      "spin",
      "self-play fine-tuning: dpo in rounds, the winners of the data against the policy's own completions",
      "2401.01335",
      Status::exact,
      {exact_or_sampled_knob(), {"lambda", 1.0, 1e-3, 1e3, {}, "scale of the margins, in place of beta"}},
      std::move(its)};
}

}  // namespace twostage
