// The dataset as claims see it: points (one coordinate on every axis) times replicates, with arms chosen by
// name. Points may have different numbers of replicates. `Quantity` is an expression bound to the dataset.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "results/dataset/dataset.hpp"
#include "results/verdict/language/syntax.hpp"

namespace twostage::claims {

// One index per axis of the grid; 0 on axes that play no part in a claim.
using GridPoint = std::vector<std::size_t>;

class Grid;

// A variable at chosen arms: where its element for a point and a replicate lies.
class Column {
 public:
  Column(const Grid& grid, const Variable& variable, const std::vector<std::size_t>& arms);
  // NaN for a flag variable's values without a name and, but for `status`, for not_run: nothing is there.
  double operator()(const GridPoint& point, std::size_t replicate) const;

 private:
  const Variable* variable_;
  std::vector<double> flags_;
  std::size_t offset_ = 0;
  std::size_t replicate_stride_ = 0;
  std::vector<std::size_t> strides_;  // per axis of the grid
};

// `status` of an arm in a replicate that a point does not have (ArmStatus::not_run of the runner).
inline constexpr double not_run = 255;

class Grid {
 public:
  // Axes are all dimensions but replicate, arm and arm_b. Keeps a reference.
  explicit Grid(const Dataset& data);

  const Dataset& data() const { return data_; }
  const std::vector<const Dimension*>& axes() const { return axes_; }
  // Of the point with the most.
  std::size_t replicates() const { return replicates_; }
  // Those that a point has: where no arm at all was run, the replicate is not there.
  std::vector<std::size_t> replicates_of(const GridPoint& point) const;
  const std::vector<std::string>& arms() const { return arms_; }

  // The axis' place among axes(); ClaimError naming the valid ones.
  std::size_t axis(const std::string& name, std::size_t column) const;
  // Its coordinates as numbers; ClaimError when they are texts, or true and false.
  std::vector<double> coordinates(std::size_t axis, std::size_t column) const;

  // "horizon = 2, pairs = 400", over the axes for which `shown` is true; "all" when there are none.
  std::string label(const GridPoint& point, const std::vector<bool>& shown) const;

 private:
  const Dataset& data_;
  std::vector<const Dimension*> axes_;
  std::vector<std::string> arms_;
  std::size_t replicates_ = 1;
  std::vector<Column> status_;  // per arm; none when every point has all replicates
};

// Visits the points in row-major order over the axes that are marked, 0 on the others, until `visit` says
// false.
template <typename Visit>
void for_each_point(const Grid& grid, const std::vector<bool>& axes, Visit visit) {
  GridPoint point(grid.axes().size(), 0);
  for (;;) {
    if (!visit(point)) return;
    std::size_t a = point.size();
    while (a-- > 0) {
      if (!axes[a]) continue;
      if (++point[a] < grid.axes()[a]->size()) break;
      point[a] = 0;
    }
    if (a == static_cast<std::size_t>(-1)) return;
  }
}

// The named values of a variable (CF flag_values and flag_meanings); empty when it has none.
std::map<std::string, double> flags_of(const Variable& variable);

// What a set of expressions reads.
struct Reads {
  std::vector<bool> axes;         // per axis of the grid
  std::vector<std::size_t> arms;  // sorted, without repeats
  bool variables = false;         // anything but axes and numbers
  bool replicates = false;        // anything varies by replicate
  bool diagnostics = false;       // speaks of how a fit ended: status, existence and other flags
};

// ClaimError when named values stand where they would be averaged, reckoned with or ordered: their codes say
// nothing.
void expect_numbers(const Grid& grid, const Expression& expression);

class Quantity {
 public:
  // Checks names, arms and types; adds to `reads`. Throws ClaimError.
  Quantity(const Grid& grid, const Expression& expression, Reads& reads);
  double operator()(const GridPoint& point, std::size_t replicate) const;

 private:
  Expression::Kind kind_;
  double number_ = 0;
  std::vector<Column> column_;  // of a variable: one
  std::size_t axis_ = 0;        // of an axis: its place and coordinates
  std::vector<double> coordinates_;
  std::vector<Quantity> operands_;
};

// The two sides of a comparison; a text stands for the value of that name of the flag variable opposite.
std::pair<Quantity, Quantity> bind(const Grid& grid, const Comparison& comparison, Reads& reads);

}  // namespace twostage::claims
