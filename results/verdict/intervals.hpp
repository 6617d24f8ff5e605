// The intervals of an estimand, one a part: a point, or a line of points for a trend. Means go to
// likelihood_interval.hpp, shares of the replicates to Clopper and Pearson (binomial.hpp).
#pragma once

#include <string>
#include <vector>

#include "results/verdict/judges.hpp"
#include "results/verdict/rows.hpp"
#include "results/verdict/statistics/crossing.hpp"
#include "results/verdict/statistics/likelihood_interval.hpp"

namespace twostage::claims {

class Intervals {
 public:
  // Keeps references to all of them.
  Intervals(const Grid& grid, const Claim& claim, const Estimand& estimand, const BoundInterval& bound);

  // Points that are equal but for the axis of a line; a single point otherwise. A line on which the
  // prediction does not cross has nothing to compare a crossing with and is left out.
  std::vector<std::vector<GridPoint>> parts_of(const std::vector<GridPoint>& points) const;

  // Everything of the parts but their outcomes; each end of an interval errs with probability `tail`. A part
  // that has none says why in its note.
  std::vector<VerdictPart> at(const std::vector<std::vector<GridPoint>>& parts, double tail) const;

  // Whether estimate and ends are powers of what the interval was made for.
  bool log_scale() const;

 private:
  VerdictPart of_part(const std::vector<GridPoint>& points, double tail) const;
  std::string reason_against(const std::vector<GridPoint>& points) const;
  void count(const GridPoint& point, const std::vector<std::size_t>& used, double tail,
             VerdictPart& part) const;
  Sample sample(const std::vector<GridPoint>& points, const Rows& rows) const;
  double predicted(const GridPoint& point, const Rows& rows) const;
  bool is_line() const;
  std::vector<LinePoint> predicted_line(const std::vector<GridPoint>& points) const;
  std::vector<VerdictPart> of_means(const std::vector<std::vector<GridPoint>>& parts, double tail) const;
  void cross(std::vector<LinePoint> line, const std::vector<LinePoint>& prediction, VerdictPart& part) const;
  std::vector<VerdictPart> crossings(const std::vector<std::vector<GridPoint>>& parts, double tail) const;
  void bound(const Sample& sample, double tail, VerdictPart& part) const;

  const Grid& grid_;
  const Claim& claim_;
  const Estimand& estimand_;
  const BoundInterval& bound_;
  Health health_;
  std::vector<bool> shown_;  // axes in a part's label
};

}  // namespace twostage::claims
