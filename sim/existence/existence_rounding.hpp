// From floating-point proposals to integers that can be checked exactly.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "sim/existence/existence.hpp"
#include "sim/existence/existence_search.hpp"

namespace twostage {

// An integer theta with X theta >= 0, X theta != 0 near the proposal (coordinates of z, z = the columns
// `columns` of X), or empty. Rows on which the proposal is within `tolerance` of zero, relative to the
// largest row product, are made exactly zero: their pivot coordinates are solved for over the rationals,
// the others are rounded. The result has passed separates().
std::vector<num::BigInteger> exact_direction(const DifferenceMatrix& matrix, const FloatColumns& z,
                                             const std::vector<std::size_t>& columns,
                                             const Eigen::VectorXd& proposal, double tolerance);

// For every column outside `columns` its combination of those, where the coefficients have a small common
// denominator; columns for which none is found are left out. Each has passed vanishes().
std::vector<ColumnDependence> small_dependences(const DifferenceMatrix& matrix,
                                                const std::vector<std::size_t>& columns);

}  // namespace twostage
