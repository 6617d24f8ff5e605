// Where a file with a broken seal is damaged.
#pragma once

#include <filesystem>
#include <string>

namespace twostage {

// "a flipped bit in variable 'regret' (its checksum does not match)", or that the place is unknown. HDF5 may
// crash or hang on a damaged file, so a child process looks.
std::string locate_damage(const std::filesystem::path& path);

}  // namespace twostage
