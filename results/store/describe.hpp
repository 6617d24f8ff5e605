// What a result file holds, for a reader at a terminal: title and provenance, dimensions with their first
// coordinates, variables with type, range, and the count of missing values or of each flag.
#pragma once

#include <iosfwd>

#include "results/store/dataset.hpp"

namespace twostage {

void describe(const Dataset& dataset, std::ostream& out);

}  // namespace twostage
