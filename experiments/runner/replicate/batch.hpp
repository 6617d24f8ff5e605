// Consecutive replicates of one point: the unit of writing and of resuming.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "experiments/runner/replicate/columns.hpp"

namespace twostage {

struct Batch {
  std::size_t point;
  std::int64_t first;  // replicate
  std::int64_t count;
};

struct ReplicateError {
  std::size_t point;
  std::int64_t replicate;
  std::string arm;  // empty: all of them
  std::string message;
};

struct BatchResult {
  Batch batch;
  std::vector<std::uint8_t> status;  // [replicate][arm]
  std::vector<double> arm_values;    // [column][replicate][arm]
  std::vector<double> pair_values;   // [column][replicate][arm][arm_b]
  std::vector<ReplicateError> errors;
  std::vector<std::string> inexact;  // [column] why values are missing, empty when none is
};

// All values missing, all arms failed: what a batch starts from.
BatchResult empty_batch(const Study& study, const Columns& columns, const Batch& batch);

}  // namespace twostage
