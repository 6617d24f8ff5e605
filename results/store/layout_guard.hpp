// What a file is asked before its values are read: are its objects its own, and can they be as large as they
// say? A small file may claim 2^60 values, point into another file, or name its axes by references to
// nowhere; HDF5 follows all of that. Each question throws std::runtime_error that names the object.
#pragma once

#include <hdf5.h>

#include <cstddef>
#include <stdexcept>
#include <string>

namespace twostage::hdf5 {

// The file says what cannot be. The message goes to a caller who adds the name of the file.
[[noreturn]] inline void fail(const std::string& message) {
  throw std::runtime_error(message);
}

// The number of elements of an attribute or an array.
std::size_t element_count(hid_t space);

// `info` of a name in the file: it stands for an object in this file, not for a path or another file.
void expect_own(const H5L_info_t& info, const std::string& name);

// The values of an array lie in this file, and its bytes there can hold as many as it says: deflate, the best
// filter that is ours, shrinks a thousand times at most.
void expect_storage(hid_t dataset, const std::string& owner);

// Attributes are small.
void expect_attribute_size(hid_t space, const std::string& owner);

// The name of the dimension scale of an axis, which lies beside the array.
std::string scale_of(hid_t dataset, unsigned axis, const std::string& owner);

}  // namespace twostage::hdf5
