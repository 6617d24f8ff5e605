// The pairs of one replicate with their table, once they are all drawn.
#pragma once

#include "sim/preference/preference_data.hpp"

namespace twostage {

struct DrawnPairs {
  PreferenceData data;
  PairTable table;
};

}  // namespace twostage
