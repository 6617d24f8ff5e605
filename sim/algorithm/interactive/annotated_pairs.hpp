// Pairs that are asked for while a policy learns: in each round two completions of a prompt, each from a
// policy of its own, are drawn and labelled by the annotator (sim/preference/annotator.hpp), or counted as
// often as that is to be expected. Pair i of round t is named by (replicate, t, i): fewer pairs and fewer
// rounds are the beginning of more, and arms meet the same draws.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "sim/algorithm/arm.hpp"
#include "sim/algorithm/interactive/listed_pairs.hpp"
#include "sim/completions/rollouts.hpp"
#include "sim/preference/annotator.hpp"
#include "sim/preference/pair_mixture.hpp"

namespace twostage {

// Which pairs a round is fitted to: those of the data and of every round so far, the latter alone, or its
// own.
enum class Keep { all, fresh, round };

Knob keep_knob(const char* fallback);  // `keep`
Knob pairs_knob();                     // `pairs_per_round`

class AnnotatedPairs {
 public:
  // By the arm's options `expectation`, `keep`, `labels` and `pairs_per_round`. World and source are referred
  // to.
  AnnotatedPairs(const ArmSpec& spec, const ArmInput& input);

  // Those of round `round`. In a mixture the part of pair i is addressed likewise.
  void ask(const PairMixture& mixture, std::uint64_t round);
  void ask(const PairPolicies& policies, std::uint64_t round) { ask(only(policies), round); }

  PairTable table() const;  // of what is kept, a pair as often as its weight says
  // As how many pairs these were asked for, those of the data among them.
  double asked() const { return asked_; }
  // [edges] How often the second completions of those kept cross each edge, the data's left out.
  std::span<const double> second() const { return second_; }

  // Labels are those of the annotator and, where they are kept, of the data; rollouts are drawn from
  // whichever policy. Expectations use up neither.
  Cost cost() const;

 private:
  void expect(const PairMixture& mixture);
  void draw(const PairMixture& mixture, std::uint64_t round);

  const World& world_;
  RolloutSource from_;
  std::function<bool()> stop_;
  std::shared_ptr<const PairTable> data_;  // where they are kept
  std::uint64_t labels_of_data_ = 0;
  bool sampled_;
  Keep keep_;
  std::size_t pairs_;
  Annotator annotator_;
  std::uint64_t rollouts_ = 0;
  double asked_ = 0;
  std::vector<double> second_;
  std::optional<ListedPairs> listed_;  // in expectation
  PreferenceData drawn_;               // else
};

// How often the two completions are in order and labelled so, in `wins` of a listing, of `pairs` pairs.
void add_expected_pairs(const World& world, const PairMixture& mixture, const Annotator& annotator,
                        double pairs, ListedPairs& listed);

// For Algorithm::check and Algorithm::course_bytes.
void check_annotated_pairs(const ArmSpec& spec, const World& world);
double annotated_pairs_bytes(const ArmSpec& spec, const World& world);
// Refuses a logistic loss whose rounds have no minimum whatever is drawn: over all policies, without a
// penalty, where all labels are the annotator's and the better completion is always preferred. Where
// preferences go in a circle that is not known.
void require_a_minimum(const ArmSpec& spec, const World& world);

}  // namespace twostage
