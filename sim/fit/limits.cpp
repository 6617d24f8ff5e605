#include "sim/fit/limits.hpp"

#include <cmath>

#include "sim/minimise/newton.hpp"

namespace twostage {
namespace {

constexpr std::size_t kNewtonParameters = 2000;
constexpr double kNewtonNumbers = 1 << 26;
constexpr std::size_t kMostParameters = 2'000'000;

// Of L-BFGS that cost as much as four steps of Newton's method; none where those would not lead far.
int steps_before_newton(std::size_t parameters, const World& world, const PairTable& table) {
  if (parameters <= num::kCheapToFactorise) return 0;
  constexpr double newton_steps = 4;
  constexpr double fewest = 500;
  constexpr double most = 5000;
  const auto p = static_cast<double>(parameters);
  const double worth = newton_steps * p * p * p / (3 * lbfgs_step_price(parameters, world, table));
  return worth < fewest ? 0 : static_cast<int>(std::fmin(worth, most));
}

}  // namespace

double covariance_numbers(const LinearModel& model, const World& world, bool written_out) {
  return written_out ? model.LinearModel::covariance_work(world) : model.covariance_work(world);
}

double lbfgs_step_price(std::size_t parameters, const World& world, const PairTable& table) {
  // Measured in walks and token trees of 300 to 2000 parameters.
  constexpr double of_edge = 60;  // soft plan, occupancy and their exponentials
  constexpr double of_comparison = 16;
  constexpr double of_parameter = 120;  // thirty remembered steps
  return of_edge * static_cast<double>(world.graph.edges()) +
         of_comparison * static_cast<double>(table.rows() * table.horizon) +
         of_parameter * static_cast<double>(parameters);
}

bool newton_fits(const LinearModel& model, const World& world, bool written_out) {
  return model.parameters() <= kNewtonParameters &&
         covariance_numbers(model, world, written_out) <= kNewtonNumbers;
}

num::Minimum minimise_by_cost(num::SmoothFunction& f, const World& world, const PairTable& table,
                              const num::LbfgsOptions& descent,
                              const std::function<num::Minimum(std::span<const double> start)>& newton) {
  const std::vector<double> start(f.dimension(), 0.0);
  const int steps = steps_before_newton(f.dimension(), world, table);
  if (steps == 0) return newton(start);
  num::LbfgsOptions options = descent;
  options.max_iterations = steps;
  num::Minimum descended = num::minimise_lbfgs(f, start, options);
  if (descended.converged && descended.gradient_norm <= options.gradient_goal) return descended;
  num::Minimum finished = newton(descended.x);
  finished.iterations += descended.iterations;
  return finished;
}

void check_size(std::size_t parameters, std::string_view key, std::string_view class_name) {
  if (parameters <= kMostParameters) return;
  throw InputError(std::string(key),
                   "class '" + std::string(class_name) + "' has " + std::to_string(parameters) +
                       " parameters in this world; a fit is possible up to " +
                       std::to_string(kMostParameters) +
                       ": lower the horizon or the number of prompts, or take a smaller class");
}

num::LbfgsOptions likelihood_options(std::size_t pairs, std::size_t parameters, double units,
                                     double strength) {
  const double scale = 1 + static_cast<double>(pairs);
  return {.gradient_goal = 1e-12 * scale,
          .gradient_accepted = std::fmax(1e-9 * scale * std::fmax(1, units), 1e-12 * strength),
          .memory = parameters <= 100'000 ? std::size_t{30} : std::size_t{8}};
}

Certificate certificate_of(const num::Minimum& minimum, Optimum proved, int starts) {
  return {.converged = minimum.converged,
          .optimum = minimum.converged ? proved : Optimum::none,
          .gradient_norm = minimum.gradient_norm,
          .objective = minimum.value,
          .iterations = minimum.iterations,
          .starts = starts};
}

void disown(Certificate& certificate) {
  certificate.converged = false;
  certificate.optimum = Optimum::none;
}

}  // namespace twostage
