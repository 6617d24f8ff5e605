// What of preferences no reward gives. Completions are points (u, v) of a plane, path sums of numbers on
// edges, and
//   P(y > y' | s0) = sigmoid(r*(y) - r*(y') + K(y, y')),   K(y, y') = u(y) v(y') - v(y) u(y'):
// y has an advantage over whatever lies less than half a turn to its left. Around the origin that goes in a
// circle, as rock, paper and scissors do. K is skew-symmetric, of rank two.
//
// Source: the disc game of Balduzzi et al. 2019, 1901.08106; the two-dimensional preference embedding of
// Zhang et al. 2024, 2410.02197.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "sim/world/world.hpp"

namespace twostage {

struct CyclePoint {
  double u = 0;
  double v = 0;
};

// K, in the log-odds of the first.
inline double turn(const CyclePoint& first, const CyclePoint& second) {
  return first.u * second.v - first.v * second.u;
}

class Cycle {
 public:
  // One number for each edge: std::invalid_argument where they are not equally many.
  Cycle(std::vector<double> u, std::vector<double> v);

  CyclePoint point(std::span<const EdgeId> path) const;
  std::span<const double> u() const { return u_; }  // [edges]
  std::span<const double> v() const { return v_; }  // [edges]

 private:
  std::vector<double> u_, v_;
};

// Normal numbers on the edges of each prompt, moved and scaled so that for completions drawn from the
// reference, for each prompt,
//   E K(y, y') = 0 over y', whatever y is: of the log-odds r* is all that a reward gives, in mean square;
//   E K(y, y')^2 = strength^2.
// `shared`: all prompts, which are copies of one graph, have the same. Throws Undrawable where the points of
// a prompt lie on a line, as any two do.
std::shared_ptr<const Cycle> draw_cycle(const World& world, bool shared, double strength,
                                        const WorldSeed& seed);

// `intransitivity`: that strength, of a family that draws its cycles.
Knob intransitivity_knob();
double intransitivity_of(const Settings& resolved);

}  // namespace twostage
