// What a result file holds, for a reader at a terminal: title and provenance, dimensions with their first
// coordinates, variables with type, range, and the count of missing values or of each flag.
#pragma once

#include <iosfwd>

#include "results/dataset/dataset.hpp"

namespace twostage {

// In lines of at most `width` places (text_table.hpp).
void describe(const Dataset& dataset, std::ostream& out, std::size_t width);

}  // namespace twostage
