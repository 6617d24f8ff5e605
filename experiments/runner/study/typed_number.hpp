// Numbers as people type them in `key=value`: 1e3 and +5 are whole, .5 is a half, and 100:1000:100 is every
// hundred from 100 to 1000, both included (the step is 1 unless stated). TOML, which study files are written
// in, knows none of these.
#pragma once

#include <optional>

#include "experiments/runner/study/document.hpp"

namespace twostage {

// A range has at most this many values.
inline constexpr std::size_t kLongestRange = 1'000'000;

// The number or the numbers of a range; nothing when the text is neither. InputError at `place` for a range
// that leads nowhere: a step of zero or away from the end, an end that is not reached, too many values.
std::optional<std::vector<Node>> typed_numbers(std::string_view text, const Place& place);

}  // namespace twostage
