// Local minimisation from several starting points: theta = 0 (the reference policy) and standard normal
// points with addresses of their own. Where theta = 0 is stationary whatever is minimised
// (ScoreModel::start_spread), all are drawn. The lowest value found wins; a stationary point is all that this
// proves.
#pragma once

#include <functional>

#include "sim/minimise/lbfgs.hpp"
#include "sim/model/score_model.hpp"
#include "sim/random/stream.hpp"

namespace twostage {

// Where descents begin that no proof makes needless.
struct Starts {
  int count;
  const RandomSource& source;
  std::uint64_t replicate;
};

struct BestOfStarts {
  num::Minimum minimum;
  int values = 0;  // different ones at which starts converged, apart by more than 1e-6 of their size
};

// `minimise` goes down from a point in the parameters of `model`.
BestOfStarts minimise_from_starts(const ScoreModel& model, const Starts& starts,
                                  const std::function<num::Minimum(std::span<const double> start)>& minimise);
// The same by L-BFGS.
BestOfStarts minimise_from_starts(num::SmoothFunction& f, const ScoreModel& model, const Starts& starts,
                                  const num::LbfgsOptions& options);

// Where whatever has one start begins: theta = 0, or the first of those that are drawn.
std::vector<double> starting_point(const ScoreModel& model, const RandomSource& source,
                                   std::uint64_t replicate);

}  // namespace twostage
