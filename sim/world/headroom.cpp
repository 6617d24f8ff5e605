#include "sim/world/headroom.hpp"

#include <cmath>
#include <limits>

#include "sim/numerics/elementary.hpp"
#include "sim/numerics/reduce.hpp"

namespace twostage {
namespace {

struct Headroom {
  double value;  // G(s)
  double slope;  // G'(s) = E_pi*_s[r] - E_ref[r]
};

// One backward sweep. Per state, from there on: the soft value over beta, KL(P_ref || P_pi*), E_pi*[r] and
// E_ref[r]. A state adds sum_a pi_ref (e^x - 1 - x), x = log pi*/pi_ref, to the divergence: no term is
// negative, and none loses digits when the policies are close.
class HeadroomSweep {
 public:
  explicit HeadroomSweep(const World& world)
      : world_(world),
        value_(world.graph.states()),
        divergence_(world.graph.states()),
        optimal_(world.graph.states()),
        reference_(world.graph.states()),
        probability_(world.graph.edges()),
        log_ratio_(static_cast<std::size_t>(world.graph.actions())),
        weight_(log_ratio_.size()) {
    num::exp(world.log_reference, probability_);
  }

  Headroom operator()(double scale) {
    const TokenGraph& graph = world_.graph;
    for (StateId s = static_cast<StateId>(graph.inner_states()); s-- > 0;) visit(s, scale);
    double value = 0;
    double slope = 0;
    for (std::size_t p = 0; p < graph.prompts(); ++p) {
      value += world_.rho[p] * divergence_[p];
      slope += world_.rho[p] * (optimal_[p] - reference_[p]);
    }
    return {world_.beta * value, slope};
  }

 private:
  void visit(StateId s, double scale) {
    const TokenGraph& graph = world_.graph;
    const auto A = static_cast<std::size_t>(graph.actions());
    const auto e0 = static_cast<std::size_t>(graph.edge(s, 0));
    double largest = -std::numeric_limits<double>::infinity();
    for (std::size_t a = 0; a < A; ++a) {
      log_ratio_[a] = scale / world_.beta * world_.reward[e0 + a] + value_[next(e0 + a)];
      largest = std::fmax(largest, log_ratio_[a]);
    }
    double mass = 0;
    for (std::size_t a = 0; a < A; ++a)
      mass += weight_[a] = probability_[e0 + a] * num::exp(log_ratio_[a] - largest);
    const double value = largest + num::log(mass);
    double divergence = 0;
    double optimal = 0;
    double reference = 0;
    for (std::size_t a = 0; a < A; ++a) {
      const double p = probability_[e0 + a];
      const std::size_t to = next(e0 + a);
      divergence += p * (num::exp_residual(log_ratio_[a] - value) + divergence_[to]);
      optimal += weight_[a] / mass * (world_.reward[e0 + a] + optimal_[to]);
      reference += p * (world_.reward[e0 + a] + reference_[to]);
    }
    const auto at = static_cast<std::size_t>(s);
    value_[at] = value;
    divergence_[at] = divergence;
    optimal_[at] = optimal;
    reference_[at] = reference;
  }

  std::size_t next(std::size_t e) const {
    return static_cast<std::size_t>(world_.graph.successor(static_cast<EdgeId>(e)));
  }

  const World& world_;
  std::vector<double> value_;
  std::vector<double> divergence_;
  std::vector<double> optimal_;
  std::vector<double> reference_;
  std::vector<double> probability_;  // [edges] of the reference
  std::vector<double> log_ratio_;    // [actions] of the state at hand, up to a constant
  std::vector<double> weight_;       // [actions] pi_ref exp(log ratio)
};

}  // namespace

double headroom(const World& world, double scale) {
  return HeadroomSweep(world)(scale).value;
}

double scale_for_headroom(const World& world, double target) {
  HeadroomSweep sweep(world);
  // Newton for log G as a function of log s, whose slope s G'/G lies between 1 (large s) and 2 (small s), so
  // that few steps suffice from anywhere; a bracket keeps it safe.
  double low = 0;
  double high = std::numeric_limits<double>::infinity();
  double scale = world.beta / std::fmax(num::max_abs(world.reward), std::numeric_limits<double>::min());
  double best = scale;
  double best_error = std::numeric_limits<double>::infinity();
  for (int iteration = 0; iteration < 200; ++iteration) {
    const Headroom now = sweep(scale);
    if (!(now.value > 0) || !(now.slope > 0))
      throw InputError("headroom",
                       "headroom = " + to_text(target) +
                           " cannot be reached: the true reward is constant, so there is nothing to "
                           "gain; valid: headroom = 0, or a truth that varies (scale > 0)");
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
