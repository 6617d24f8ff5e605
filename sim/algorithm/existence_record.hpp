// The exact test of one data set, as its arms need it: arms that fit one class to the same pairs ask one
// question, and an estimate that is unique on the first pairs is unique on all.
//
// For a direction of the class that changes no comparison of the first pairs the wrong way changes none of
// them at all, so that where those determine the class no such direction is left, whatever comes after. Hence
// prefixes of 2, 4, 8, ... pairs are tested in turn, which is little work: what is not determined yet mostly
// shows in a feature of one sign. The answer is a function of the class and the pairs, not of what was asked
// before.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "sim/algorithm/arm.hpp"

namespace twostage {

// Of data that may grow, but whose first pairs stay.
class ExistenceRecord {
 public:
  // algorithm.existence, which must be there, of the arm on the input's data.
  KnownExistence of(const Algorithm& algorithm, const ArmSpec& spec, const ArmInput& input);

 private:
  struct Question {
    KnownExistence (*test)(const ArmSpec&, const ArmInput&);
    Settings fitted;                            // the class
    std::size_t next = 2;                       // pairs of the next prefix
    std::unique_ptr<Tabulation> first = {};     // of those before
    std::optional<KnownExistence> unique = {};  // of a prefix
    KnownExistence whole = {};                  // of all the pairs when they were
    std::size_t pairs = 0;                      // so many; 0: not tested
  };

  Question& question(const Algorithm& algorithm, const ArmSpec& spec);

  std::vector<Question> questions_;
};

}  // namespace twostage
