// Replicates, from world to measured numbers: a pure function of (study, point, replicate). No state survives
// it, so that order, threads and shards cannot matter.
//
// Batches of the same replicates at points that differ in what is spent alone (pairs, the steps of courses)
// are a strand. What these have in common is done once: the world; the data, of which the fewer pairs are a
// prefix; and courses, of which the fewer steps are. So are points that differ in the prompts that are
// measured: each fit is then made once.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "experiments/runner/replicate/batch.hpp"

namespace twostage {

class SharedWork;

using Strand = std::vector<Batch>;

// All batches in strands, each in the place of its first; a strand has no more numbers of pairs than leaves
// `least` strands, for as many threads to share. Batches that differ in steps alone stay together.
std::vector<Strand> strands_of(const Study& study, const std::vector<Batch>& batches, std::size_t least);

// The results of a strand, in its order. Never throws for what goes wrong inside a replicate: that is a
// status and an error. `max_bytes`: what one world may take. `shared`, if any, is of a list of batches with
// these in it. Empty when `stop` says so, which is asked before every replicate and every
// step of a course.
std::optional<std::vector<BatchResult>> run_strand(
    const Study& study, const Columns& columns, const Strand& strand, double max_bytes,
    SharedWork* shared = nullptr, const std::function<bool()>& stop = [] { return false; });

// A strand of one.
std::optional<BatchResult> run_batch(
    const Study& study, const Columns& columns, const Batch& batch, double max_bytes,
    SharedWork* shared = nullptr, const std::function<bool()>& stop = [] { return false; });

}  // namespace twostage
