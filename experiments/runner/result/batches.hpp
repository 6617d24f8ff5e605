// Batches: the order of work. First every point gets the study's replicates; where a study states a
// precision, each point then gets what the rule of results/verdict/precision.hpp asks for, told from its own
// first replicates alone: the same for any threads, order, interruption and shards.
#pragma once

#include <filesystem>

#include "experiments/runner/replicate/batch.hpp"

namespace twostage {

// The batches of the first stage from a replicate on: blocks of replicates, and within a block all points, so
// that early batches tell how long all will take. A block that was begun (60 replicates in batches of 50) is
// filled up first.
std::vector<Batch> batches_of(const Study& study, std::int64_t from = 0);

// How many replicates each point gets. `data` holds the first stage, and perhaps more. Without a precision,
// and at points of which the first stage is not there (they are in another shard), it is the study's number.
std::vector<std::int64_t> replicates_due(const Study& study, const Dataset& data);

// The batches of the second stage, which take each point from the study's replicates to `due`.
std::vector<Batch> further_batches(const Study& study, const std::vector<std::int64_t>& due);

// Shard k of n (k from 1): batches are dealt so that every shard gets its part of every point; with a
// precision whole points are, since all of a point's first replicates decide on its others.
std::vector<Batch> shard_of(const std::vector<Batch>& all, const Study& study, int k, int n);
int shard_holding(const Batch& batch, const Study& study, int n);  // from 1 to n
// Of more than so many shards some have nothing to do.
int most_shards(const Study& study);

// How much of a study a file holds. A replicate counts when any of its arms was run.
struct Completeness {
  std::size_t replicates = 0;  // of all points together
  std::size_t due = 0;         // at least: what a precision asks for is known where the first stage is there
  std::size_t points = 0;      // with a replicate
  std::size_t all_points = 0;
  bool at_least = false;  // `due` may be more
};
// StoreError naming `path` when replicates were run that are not due.
Completeness completeness(const Study& study, const Dataset& data, const std::filesystem::path& path);

// "16 of 48 replicates, at 4 of 4 points" for a part of a study; empty when it is whole.
std::string part_text(const Completeness& completeness);

// Arms of replicates that are due and were not run. StoreError naming `path` when replicates were run that
// are not due.
std::size_t count_missing(const Study& study, const Dataset& data, const std::filesystem::path& path);

}  // namespace twostage
