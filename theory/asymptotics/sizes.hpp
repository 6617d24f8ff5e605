#pragma once

#include <cstddef>

namespace twostage {

// The most distinct completions, over all prompts, that an expansion enumerates.
inline constexpr std::size_t kMostExpandedAtoms = 1024;

}  // namespace twostage
