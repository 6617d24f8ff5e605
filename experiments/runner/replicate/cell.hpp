// A cell: one replicate at one point of the axes, from world to measured numbers. A pure function of (study,
// point, replicate): no state survives it, so that order, threads and shards cannot matter.
#pragma once

#include <functional>
#include <optional>

#include "experiments/runner/replicate/columns.hpp"
#include "experiments/runner/replicate/footprint.hpp"

namespace twostage {

class SharedWork;

// A point of the axes made ready: its resolved recipe, and its world when all replicates share one.
class Point {
 public:
  // `max_bytes`: what one world may take. InputError when a knob does not fit or the world is too large.
  Point(const Study& study, std::size_t index, double max_bytes);

  const Recipe& recipe() const { return recipe_; }
  RandomSource source() const { return source_; }
  bool shares_world() const { return fixed_; }
  std::uint64_t instance(std::uint64_t replicate) const { return fixed_ ? number_ : replicate; }
  World make(std::uint64_t replicate) const;
  // The policies that pairs are drawn from; `optimum` is the soft plan of the world's reward.
  PairPolicies policies(const World& world, const SoftPlan& optimum) const;
  bool gives_pairs() const;  // the study states the pairs: none are drawn
  PreferenceData sample(const World& world, const PairPolicies& policies, std::uint64_t replicate) const;

 private:
  Recipe recipe_;
  RandomSource source_;
  bool fixed_;
  std::uint64_t number_;  // of the fixed world
  double max_bytes_;
};

// Consecutive replicates of one point: the unit of work, of writing and of resuming.
struct Batch {
  std::size_t point;
  std::int64_t first;  // replicate
  std::int64_t count;
};

struct CellError {
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
  std::vector<CellError> errors;
  std::vector<std::string> inexact;  // [column] why values are missing, empty when none is
};

// All values missing, all arms failed: what a batch starts from.
BatchResult empty_batch(const Study& study, const Columns& columns, const Batch& batch);

// Never throws for what goes wrong inside a cell: that is a status and an error. `shared`, if any, is of a
// list of batches with this one in it. Empty when `stop`, asked before every replicate, says so.
std::optional<BatchResult> run_batch(
    const Study& study, const Columns& columns, const Batch& batch, double max_bytes,
    SharedWork* shared = nullptr, const std::function<bool()>& stop = [] { return false; });

// Batches of the same replicates at points that differ in the number of pairs alone. What these have in
// common is done once: the world, and the data, of which the fewer pairs are a prefix.
using Strand = std::vector<Batch>;

// All batches in strands, each in the place of its first; a strand is no longer than leaves `least` of them,
// for as many threads to share.
std::vector<Strand> strands_of(const Study& study, const std::vector<Batch>& batches, std::size_t least);

// As run_batch, for each of a strand, in its order.
std::optional<std::vector<BatchResult>> run_strand(
    const Study& study, const Columns& columns, const Strand& strand, double max_bytes,
    SharedWork* shared = nullptr, const std::function<bool()>& stop = [] { return false; });

// Checks every point before anything runs: names, ranges, classes against worlds, sizes. InputErrors carry
// the place. Returns what the largest cell takes.
// `Asked::theory`: nothing will be drawn or fitted, so that data and fits need not fit into memory.
enum class Asked { simulation, theory };
Footprint check_points(const Study& study, const Columns& columns, double max_bytes,
                       Asked asked = Asked::simulation);

}  // namespace twostage
