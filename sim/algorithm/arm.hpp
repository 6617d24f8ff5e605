// An arm: one way from preference data to a policy (algorithm + classes + penalty). This is what a study
// compares.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/catalog/registry.hpp"
#include "sim/existence/outcome.hpp"
#include "sim/fit/certificate.hpp"
#include "sim/policy/policy_law.hpp"
#include "sim/preference/preference_data.hpp"
#include "sim/random/stream.hpp"
#include "sim/world/world.hpp"

namespace twostage {

// As written in a study, before any world exists.
struct ArmSpec {
  std::string name = {};
  std::string algorithm = {};  // key of algorithms()
  Settings reward = {};        // "class" and its knobs; empty when the algorithm uses none
  Settings policy = {};
  Settings penalty = {};  // "kind" and its knobs
  Settings options = {};  // the algorithm's own knobs
  Settings course = {};   // "kind" and its knobs (learner.hpp); empty: fitted to the optimum
  Settings sampler = {};  // "kind" and its knobs: what its pairs are drawn from; empty: those of all arms
};

// The settings of an arm by name, and the key that chooses their registry's entry ("": the algorithm has).
struct ArmPart {
  std::string name;
  Settings ArmSpec::*settings;
  std::string selector;
};
const std::vector<ArmPart>& arm_parts();
// Arms that differ in their name alone are the same.
bool same_arm(const ArmSpec& a, const ArmSpec& b);

// What an arm has used up, counted exactly.
struct Cost {
  std::uint64_t labels = 0;          // comparisons that an annotator answered
  std::uint64_t rollouts = 0;        // completions sampled from a policy
  std::uint64_t reward_calls = 0;    // completions scored by a reward model
  std::uint64_t gradient_steps = 0;  // of courses; a fit to the optimum counts none
};

// How a fit came to its end. The order is that of stored files: append only.
enum class Ended { optimum, budget, closed_form, not_attained, unbounded, failed };

struct ArmResult {
  std::vector<double> theta;        // fitted parameters (of the reward where there is one, else the policy)
  std::vector<double> edge_reward;  // [edges] the reward acted on; for direct routes beta log pi/pi_ref
  PolicyLaw policy;                 // the policy returned
  Certificate certificate;          // of the last optimisation that shaped the policy
  std::vector<double> edge_error;   // [edges] what the optimiser left undone of edge_reward (fit_error.hpp)
  Existence existence = Existence::no_exact_test;
  std::size_t raw_parameters = 0;  // length of theta
  std::size_t rank = 0;            // parameter count (sim/DEFINITIONS.md, "Score models")
  double penalty_strength = 0;     // lambda used (after tuning)
  bool tuned_at_edge = false;      // the tuning grid's best value was its first or last
  bool unbounded = false;          // the objective was seen to fall for ever
  Cost cost;
  Ended ended = Ended::failed;
  std::string why = {};  // it failed, where a sentence can say it

  // [edges] log pi(a|s). Throws std::logic_error for a policy that is none on edges.
  const std::vector<double>& log_policy() const;
};

class ExistenceRecord;

struct ArmInput {
  // Without a table the data are tabulated here. All but the table is referred to.
  ArmInput(const World& the_world, const PreferenceData& the_data, const RandomSource& the_source,
           std::uint64_t the_replicate, bool with_existence = true,
           std::shared_ptr<const PairTable> the_table = nullptr)
      : world(the_world),
        data(the_data),
        table(the_table ? std::move(the_table)
                        : std::make_shared<const PairTable>(tabulate(the_data, the_world.graph))),
        source(the_source),
        replicate(the_replicate),
        exact_existence(with_existence) {}

  const World& world;
  const PreferenceData& data;
  std::shared_ptr<const PairTable> table;  // of the data: what likelihoods need
  const RandomSource& source;              // for multi-start points: Purpose::optimiser
  std::uint64_t replicate;
  bool exact_existence;     // decide `ArmResult::existence`, which takes longer than most fits
  bool population = false;  // the pairs are all there are, as often as is to be expected: none are drawn
  ExistenceRecord* existence_record = nullptr;  // of these data, from other arms and fewer pairs; null: none
  // Set by run_arm: the likelihood alone is minimised, and attained on a set. So many dimensions of the class
  // are seen by the data; of the set, the member of least penalty is asked for (flat_set.hpp).
  std::optional<std::size_t> flat_rank = {};
  // Asked before steps of a course and within long ones; once it says true, Stopped is thrown.
  std::function<bool()> stop = {};
};

// Which of theory's formulas an arm is a case of, if any: the plan of a fitted reward, or the policy with the
// least loss of log-ratio margins.
struct TheoryRoute {
  enum class Kind { none, plan, direct } kind = Kind::none;
  Settings fitted = {};  // the class: of rewards for a plan, of policies otherwise
  std::string why_none = {};
};

class Learner;
class PolicyLoss;

// Thrown where somebody asked to stop. Not a std::exception: nothing went wrong with the arm.
struct Stopped {};

// An option that says nothing where another one, `beside`, has made the choice `at`.
struct IdleOption {
  std::string option, beside;
  Value at;
};

// An algorithm answers for itself: whatever is asked of one is a member here, and what it cannot do is a null
// pointer that whoever asks has to refuse. Nothing compares names.
struct Algorithm {
  // The policy that it has where pairs without number are drawn from the reference, its class holds every
  // policy, and nothing is penalised: one line, for whoever chooses.
  std::string target = {};
  // That policy is told by how often completions are preferred, whether or not a reward gives it; else it
  // assumes one, which is then that of the nearest labels by Bradley and Terry.
  bool any_preferences = false;
  // Fitted to the optimum. Null: it has a course alone.
  ArmResult (*run)(const ArmSpec& spec, const ArmInput& input) = nullptr;
  bool uses_reward = false;
  bool uses_policy = false;
  // Its rewards may be of any class; else their scores are linear in their parameters.
  bool any_rewards = false;
  // The loss is one of log-ratio margins, minimised by Newton's method where the class is tabular and small.
  bool log_ratio_margins = false;
  // The reward is fitted through the planner, by descent.
  bool through_planner = false;
  // Its policy is made of a list of the scores of all completions.
  bool lists_scores = false;
  // Rewards that it fits, where that is more than one: a theta of as many. Null: one.
  std::size_t (*members)(const ArmSpec& spec) = nullptr;
  // The loss is a function of the reward's parameters alone, so that an l1 penalty on them means something.
  bool takes_l1 = false;

  // The arm at work, step by step, as its `course` says. Null: it is fitted to the optimum or not at all.
  std::unique_ptr<Learner> (*learner)(const ArmSpec& spec, const ArmInput& input) = nullptr;

  // Refused where they are given another value than their own.
  std::vector<IdleOption> idle = {};

  // The kinds of course it takes (learner.hpp); none: `gradient` and `adam`.
  std::vector<std::string> course_kinds = {};
  // Bytes that its course holds between steps, beside what every course holds (footprint.hpp). Null: none.
  double (*course_bytes)(const ArmSpec& spec, const World& world) = nullptr;
  // What tuning fits in its place, where the strength of the penalty is chosen by a part of the arm. Null:
  // all of it.
  ArmResult (*first_stage)(const ArmSpec& spec, const ArmInput& input) = nullptr;

  // What it minimises but for its penalty, where that is a function of the policy alone
  // (direct/loss_fit.hpp).
  std::unique_ptr<PolicyLoss> (*loss)(const ArmSpec& spec, const World& world,
                                      const PairTable& table) = nullptr;

  TheoryRoute (*theory)(const ArmSpec& spec) = nullptr;
  // The exact test of whether the estimate without penalty exists and is one point; null: there is none.
  KnownExistence (*existence)(const ArmSpec& spec, const ArmInput& input) = nullptr;
  // That answer depends on the class and the pairs alone, and what is unique on the first pairs is so on all.
  bool existence_lasts = true;
  // Where the exact test does not apply: what the numbers say of a converged fit without penalty
  // (unpenalised.hpp). Null: nothing, so the certificate says no more than stationary.
  void (*judge)(const ArmSpec& spec, const ArmInput& input, ArmResult& result) = nullptr;
  // What it cannot do in a world, before there are data: InputError with the numbers. Null: it can in every
  // world.
  void (*check)(const ArmSpec& spec, const World& world) = nullptr;
  // Whether it takes so many pairs of data: InputError. Null: any number.
  void (*check_pairs)(const ArmSpec& spec, std::uint64_t pairs) = nullptr;
  // What cross-validation scores: the loss of pairs that were held out, in the arm's own terms. Null: no
  // tuning.
  double (*held_out_loss)(const ArmSpec& spec, const World& world, const ArmResult& fit,
                          const PreferenceData& held_out) = nullptr;
};

// One entry for each algorithm, which is a file of its own in one of the rooms of sim/algorithm.
const Registry<Algorithm>& algorithms();

// Checks names, knobs, roles, and the fit of classes to the world, without data, of which there will be as
// many pairs as stated. Throws InputError; its key is a path within the arm ("options.n").
void validate_arm(const ArmSpec& spec, const World& world, std::optional<std::uint64_t> pairs = {});

// `kept`, if any, holds the arm's learner on the same input, at no more steps than the spec asks for, or
// nothing: its course is gone on with and left there for more steps.
ArmResult run_arm(const ArmSpec& spec, const ArmInput& input, std::unique_ptr<Learner>* kept = nullptr);

}  // namespace twostage
