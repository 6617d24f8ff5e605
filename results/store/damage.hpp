// Where a file with a broken seal is damaged.
#pragma once

#include <filesystem>
#include <string>

namespace twostage {

// "a flipped bit in variable 'regret' (its checksum does not match)", or that the place is unknown. A child
// process looks (child.hpp); the caller holds the hdf5::Session.
std::string locate_damage(const std::filesystem::path& path);

}  // namespace twostage
