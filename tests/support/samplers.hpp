// The pair samplers that draw: laws of pairs, which theory speaks of. (The other kind has its pairs given.)
#pragma once

#include <string>
#include <vector>

#include "sim/preference/pair_sampler.hpp"

namespace twostage::test {

inline std::vector<std::string> drawing_samplers() {
  std::vector<std::string> names;
  for (const auto& entry : pair_samplers().entries())
    if (entry.extra.make) names.push_back(entry.name);
  return names;
}

}  // namespace twostage::test
