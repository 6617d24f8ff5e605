// Rounds whose completions are drawn: groups of completions of the policy before, rollout i of round t at an
// address of its own (sim/completions/rollouts.hpp), so that fewer rounds and smaller batches are the
// beginning of more. What is fitted to them is, on average over the draws, what the round is fitted to in
// expectation; its fit is not that fit on average.
//
// What was not drawn is preferred to nothing and likelier for nothing: over all policies a round would take
// all its mass, or leave it anywhere. So a round that draws needs a hold, hold KL(P_ref || P_pi).
#pragma once

#include "sim/algorithm/reinforcement/reinforcement_course.hpp"
#include "sim/algorithm/rounds/rounds_course.hpp"
#include "sim/completions/rollouts.hpp"

namespace twostage {

struct RoundDraws {
  bool sampled = false;
  std::size_t batch = 0;  // prompts
  double hold = 0;

  static RoundDraws of(const ArmSpec& spec);
  // For each of `batch` prompts `group` completions.
  Rollouts draw(const Round& round, std::size_t group) const;
};

// A maker of rounds that draws, or weighs all completions, as `draws` says.
class DrawingRounds : public RoundMaker {
 public:
  explicit DrawingRounds(const RoundDraws& draws) : draws_(draws) {}
  std::unique_ptr<PolicyLoss> loss(const Round& round) final {
    return draws_.sampled ? drawn(round) : expected(round);
  }
  Penalty penalty() const override;
  std::uint64_t rollouts() const final { return rollouts_; }

 protected:
  virtual std::unique_ptr<PolicyLoss> expected(const Round& round) = 0;
  virtual std::unique_ptr<PolicyLoss> drawn(const Round& round) = 0;
  Rollouts draw(const Round& round, std::size_t group);
  double prompts() const { return static_cast<double>(draws_.batch); }
  // In expectation and without a hold.
  bool is_plain() const { return !draws_.sampled && draws_.hold == 0; }

 private:
  RoundDraws draws_;
  std::uint64_t rollouts_ = 0;
};

// A group's first completion of the highest score and its first of the lowest, two different ones: where all
// are equal, its first two. Which are equal is as in score_levels.hpp.
struct BestAndWorst {
  std::size_t best, worst;  // among the rollouts
  bool equal;
};
std::vector<BestAndWorst> best_and_worst(const Round& round, const Rollouts& rollouts);

Knob round_expectation_knob();  // `expectation`
Knob round_batch_knob();        // `batch`
Knob hold_knob();               // `hold`

// For Algorithm::check and Algorithm::course_bytes, of rounds that draw groups of so many. `held`: by
// something else than `hold`.
void check_draws(const ArmSpec& spec, double group, bool held = false);
double draws_bytes(const ArmSpec& spec, const World& world, double group);

}  // namespace twostage
