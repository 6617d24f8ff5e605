#include "sim/fit/limits.hpp"

#include <cmath>

namespace twostage {
namespace {

constexpr std::size_t kNewtonParameters = 2000;
constexpr std::size_t kNewtonNumbers = std::size_t{1} << 26;
constexpr std::size_t kMostParameters = 2'000'000;

}  // namespace

bool newton_fits(std::size_t parameters, const World& world) {
  return parameters <= kNewtonParameters && parameters * world.graph.edges() <= kNewtonNumbers;
}

void check_size(std::size_t parameters, std::string_view key, std::string_view class_name) {
  if (parameters <= kMostParameters) return;
  throw InputError(std::string(key),
                   "class '" + std::string(class_name) + "' has " + std::to_string(parameters) +
                       " parameters in this world; a fit is possible up to " +
                       std::to_string(kMostParameters) +
                       ": lower the horizon or the number of prompts, or take a smaller class");
}

num::LbfgsOptions likelihood_options(std::size_t pairs, std::size_t parameters, double units) {
  const double scale = 1 + static_cast<double>(pairs);
  return {.gradient_goal = 1e-12 * scale,
          .gradient_accepted = 1e-9 * scale * std::fmax(1, units),
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
