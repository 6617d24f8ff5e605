#include "sim/world/headroom.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sim/numerics/elementary.hpp"
#include "sim/numerics/reduce.hpp"
#include "sim/world/family.hpp"

namespace twostage {
namespace {

struct Headroom {
  double value;  // G(s)
  double slope;  // G'(s) = E_pi*_s[r] - E_ref[r]
};

// One backward sweep, layer by layer. A state adds sum_a pi_ref (e^x - 1 - x), x = log pi*/pi_ref, to the
// divergence: no term is negative, and none loses digits when the policies are close.
class HeadroomSweep {
 public:
  explicit HeadroomSweep(const World& world)
      : world_(world), probability_(world.graph.edges()), ahead_(world.graph.states()) {
    num::exp(world.log_reference, probability_);
    const TokenGraph& graph = world.graph;
    std::size_t widest = 0;
    std::size_t most_edges = 0;
    for (int h = 0; h < graph.horizon(); ++h) {
      widest = std::max(widest, graph.layer_width(h));
      most_edges = std::max(most_edges, graph.layer_edges(h).size());
    }
    for (auto* scratch : {&log_ratio_, &weight_}) scratch->resize(most_edges);
    log_mass_.resize(widest);
    reference_return_ = (*this)(0.0).slope;  // at scale 0, pi* is the reference
  }

  Headroom operator()(double scale) {
    for (int h = world_.graph.horizon(); h-- > 0;) visit_layer(h, scale / world_.beta);
    double value = 0;
    double slope = -reference_return_;
    for (std::size_t p = 0; p < world_.graph.prompts(); ++p) {
      value += world_.rho[p] * ahead_[p].divergence;
      slope += world_.rho[p] * ahead_[p].optimal_return;
    }
    return {world_.beta * value, slope};
  }

 private:
  struct Ahead {                // from a state on:
    double value = 0;           // soft value over beta
    double divergence = 0;      // KL(P_ref || P_pi*)
    double optimal_return = 0;  // E_pi*[r]
  };

  void visit_layer(int h, double rate) {
    const std::size_t states = world_.graph.layer_width(h);
    const EdgeRange edges = world_.graph.layer_edges(h);
    const auto e0 = static_cast<std::size_t>(edges.begin);
    // The layer's edges i that leave its states s are those from begin_of(s) to begin_of(s + 1).
    const auto begin_of = [&](std::size_t s) {
      return static_cast<std::size_t>(
          world_.graph.edge(world_.graph.layer_begin(h) + static_cast<StateId>(s), 0) - edges.begin);
    };
    const double* reward = world_.reward.data() + e0;
    const double* probability = probability_.data() + e0;
    const StateId* successor = world_.graph.successors().data() + e0;
    Ahead* here = ahead_.data() + world_.graph.layer_begin(h);
    const auto next = [&](std::size_t i) -> const Ahead& {
      return ahead_[static_cast<std::size_t>(successor[i])];
    };
    const std::span log_ratio = std::span(log_ratio_).first(edges.size());
    const std::span weight = std::span(weight_).first(edges.size());
    const std::span log_mass = std::span(log_mass_).first(states);

    // Q over beta, less its largest value in the state.
    for (std::size_t s = 0; s < states; ++s) {
      double largest = -std::numeric_limits<double>::infinity();
      for (std::size_t i = begin_of(s); i < begin_of(s + 1); ++i)
        largest = std::max(largest, log_ratio[i] = rate * reward[i] + next(i).value);
      for (std::size_t i = begin_of(s); i < begin_of(s + 1); ++i) log_ratio[i] -= largest;
      here[s].value = largest;
    }
    num::exp(log_ratio, weight);
    // pi* is weight over its sum; E_pi*[r] comes on the way.
    for (std::size_t s = 0; s < states; ++s) {
      double mass = 0;
      double total = 0;
      for (std::size_t i = begin_of(s); i < begin_of(s + 1); ++i) {
        const double w = probability[i] * weight[i];
        mass += w;
        total += w * (reward[i] + next(i).optimal_return);
      }
      log_mass[s] = mass;
      here[s].optimal_return = total / mass;
    }
    num::log(log_mass, log_mass);
    for (std::size_t s = 0; s < states; ++s) {
      here[s].value += log_mass[s];
      for (std::size_t i = begin_of(s); i < begin_of(s + 1); ++i) log_ratio[i] -= log_mass[s];
    }
    num::exp_residual(log_ratio, weight);
    for (std::size_t s = 0; s < states; ++s) {
      double divergence = 0;
      for (std::size_t i = begin_of(s); i < begin_of(s + 1); ++i)
        divergence += probability[i] * (weight[i] + next(i).divergence);
      here[s].divergence = divergence;
    }
  }

  const World& world_;
  std::vector<double> probability_;  // [edges] of the reference
  std::vector<Ahead> ahead_;         // [states]
  std::vector<double> log_ratio_;    // scratch, [most edges of a layer]
  std::vector<double> weight_;
  std::vector<double> log_mass_;  // [states of the widest layer]
  double reference_return_ = 0;
};

// Whether completions differ in what they are worth, by more than the rounding of their sums.
bool varies(const World& world) {
  const double rounding = 1e-14 * world.graph.horizon() * num::max_abs(world.reward);
  const std::vector<double> spread = reward_spread(world);
  for (std::size_t p = 0; p < spread.size(); ++p)
    if (world.rho[p] > 0 && spread[p] > rounding) return true;
  return false;
}

[[noreturn]] void refuse(double target, const std::string& why) {
  throw InputError("headroom", "headroom = " + to_text(target) + " cannot be reached: " + why);
}

}  // namespace

double headroom(const World& world, double scale) {
  return HeadroomSweep(world)(scale).value;
}

double scale_for_headroom(const World& world, double target) {
  constexpr double infinite = std::numeric_limits<double>::infinity();
  if (!varies(world))
    refuse(target,
           "the true reward is constant, so there is nothing to gain; valid: headroom = 0, or a truth that "
           "varies (scale > 0)");
  HeadroomSweep sweep(world);
  // Newton for log G as a function of log s, whose slope s G'/G lies between 1 (large s) and 2 (small s), so
  // that few steps suffice from anywhere; a bracket keeps it safe.
  double low = 0;
  double high = infinite;
  double scale = world.beta / std::fmax(num::max_abs(world.reward), std::numeric_limits<double>::min());
  double best = scale;
  double best_error = infinite;
  for (int iteration = 0; iteration < 200; ++iteration) {
    const Headroom now = sweep(scale);
    if (!(now.value > 0) || !(now.slope > 0))
      refuse(target,
             "so small a gain is lost in the rounding of rewards; valid: headroom = 0, or a larger one");
    const double error = std::fabs(now.value - target);
    if (error >= best_error && best_error <= 1e-13 * target) break;  // rounding is all that is left
    if (error < best_error) {
      best = scale;
      best_error = error;
    }
    (now.value < target ? low : high) = scale;
    double step = scale * num::exp(num::log(target / now.value) * now.value / (scale * now.slope));
    if (!(step > low && step < high)) step = low > 0 && std::isfinite(high) ? std::sqrt(low * high) : scale;
    if (step == scale) break;
    scale = step;
  }
  return best;
}

}  // namespace twostage
