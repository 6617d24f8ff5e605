// The result file in memory: every replicate starts as not run (status 255, NaN) and is filled batch by
// batch, in any order.
#pragma once

#include <set>

#include "experiments/runner/replicate/batch.hpp"

namespace twostage {

// Of the results of a study with so many replicates of each point, from numbers alone.
double table_bytes(const Study& study, const Columns& columns, std::int64_t replicates);
// InputError when they, and the file that is built beside them, need more than `max_bytes`.
void check_table(const Study& study, const Columns& columns, std::int64_t replicates, double max_bytes);

class ResultTable {
 public:
  // InputError as above.
  ResultTable(const Study& study, const Columns& columns, double max_bytes);

  void add(const BatchResult& result);

  // Takes the first replicates of every point over from a checked result (result_file.hpp) of the same study
  // with fewer of them.
  void keep(const Dataset& former);

  // Room for so many replicates of each point. InputError as above. The study and its columns must be there.
  void widen(std::int64_t replicates);
  const Dataset& data() const { return data_; }
  const std::vector<ReplicateError>& errors() const { return errors_; }
  std::size_t failed() const { return failed_; }  // arms in replicates that failed

  // The finished dataset, with the reasons for values that have no exact form. Call once.
  Dataset take();

 private:
  const Study& study_;
  const Columns& columns_;
  std::size_t replicates_;
  std::size_t arms_;
  double max_bytes_;
  Dataset data_;
  std::size_t arm_columns_;
  std::vector<std::set<std::string>> inexact_;
  std::vector<ReplicateError> errors_;
  std::size_t failed_ = 0;
};

// A result with room for more replicates, which are not run: status 255, NaN.
void widen(Dataset& data, std::size_t replicates);

// Adds lines to the comment of a variable (why it is NaN somewhere), which stays sorted and without repeats.
void add_comment(Variable& variable, const std::string& lines);

}  // namespace twostage
