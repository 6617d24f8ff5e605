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
  const std::vector<CellError>& errors() const { return errors_; }
  std::size_t failed() const { return failed_; }  // arms in cells that failed

  // The finished dataset, with the reasons for values that have no exact form. Call once.
  Dataset take();

 private:
  std::size_t replicates_;
  std::size_t arms_;
  Dataset data_;
  std::size_t arm_columns_;
  std::vector<std::set<std::string>> inexact_;
  std::vector<CellError> errors_;
  std::size_t failed_ = 0;
};

// Adds lines to the comment of a variable (why it is NaN somewhere), which stays sorted and without repeats.
void add_comment(Variable& variable, const std::string& lines);

// The batches of a study: blocks of replicates, and within a block all points, so that early batches tell how
// long all will take.
std::vector<Batch> batches_of(const Study& study);

// Shard k of n (k from 1): batches are dealt so that every shard gets its part of every point.
std::vector<Batch> shard_of(const std::vector<Batch>& all, const Study& study, int k, int n);

}  // namespace twostage
