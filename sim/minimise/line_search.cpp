#include "sim/minimise/line_search.hpp"

#include <cmath>
#include <limits>

#include "sim/numerics/interruption.hpp"
#include "sim/numerics/reduce.hpp"

namespace twostage::num {
namespace {

constexpr double kNarrowest = 64 * std::numeric_limits<double>::epsilon();  // of a bracket, relative

// Where the line through (a, slope a) and (b, slope b) crosses zero, kept away from the ends; the middle
// when b gives no usable slope.
double next_trial(const LinePoint& a, const LinePoint& b) {
  const double width = b.step - a.step;
  double t = a.step + 0.5 * width;
  if (std::isfinite(b.slope) && b.slope > 0) t = a.step - a.slope * width / (b.slope - a.slope);
  const double margin = 0.02 * width;
  return std::fmin(std::fmax(t, a.step + margin), b.step - margin);
}

}  // namespace

bool line_search(SmoothFunction& f, std::span<const double> direction, double first_step,
                 std::vector<double>& x, double& value, std::vector<double>& gradient,
                 const LineSearchOptions& options) {
  const LinePoint start{0, value, dot(gradient, direction)};
  if (!(start.slope < 0)) return false;
  const double ceiling = start.value + options.rounding * (1 + std::fabs(start.value));
  std::vector<double> trial_x(x.size()), trial_gradient(x.size());

  // Invariant: slope(low) < 0 and f(low) is below the ceiling; once `bracketed`, high has a slope >= 0 or a
  // value above the ceiling, so an acceptable step lies between them.
  LinePoint low = start;
  LinePoint high;
  bool bracketed = false;
  double step = first_step;
  double previous_width = std::numeric_limits<double>::infinity();
  for (int k = 0; k < options.max_evaluations; ++k) {
    may_interrupt();
    for (std::size_t i = 0; i < x.size(); ++i) trial_x[i] = x[i] + step * direction[i];
    LinePoint trial{step, f.evaluate(trial_x, trial_gradient), 0};
    trial.slope = dot(trial_gradient, direction);
    const bool finite = std::isfinite(trial.value) && std::isfinite(trial.slope);

    if (finite && trial.slope >= options.curvature * start.slope) {
      const bool wolfe = trial.value <= start.value + options.decrease * step * start.slope;
      const bool approximate =
          trial.value <= ceiling && trial.slope <= (2 * options.decrease - 1) * start.slope;
      if (wolfe || approximate) {
        x.swap(trial_x);
        gradient.swap(trial_gradient);
        value = trial.value;
        return true;
      }
    }
    if (finite && trial.slope < 0 && trial.value <= ceiling) {
      low = trial;
    } else {
      high = trial;
      if (!finite || trial.value > ceiling) high.slope = 0;  // no slope to trust: bisect
      bracketed = true;
    }
    if (!bracketed) {
      step *= 4;
      if (!std::isfinite(step)) return false;
      continue;
    }
    const double width = high.step - low.step;
    if (!(width > kNarrowest * high.step)) return false;
    step = width > 0.66 * previous_width ? low.step + 0.5 * width : next_trial(low, high);
    previous_width = width;
  }
  return false;
}

}  // namespace twostage::num
