// The whole result of a small study, worked out in this process.
#pragma once

#include "experiments/runner/replicate/shared_work.hpp"
#include "experiments/runner/replicate/strand.hpp"
#include "experiments/runner/result/batches.hpp"
#include "experiments/runner/result/result_table.hpp"

namespace twostage::test {

inline constexpr double kRoom = 1e9;  // bytes

// In strands, which make a fit once for points that have it in common, or batch by batch.
inline Dataset table_of(const Study& study, bool in_strands, SharedWork* shared = nullptr) {
  const Columns columns = columns_of(study);
  ResultTable table(study, columns, kRoom);
  if (in_strands) {
    for (const Strand& strand : strands_of(study, batches_of(study), 1)) {
      const auto results = run_strand(study, columns, strand, kRoom, shared);
      for (const BatchResult& result : *results) table.add(result);
    }
  } else {
    for (const Batch& batch : batches_of(study)) table.add(*run_batch(study, columns, batch, kRoom));
  }
  return table.take();
}

}  // namespace twostage::test
