// Questions to predicted learning curves, n -> E regret: where two of them cross, and how many pairs a given
// regret takes. A curve without theory is NaN and gives no answer.
#pragma once

#include <functional>
#include <vector>

namespace twostage {

using Curve = std::function<double(double pairs)>;

struct Contest {
  std::vector<double> turns;  // the n at which the curves cross, ascending: where the winner changes
  int lower = 0;  // after the last of them a (-1) or b (1); 0 if they are equal, or without theory
};

// Of n in [low, high]. Looked for between neighbours of a grid of one point an octave, of four where the
// curves are within 25 % of each other, then found to 1e-10 relative. Differences below 1e-9 relative are
// rounding and turn nothing; curves that touch without crossing, or cross twice between neighbours, are not
// seen. Each curve is asked some forty times, and ten times more for each turn.
Contest contest(const Curve& a, const Curve& b, double low, double high);

// The smallest n in [1, 1e9] from which a falling curve is at most `target`, to 1e-10 relative; infinite when
// it never is. Learning curves are nearly straight on logarithmic scales, so about ten values of one are
// enough.
double pairs_for(const Curve& curve, double target);

// lim n (curve - floor), from n = 1e9.
double curve_slope(const Curve& curve, double floor);

// The curve up to n = 1e9, beyond it floor + slope / n: the closed form costs nothing and does not drown a
// small floor in rounding.
Curve with_tail(Curve curve, double floor);

}  // namespace twostage
