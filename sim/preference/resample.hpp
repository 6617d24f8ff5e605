// A bootstrap resample of comparisons (Efron 1979): as many labels as there are, drawn from them one by one
// with replacement.
#pragma once

#include "sim/preference/preference_data.hpp"
#include "sim/random/philox.hpp"

namespace twostage {

// The k-th draw falls on the label that the k-th uniform of `stream` does, labels in the order of the rows, a
// row's wins before its losses. Counts that are not whole stand for the nearest number of labels, and keep
// their sum. Rows that were not drawn are left out. Without labels: the table itself.
PairTable resampled(const PairTable& table, Philox4x64 stream);

}  // namespace twostage
