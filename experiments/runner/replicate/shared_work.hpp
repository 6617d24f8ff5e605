// What several points of the axes have in common is done once: the fit of an arm whose world, pairs and
// settings are the same at all of them, as along an axis that only another arm knows. Two axes of 60 values,
// one for each of two arms, then take 120 fits a replicate, not 7200. Their pairs are drawn once, too.
//
// Sharing changes no number: a fit is a pure function of what is compared here, and is made again wherever
// its first copy is gone. Of each, so many uses are expected as there are batches that will ask; after the
// last one it is dropped, and nothing more is kept once `max_bytes` are.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "experiments/runner/replicate/arm_record.hpp"
#include "experiments/runner/replicate/batch.hpp"
#include "experiments/runner/replicate/drawn_pairs.hpp"
#include "theory/prediction/prediction.hpp"

namespace twostage {

class SharedWork {
 public:
  // `batches`: those that are still to be run.
  SharedWork(const Study& study, const std::vector<Batch>& batches, double max_bytes);

  // The record of an arm of a batch, made by the first who asks for it. Any thread.
  std::shared_ptr<const ArmRecord> record(const Batch& batch, std::size_t arm, std::uint64_t replicate,
                                          const std::function<ArmRecord()>& make);

  // In a world that all replicates have in common.
  std::shared_ptr<const Prediction> prediction(std::size_t point, std::size_t arm,
                                               const std::function<Prediction()>& make);

  // The pairs of a replicate, for points that draw the same ones and differ in their arms alone. Null where
  // there are no such points, or no room: half of `max_bytes` is for fits.
  std::shared_ptr<const DrawnPairs> pairs(const Batch& batch, std::uint64_t replicate,
                                          const std::function<DrawnPairs()>& make);

  std::size_t due() const;   // fits that all batches together need
  std::size_t made() const;  // so far
  // Predictions likewise, where all replicates of a point have one world in common.
  std::size_t predictions_due() const { return predictions_due_; }
  std::size_t predictions_made() const;
  std::size_t pairs_made() const;

 private:
  template <typename T>
  struct Once {
    std::once_flag flag;
    T value;
  };
  using Key = std::pair<std::size_t, std::uint64_t>;  // work, replicate
  struct Kept {
    std::shared_ptr<Once<ArmRecord>> record;
    std::size_t asked = 0;
    double bytes = 0;  // once it is made
  };

  struct Uses {
    std::size_t batches = 0;
    std::int64_t replicates = 0;  // of the longest
  };

  void drop(const Key& key);  // with the lock held
  std::size_t work(std::size_t point, std::size_t arm) const { return work_[point * arms_ + arm]; }

  std::size_t arms_;
  std::vector<std::size_t> work_;                              // [point][arm] equal numbers, equal work
  std::map<std::pair<std::size_t, std::int64_t>, Uses> uses_;  // of (work, first replicate of a batch)
  std::size_t predictions_due_ = 0;
  mutable std::mutex mutex_;
  std::map<Key, Kept> records_;
  std::map<std::size_t, std::shared_ptr<Once<Prediction>>> predictions_;
  std::size_t predictions_made_ = 0;
  std::vector<std::optional<std::size_t>>
      draws_;  // [point] equal numbers, equal pairs; none: like no other's
  std::map<Key, std::shared_ptr<Once<DrawnPairs>>> pairs_;
  double pairs_bytes_ = 0;
  bool pairs_full_ = false;
  std::size_t pairs_made_ = 0;
  double max_bytes_;
  double bytes_ = 0;
  std::size_t made_ = 0;
};

}  // namespace twostage
