// Questions to predicted learning curves, n -> E regret: where two of them cross, and how many pairs a given
// regret takes. A curve without theory is NaN and gives no answer.
#pragma once

#include <functional>
#include <vector>

namespace twostage {

using Curve = std::function<double(double pairs)>;

// The n in [low, high] at which the curves are equal, ascending: where the winner changes. Looked for between
// neighbours of a grid of 4 points an octave, then bisected to 1e-12 relative; curves that touch without
// crossing, or cross twice between neighbours, are not seen.
std::vector<double> crossings(const Curve& a, const Curve& b, double low, double high);

// The smallest n in [1, 1e9] from which a falling curve is at most `target`; infinite when it never is.
double pairs_for(const Curve& curve, double target);

// lim n (curve - floor), from n = 1e9.
double curve_slope(const Curve& curve, double floor);

}  // namespace twostage
