// What a dataset says, as one number: equal for equal names, dimensions, coordinates and values, whatever
// compiler, HDF5 version or compression made the file, and whatever order the variables stand in.
//
// SHA-256 over a canonical form, documented so that anyone can recompute it (results/README.md). All numbers
// are little endian, every text and every list is preceded by its length as 8 bytes, every NaN is
// 0x7ff8000000000000:
//   "twostage content 1"
//   the number of dimensions, then by name: name, type, values
//   the number of variables, then by name: name, the names of its dimensions, type, values
// with types "double", "int64", "uint8", "text" and "index" (an unlabelled dimension: its length only).
#pragma once

#include <string>

#include "results/store/dataset.hpp"

namespace twostage {

// Attributes do not enter: they name compilers and versions.
std::string content_hash(const Dataset& dataset);

}  // namespace twostage
