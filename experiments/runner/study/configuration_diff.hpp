// What differs between two configurations, key by key, for refusals that say why.
#pragma once

#include <string>

namespace twostage {

// "pairs is 100 there and 200 here; world.beta is 1 there and 2 here", at most `most` keys; empty when equal.
std::string configuration_difference(const std::string& there, const std::string& here, std::size_t most = 3);

}  // namespace twostage
