// What a dataset says, as one number: equal for equal names, dimensions, coordinates, values and attributes,
// whatever compiler, HDF5 version or compression made the file, and whatever order the variables stand in.
//
// SHA-256 over a canonical form, documented so that anyone can recompute it (results/README.md). All numbers
// are little endian, every text and every list is preceded by its length as 8 bytes, every NaN is
// 0x7ff8000000000000:
//   "twostage content 2"
//   the number of dimensions, then by name: name, type, values, attributes
//   the number of variables, then by name: name, the names of its dimensions, type, values, attributes
//   the attributes of the dataset, without those that are provenance
// with types "double", "int64", "uint8", "text" and "index" (an unlabelled dimension: its length only), and
// attributes as their number, then by name: name, type, values (of a single value: a list of one).
#pragma once

#include <string>
#include <string_view>

#include "results/dataset/dataset.hpp"

namespace twostage {

std::string content_hash(const Dataset& dataset);

// Attributes of a dataset that say how its file came to be and nothing about what it holds: compiler, flags,
// libraries, the program's version (source), the store's own (content_hash, schema_version), and what other
// programs note of their work (history). Everything else is content; no conclusion may depend on these.
bool is_provenance(std::string_view attribute);

}  // namespace twostage
