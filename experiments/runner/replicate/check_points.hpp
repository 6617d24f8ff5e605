#pragma once

#include "experiments/runner/replicate/columns.hpp"
#include "experiments/runner/replicate/footprint.hpp"

namespace twostage {

// `theory`: nothing will be drawn or fitted, so that data and fits need not fit into memory.
enum class Asked { simulation, theory };

// Checks every point before anything runs: names, ranges, classes against worlds, sizes. InputErrors carry
// the place. Returns what the largest replicate takes.
Footprint check_points(const Study& study, const Columns& columns, double max_bytes,
                       Asked asked = Asked::simulation);

}  // namespace twostage
