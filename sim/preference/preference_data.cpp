#include "sim/preference/preference_data.hpp"

#include <stdexcept>

namespace twostage {

PreferenceData PreferenceData::prefix(std::size_t pairs) const {
  if (pairs > size()) throw std::invalid_argument("preference data: prefix longer than the data");
  const auto edges = static_cast<std::ptrdiff_t>(pairs * horizon);
  PreferenceData out{
      horizon, {chosen.begin(), chosen.begin() + edges}, {rejected.begin(), rejected.begin() + edges}, {}};
  if (!weight.empty()) out.weight.assign(weight.begin(), weight.begin() + static_cast<std::ptrdiff_t>(pairs));
  return out;
}

}  // namespace twostage
