#include "sim/fit/multi_start.hpp"

#include <algorithm>
#include <cmath>

#include "sim/random/draw.hpp"

namespace twostage {
namespace {

constexpr double kAlike = 1e-6;  // of two stationary values

std::vector<double> drawn_start(const ScoreModel& model, const RandomSource& source, std::uint64_t replicate,
                                int k) {
  auto stream = source.stream(Purpose::optimiser, replicate, 0, static_cast<std::uint64_t>(k));
  std::vector<double> point(model.parameters());
  for (double& x : point) x = draw_normal(stream);
  const std::span<const double> spread = model.start_spread();
  for (std::size_t i = 0; i < spread.size(); ++i) point[i] *= spread[i];
  return point;
}

int count_values(std::vector<double> values) {
  std::ranges::sort(values);
  int out = 0;
  double last = 0;
  for (const double value : values) {
    if (out == 0 || value > last + kAlike * (1 + std::fabs(last))) {
      ++out;
      last = value;
    }
  }
  return out;
}

}  // namespace

std::vector<double> starting_point(const ScoreModel& model, const RandomSource& source,
                                   std::uint64_t replicate) {
  if (model.start_spread().empty()) return std::vector<double>(model.parameters(), 0.0);
  return drawn_start(model, source, replicate, 1);
}

BestOfStarts minimise_from_starts(
    const ScoreModel& model, const Starts& starts,
    const std::function<num::Minimum(std::span<const double> start)>& minimise) {
  const int drawn_before = model.start_spread().empty() ? 0 : 1;  // of start k, counted from 0
  num::Minimum best = minimise(starting_point(model, starts.source, starts.replicate));
  std::vector<double> values;
  if (best.converged) values.push_back(best.value);
  for (int k = 1; k < starts.count; ++k) {
    num::Minimum other = minimise(drawn_start(model, starts.source, starts.replicate, k + drawn_before));
    if (other.converged) values.push_back(other.value);
    // An equal minimum reached again, or one not finished, does not replace what the first start led to.
    const double margin = 1e-9 * (1 + std::fabs(best.value));
    const bool lower = other.value < best.value - margin;
    const bool rescue = other.converged && !best.converged && other.value <= best.value + margin;
    if ((other.converged && lower) || rescue || !std::isfinite(best.value)) best = std::move(other);
  }
  return {std::move(best), count_values(std::move(values))};
}

BestOfStarts minimise_from_starts(num::SmoothFunction& f, const ScoreModel& model, const Starts& starts,
                                  const num::LbfgsOptions& options) {
  return minimise_from_starts(
      model, starts, [&](std::span<const double> start) { return num::minimise_lbfgs(f, start, options); });
}

}  // namespace twostage
