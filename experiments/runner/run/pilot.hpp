// How long a run will take, from a part of it. What a shared world costs once (its predictions, mostly) is
// told from what each replicate costs, and both are counted in work that the run will have to do: predictions
// and fits.
#pragma once

#include <cstddef>

namespace twostage {

struct Pilot {
  double first = 0;             // processor seconds of one replicate in some strands ...
  double again = 0;             // ... and of another one there
  std::size_t predictions = 0;  // made for the first ...
  std::size_t fits = 0;         // ... and for the other
  std::size_t points = 0;       // in those strands
  bool broken_off = false;      // a replicate took too long to be waited for: all of it is the least there is
};

struct WorkDue {
  std::size_t predictions = 0;
  double fits = 0;
};

// Of one processor. What the first replicate took longer is a matter of predictions, or of chance if there
// are none.
double estimated_seconds(const Pilot& pilot, const WorkDue& due);

// The i-th of so many things to be looked at, all of them in turn, and evenly spread wherever one stops:
// sizes mostly grow along axes.
std::size_t spread_order(std::size_t i, std::size_t count);

}  // namespace twostage
