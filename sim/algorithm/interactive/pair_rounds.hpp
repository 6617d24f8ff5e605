// Rounds without a reward: each fits a policy class to its optimum anew, to pairs in which the policy of the
// round before meets the winners of the data, or that an annotator has labelled. What a round minimises is
//   sum over pairs softplus(-scale Delta) + sum over edges added(e) log pi(e) + penalty(pi),
// a sum over as many pairs as there are, or are to be expected.
#pragma once

#include <memory>
#include <string>

#include "sim/algorithm/learner.hpp"
#include "sim/loss/policy_loss.hpp"

namespace twostage {

struct PairRound {
  std::unique_ptr<LogRatioLoss> pairs;
  std::vector<double> added = {};  // [edges]; empty: nothing
  // As how many pairs they were asked for, where some count more or less than one; 0: as many as they count.
  double asked = 0;
  // Why there are no such pairs, which ends the course where it stands; empty: there are.
  std::string impossible = {};
};

// That sum, but for its penalty. The round is referred to.
class PairRoundLoss final : public PolicyLoss {
 public:
  explicit PairRoundLoss(const PairRound& round) : round_(round) {}
  double evaluate(std::span<const double> log_policy, std::span<double> d_log_policy) override;
  double slope_scale() const override { return round_.pairs->slope_scale(); }

 private:
  const PairRound& round_;
};

// What is known of the minimum of a round before it is fitted. unknown: nobody can tell, so that no fit is
// passed off as one. may_fall: it has a minimum unless a descent is seen to fall for ever.
enum class Outlook { minimum, one_of_many, not_attained, unbounded, may_fall, unknown };

class PairMaker {
 public:
  virtual ~PairMaker() = default;
  // `log_policy` [edges] of the round before; at first of theta = 0.
  virtual PairRound make(std::span<const double> log_policy, std::uint64_t round) = 0;
  virtual Outlook outlook(const PairRound& round) = 0;
  // Of what all rounds so far have used up, with the labels of the data if they count.
  virtual Cost cost() const = 0;
  // Whether the loss is convex where that of dpo is.
  virtual bool convex() const { return true; }
};

// Of a sum of softplus without addition, for PairMaker::outlook: by the exact test of its pairs
// (unpenalised.hpp) where nothing is penalised.
Outlook outlook_of_margins(const ArmSpec& spec, const ArmInput& input, const PairTable& table);

// The course (kind `rounds`) of what `maker` makes: a round begins where the one before ended. One that does
// not come to a minimum that is its only one ends it, and the result says why; else it ends by its budget
// alone. World and source are referred to.
std::unique_ptr<Learner> pair_rounds(const ArmSpec& spec, const ArmInput& input,
                                     std::unique_ptr<PairMaker> maker);

// Whether the arm's course goes in rounds of fits; else it goes in steps (pair_steps.hpp).
bool in_rounds_of_fits(const ArmSpec& spec);

// For Algorithm::check: without a penalty only classes are taken of which the exact test can tell, where
// rounds are fitted. InputError.
void require_tested_margins(const ArmSpec& spec, const World& world);

// For Algorithm::course_bytes: of a course with a table of so many rows.
double pair_rounds_bytes(const ArmSpec& spec, const World& world, double rows);

// The algorithm with such a course, or one in steps.
Algorithm in_pair_rounds(std::string target, decltype(Algorithm::learner) learner);

}  // namespace twostage
