// The points that a claim is about: its condition, bound to the dataset.
//
// Axes are compared value by value. A condition on metrics is told from the replicates that a point has:
// numbers by the mean of each side, over the replicates in which both are there; named values (regime['rm']
// == 'within') when every replicate that has one agrees. It is meant for what is known before anything is
// measured, as the regime of a prediction: choosing points by what was measured in them leaves no interval
// its level. A point without replicates meets every condition on metrics, so that it is not passed over in
// silence.
//
// A value that the axis does not have in these results, since a preset or an override left it out, selects
// nothing here. `refuse_empty` finds those that it has nowhere.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "results/verdict/grid.hpp"

namespace twostage::claims {

class Selection {
 public:
  // Checks names, arms and values; adds to `reads` the axes that the condition speaks of. Keeps a reference
  // to the grid. Throws ClaimError.
  Selection(const Grid& grid, const Condition& condition, Reads& reads);

  // Metrics by the first `replicates` of the point alone.
  bool contains(const GridPoint& point,
                std::size_t replicates = std::numeric_limits<std::size_t>::max()) const;

  // Before anything is measured: whether it may contain the point. Conditions on metrics may be met, unless
  // their definitions rule it out.
  bool could_contain(const GridPoint& point) const;

 private:
  void bind_axis(const std::string& axis, Comparator comparator, std::vector<Constant> values,
                 std::size_t column, Reads& reads);
  void bind_metrics(const Comparison& comparison, Reads& reads);
  bool matches_axis(std::size_t index, const Constant& value) const;
  bool metrics_meet(const GridPoint& point, std::size_t first) const;

  enum class Kind { everything, axis, metrics, conjunction, disjunction };
  const Grid* grid_;
  Kind kind_ = Kind::everything;
  Comparator comparator_ = Comparator::equal;
  std::size_t axis_ = 0;            // axis
  std::vector<std::string> words_;  // axis: its coordinates, when they are no numbers
  std::vector<Constant> values_;    // axis: one of these
  std::vector<Quantity> sides_;     // metrics: two
  bool varies_ = false;             // by replicate
  bool named_ = false;              // compares named values
  bool measured_ = false;           // reads a variable, not axes alone
  bool impossible_ = false;         // by the definitions of what it reads
  std::vector<Selection> operands_;
};

// The variables and axes that a condition names, with their places.
struct Named {
  std::string name;
  std::size_t column;
};
std::vector<Named> names_in(const Condition& condition);

// The number or text that an expression is, if it is one.
std::optional<Constant> constant_of(const Expression& expression);

// A condition that can select nothing is a mistake. `grid` has every value that its axes take in any preset:
// ClaimError, with the nearest valid one, for == != and `in` with a value that is not among them, and for a
// condition that no combination of them meets. `scope` says where the values were looked for.
void refuse_empty(const Grid& grid, const Condition& condition, std::string_view scope = "in any preset");

// What the metrics that a condition compares are in these results, point by point as the condition tells
// them: "; kappa['rm'] is from 0.003 to 0.41, regime['rm'] is 'within' or 'kappa_too_large'"; "" without any.
std::string metrics_there(const Grid& grid, const Condition& condition);

// The points of the selection, in row-major order over the axes in `reads`.
std::vector<GridPoint> select(const Grid& grid, const Selection& selection, const Reads& reads);

}  // namespace twostage::claims
