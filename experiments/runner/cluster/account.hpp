// What a run folder holds of its study: what is done, what is missing, which fits failed.
#pragma once

#include <string>
#include <vector>

#include "experiments/runner/cluster/run_folder.hpp"
#include "experiments/runner/result/result_table.hpp"

namespace twostage {

struct Account {
  std::size_t batches = 0;     // that are due, as far as it is known
  std::size_t replicates = 0;  // in those that are done
  std::vector<Batch> missing;
  std::size_t failed = 0;  // fits
  std::vector<ReplicateError> errors;
  // A precision's further replicates are known where a point's first ones are there.
  bool at_least = false;
};

// Reads every batch. `table`, if any, gets their numbers; there is one where the study states a precision
// (std::invalid_argument otherwise). StoreError when a batch is of another study.
Account take_account(const RunFolder& folder, const Columns& columns, ResultTable* table);

// The shards, of those that the work was dealt into at first, that lack batches: "2,5-7".
std::string shards_missing(const RunFolder& folder, const Account& account);

// What makes them: `bash RUN.sh 2,5-7` where the script lies beside the folder, and otherwise the command
// that makes all that is missing here.
std::string repair_command(const RunFolder& folder, const Account& account);

}  // namespace twostage
