// rm+raft: fit a reward, then, round by round, fit the policy to the best of n of its own completions (Dong
// et al. 2304.06767):
//   pi_{t+1} = argmax over the class of E [ log pi(the best of n draws from pi_t) ],
// with the exact law of what is kept (sim/policy/best_of_n.hpp). Over all policies t rounds are the best of
// n^t completions of the reference. The scale of the reward plays no part, and nothing holds the policy near
// the reference but the number of rounds, or a hold. Drawn, a round is fitted to the best of each of `batch`
// groups of n.
#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/learned_prompts.hpp"
#include "sim/algorithm/rounds/round_draws.hpp"
#include "sim/policy/best_of_n.hpp"

namespace twostage {
namespace {

class Raft final : public DrawingRounds {
 public:
  Raft(const RoundDraws& draws, double n) : DrawingRounds(draws), n_(n) {}

 protected:
  std::unique_ptr<PolicyLoss> expected(const Round& round) override {
    if (!from_) from_ = round.world;
    from_->log_reference.assign(round.log_policy.begin(), round.log_policy.end());
    const PolicyLaw kept =
        best_of_n(*from_, {round.edge_reward.begin(), round.edge_reward.end()}, round.edge_error, n_);
    return std::make_unique<SftLoss>(occupancy(*from_, kept));
  }

  std::unique_ptr<PolicyLoss> drawn(const Round& round) override {
    const Rollouts rollouts = draw(round, static_cast<std::size_t>(n_));
    std::vector<double> count(round.world.graph.edges(), 0.0);
    for (const BestAndWorst& group : best_and_worst(round, rollouts))
      for (const EdgeId e : rollouts.path(group.best)) count[static_cast<std::size_t>(e)] += 1 / prompts();
    return std::make_unique<SftLoss>(std::move(count));
  }

 private:
  double n_;
  std::optional<World> from_;  // the world in which the last policy is the reference
};

double n_of(const ArmSpec& spec) {
  return static_cast<double>(arm_options(spec).integer("n"));
}

std::unique_ptr<Learner> learner(const ArmSpec& spec, const ArmInput& input) {
  return rounds_course(spec, input, std::make_unique<Raft>(RoundDraws::of(spec), n_of(spec)));
}

void check(const ArmSpec& spec, const World& world) {
  check_draws(spec, n_of(spec));
  if (!RoundDraws::of(spec).sampled) check_best_of_n(world, generic_scores(spec, world));
}

// Its copy of the world, and the law of what is kept.
double bytes(const ArmSpec& spec, const World& world) {
  constexpr double of_edge = 32;
  return second_stage_bytes(spec, world) + of_edge * static_cast<double>(world.graph.edges()) +
         draws_bytes(spec, world, n_of(spec));
}

}  // namespace

Entry<Algorithm> raft_entry() {
  Algorithm its = in_rounds("after t rounds the best of n^t draws from ref, by r", learner);
  its.lists_scores = true;
  its.idle = idle_in_expectation({"batch"});
  its.course_bytes = bytes;
  its.check = check;
  return {"rm+raft",
          "fit a reward model, then fit the policy to the best of n of its own completions",
          "2304.06767",
          Status::exact,
          {round_batch_knob(),
           round_expectation_knob(),
           hold_knob(),
           {"n", std::int64_t{4}, 1, 1e9, {}, "completions of which the best is kept"},
           learned_prompts_knob()},
          std::move(its)};
}

}  // namespace twostage
