// The result file in memory: every cell starts as not run (status 255, NaN) and is filled batch by batch, in
// any order.
#pragma once

#include <set>

#include "experiments/runner/cell.hpp"

namespace twostage {

class ResultTable {
 public:
  // InputError when the table needs more than `max_bytes`.
  ResultTable(const Study& study, const Columns& columns, double max_bytes);

  void add(const BatchResult& result);

  // Room for so many replicates of each point. InputError as above.
  void widen(std::int64_t replicates);
  const Dataset& data() const { return data_; }
  const std::vector<CellError>& errors() const { return errors_; }
  std::size_t failed() const { return failed_; }  // arms in cells that failed

  // The finished dataset, with the reasons for values that have no exact form. Call once.
  Dataset take();

 private:
  std::size_t replicates_;
  std::size_t points_;
  std::size_t arms_;
  double max_bytes_;
  Dataset data_;
  std::size_t arm_columns_;
  std::vector<std::set<std::string>> inexact_;
  std::vector<CellError> errors_;
  std::size_t failed_ = 0;
};

// A result with room for more replicates, which are not run: status 255, NaN.
void widen(Dataset& data, std::size_t replicates);

// Adds lines to the comment of a variable (why it is NaN somewhere), which stays sorted and without repeats.
void add_comment(Variable& variable, const std::string& lines);

}  // namespace twostage
