// Arrays of numbers from an HDF5 file that anybody may have written (h5py, MATLAB, Julia, ...), for those who
// have their numbers there. Unlike a result (store.hpp) it has no seal, no hash and no dimensions, so a child
// process with limits (child.hpp) reads it, and hands the numbers over.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "results/file/store_error.hpp"

namespace twostage {

struct NumberArray {
  std::string name;
  std::vector<std::size_t> shape;  // empty: a single number
  std::vector<double> values;      // row-major; integers and floats of any width
};

// "features, 3 x 2"
std::string shape_text(const NumberArray& array);

// Every array at the root of a regular file, in alphabetical order; dimension scales without values are left
// out. StoreError with the path and the array for what is no array of real numbers, lies in another file, or
// makes more than `most` numbers together.
std::vector<NumberArray> read_number_arrays(const std::filesystem::path& path, std::size_t most);

}  // namespace twostage
