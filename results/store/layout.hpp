// How a Dataset lies in an HDF5 file: the conventions of netCDF-4, so that xarray, netCDF4, h5py, MATLAB and
// Julia read it without our code. See results/README.md for the layout in words.
#pragma once

#include <hdf5.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "results/dataset/dataset.hpp"
#include "results/store/store.hpp"

namespace twostage::hdf5 {

// Raised when a file of the old layout could be misread by a new program. 2: attributes are content.
inline constexpr std::int64_t schema_version = 2;

// Name of the dimension scale of a dimension without coordinate; netCDF appends the length in 10 columns.
inline constexpr std::string_view unlabelled = "This is a netCDF dimension but not a netCDF variable.";

// Attributes that belong to the container, not to the dataset.
inline constexpr std::array<std::string_view, 10> reserved = {
    "CLASS",      "NAME",          "REFERENCE_LIST",      "DIMENSION_LIST", "DIMENSION_LABELS",
    "_FillValue", "_Netcdf4Dimid", "_Netcdf4Coordinates", "_NCProperties",  "_nc3_strict"};
inline bool is_reserved(std::string_view attribute) {
  return std::ranges::find(reserved, attribute) != reserved.end();
}

// Into and out of an open file. What is read has passed layout_guard.hpp: objects of its own, no larger than
// their bytes can hold, each axis as long as its dimension.
void write(hid_t file, const Dataset& dataset, Packing packing);
Dataset read(hid_t file);

// Which numeric variable of a damaged file fails its checksum; empty when none does. Touches no text.
std::string find_damage(hid_t file);

}  // namespace twostage::hdf5
