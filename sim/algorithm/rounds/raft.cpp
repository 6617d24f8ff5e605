// rm+raft: fit a reward, then, round by round, fit the policy to the best of n of its own completions (Dong
// et al. 2304.06767):
//   pi_{t+1} = argmax over the class of E [ log pi(the best of n draws from pi_t) ],
// with the exact law of what is kept (sim/policy/best_of_n.hpp). Over all policies t rounds are the best of
// n^t completions of the reference. The scale of the reward plays no part, and nothing holds the policy near
// the reference but the number of rounds.
#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/rounds/rounds_course.hpp"
#include "sim/policy/best_of_n.hpp"

namespace twostage {
namespace {

class Raft final : public RoundMaker {
 public:
  explicit Raft(double n) : n_(n) {}
  std::unique_ptr<PolicyLoss> loss(const Round& round) override {
    if (!from_) from_ = round.world;
    from_->log_reference.assign(round.log_policy.begin(), round.log_policy.end());
    const PolicyLaw kept =
        best_of_n(*from_, {round.edge_reward.begin(), round.edge_reward.end()}, round.edge_error, n_);
    return std::make_unique<SftLoss>(occupancy(*from_, kept));
  }

 private:
  double n_;
  std::optional<World> from_;  // the world in which the last policy is the reference
};

std::unique_ptr<Learner> learner(const ArmSpec& spec, const ArmInput& input) {
  return rounds_course(spec, input,
                       std::make_unique<Raft>(static_cast<double>(arm_options(spec).integer("n"))));
}

void check(const ArmSpec& spec, const World& world) {
  check_best_of_n(world, generic_scores(spec, world));
}

// Its copy of the world, and the law of what is kept.
double bytes(const ArmSpec& spec, const World& world) {
  constexpr double of_edge = 32;
  return second_stage_bytes(spec, world) + of_edge * static_cast<double>(world.graph.edges());
}

}  // namespace

Entry<Algorithm> raft_entry() {
  Algorithm its = in_rounds("after t rounds the best of n^t draws from ref, by r", learner);
  its.lists_scores = true;
  its.course_bytes = bytes;
  its.check = check;
  return {"rm+raft",
          "fit a reward model, then fit the policy to the best of n of its own completions",
          "2304.06767",
          Status::exact,
          {{"n", std::int64_t{4}, 1, 1e9, {}, "completions of which the best is kept"}},
          std::move(its)};
}

}  // namespace twostage
