// The checker of existence certificates. It trusts nothing but the matrix and the rank of the class.
#pragma once

#include "sim/existence/existence.hpp"

namespace twostage {

// True when the certificate proves its outcome; a no_exact_test proves nothing and gives false.
bool verify(const ExistenceCertificate& certificate, const DifferenceMatrix& matrix, std::size_t class_rank);

// X theta >= 0 and X theta != 0.
bool separates(const DifferenceMatrix& matrix, const std::vector<num::BigInteger>& theta);

// sum of coefficient * column is the zero vector.
bool vanishes(const DifferenceMatrix& matrix, const ColumnDependence& dependence);

}  // namespace twostage
