// Numbers of a study that lie in an HDF5 file beside it, written by any program:
//
//   world   = { family = "given", file = "numbers.h5", beta = 10 }
//   sampler = { kind = "given", file = "numbers.h5" }
//
// The arrays of the file have the names of the lists that the world takes (actions, reward, reference, rho,
// features) and the sampler (comparisons); one file may serve both. They are read once, when the study is
// read, and are settings as if they stood in it, row by row: results hold them and do not know the file.
#pragma once

#include <map>
#include <string>

#include "experiments/runner/study/document.hpp"

namespace twostage {

// Of all arrays of a file: as text in a configuration they have to be read back (toml_limits.hpp).
inline constexpr std::size_t kMostGivenNumbers = 500'000;

// Takes `file` out of the settings of `part` ("world", "sampler") and puts the arrays in, if they name a file
// of numbers. `places` gets, under `part`.NAME, the file and the array with its shape, which later errors are
// told at. InputError at the place of `file` (its member) for what is not to be read or stands twice.
void read_given_file(Settings& settings, const std::string& part, const Member& file,
                     std::map<std::string, Place, std::less<>>& places);

// The settings describe what may lie in a file: the family, or kind, `given`.
bool may_name_file(const Settings& settings, const std::string& part);

// InputError when anything in a stored configuration names a file: its numbers are in it.
void refuse_files(const Node& node);

}  // namespace twostage
