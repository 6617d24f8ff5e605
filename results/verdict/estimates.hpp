// Estimates with their intervals at the points of a result file: what claims would be judged from, without a
// claimed set. Same language, same intervals (intervals.hpp), same rules about what is left out.
//
// A row is a point of the axes that make rows, and nothing is pooled into it. Replicates of different points
// see the same worlds and pairs (common random numbers) and have different laws, so an interval from all of
// them together would keep no level. An axis that makes no rows must therefore have one value, in the file or
// after the condition. Two kinds of estimands use up axes by themselves: trend, slope and crossing the one
// they run along, whole replicates weighted, and points(...) all that make no rows, as the sample whose share
// it is.
//
// Every interval has the level that is asked for, each by itself: among many rows some will miss. Claims
// share their level among all intervals of a study.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <variant>
#include <vector>

#include "results/dataset/dataset.hpp"

namespace twostage {

struct EstimateQuery {
  std::vector<std::string> estimands;  // as left of `in` in an interval claim; a plain expression is its mean
  std::vector<std::string> by = {};    // axes that make rows; none: all that have more than one value, and
                                       // for points(...) none
  std::string where = {};              // a condition as in claims; empty: everything
  double level = 0.95;
};

// None where the estimand has no value of the axis: it runs along it, or is a share of all its values.
using Coordinate = std::variant<std::monostate, bool, std::int64_t, double, std::string>;

struct Estimate {
  std::vector<Coordinate> at;  // per axis of the table
  double estimate = std::numeric_limits<double>::quiet_NaN();
  double low = std::numeric_limits<double>::quiet_NaN();
  double high = std::numeric_limits<double>::quiet_NaN();
  std::size_t replicates = 0;  // used; of several points the fewest
  std::size_t left_out = 0;    // likewise the most
  std::string note;            // why there is no interval, what was left out, of shares the counts
};

struct EstimateBlock {
  std::string estimand;
  std::vector<Estimate> rows;  // the first axis slowest
};

struct EstimateTable {
  double level = 0.95;
  std::string where;
  std::vector<std::string> axes;      // that make rows of some block
  std::vector<EstimateBlock> blocks;  // one an estimand, in order
};

// ClaimError, with key "estimand", "by", "where" or "level" and, where a text was at fault, its column:
// unknown names, a condition that selects nothing, points that would have to be pooled.
EstimateTable estimates(const Dataset& data, const EstimateQuery& query);

}  // namespace twostage
