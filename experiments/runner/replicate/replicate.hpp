// One replicate at one point: its arms fitted and measured, and its numbers put where a batch holds them.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "experiments/runner/replicate/arm_record.hpp"
#include "experiments/runner/replicate/batch.hpp"
#include "experiments/runner/replicate/point.hpp"
#include "sim/algorithm/learner.hpp"
#include "theory/prediction/prediction.hpp"

namespace twostage {

class SharedWork;

// What the arms of a replicate leave for the next point of a strand: their courses on the data as they are,
// for more steps, and where they aim, which is the same whatever the data.
struct ArmsSoFar {
  std::vector<std::unique_ptr<Learner>> course = {};
  std::size_t pairs = 0;                           // that the courses are on
  std::vector<std::optional<Target>> target = {};  // once a measure asked for it
  // The last record of each arm, and of which arm and how many pairs, where the next point of the strand may
  // measure the same fit on other prompts or against other yardsticks.
  bool measures_again = false;
  struct Fitted {
    ArmSpec arm;
    std::size_t pairs = 0;
    std::shared_ptr<const ArmRecord> record;
  };
  std::vector<Fitted> fitted = {};
};

// The record of each arm. The data grow when an arm needs them: it may be that all have been fitted before.
// `stop` as in ArmInput.
std::vector<std::shared_ptr<const ArmRecord>> fit_arms(const Point& point, Setting& setting,
                                                       const Columns& columns, const Batch& batch,
                                                       std::uint64_t replicate, ReplicateData& data,
                                                       ArmsSoFar& so_far, SharedWork* shared,
                                                       const std::function<bool()>& stop = {});

// What of predictions the columns hold; nothing where they hold none.
std::optional<PredictionParts> predicted_parts(const Columns& columns);

// Theory's word on each arm. The point is referred to as long as the setting has its forecaster.
std::vector<Prediction> predict_arms(const Point& point, Setting& setting, const PredictionParts& parts,
                                     const Batch& batch, SharedWork* shared);

// Where the numbers of one replicate go inside a BatchResult.
class ReplicateNumbers {
 public:
  // `position` of the replicate in the batch.
  ReplicateNumbers(BatchResult& out, const Columns& columns, const std::vector<ArmSpec>& arms,
                   std::size_t position)
      : out_(out), columns_(columns), arms_(arms), position_(position) {}

  void put(const World& world, const std::vector<std::shared_ptr<const ArmRecord>>& records);
  // Theory's numbers stand beside the measured ones also where an arm failed.
  void put(const std::vector<Prediction>& predictions);
  void put_error(const std::string& arm, const std::string& message);

 private:
  std::size_t count() const { return static_cast<std::size_t>(out_.batch.count); }
  double& value(std::size_t column, std::size_t arm) {
    return out_.arm_values[(column * count() + position_) * arms_.size() + arm];
  }
  double& pair(std::size_t column, std::size_t a, std::size_t b) {
    return out_.pair_values[((column * count() + position_) * arms_.size() + a) * arms_.size() + b];
  }

  BatchResult& out_;
  const Columns& columns_;
  const std::vector<ArmSpec>& arms_;
  std::size_t position_;
};

}  // namespace twostage
