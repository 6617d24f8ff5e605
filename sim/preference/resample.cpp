#include "sim/preference/resample.hpp"

#include <algorithm>
#include <cmath>

#include "sim/random/draw.hpp"

namespace twostage {

PairTable resampled(const PairTable& table, Philox4x64 stream) {
  std::vector<double> up_to;  // [2 x rows] labels so far: wins and losses of each row
  double total = 0;
  std::size_t last = 0;  // that counts
  for (std::size_t k = 0; k < table.rows(); ++k)
    for (const double count : {table.wins[k], table.losses[k]}) {
      if (count > 0) last = up_to.size();
      up_to.push_back(total += count);
    }
  const auto draws = static_cast<std::uint64_t>(std::floor(total + 0.5));
  if (draws == 0) return table;
  std::vector<double> drawn(up_to.size(), 0.0);
  for (std::uint64_t k = 0; k < draws; ++k) {
    const auto at = std::ranges::upper_bound(up_to, total * draw_uniform(stream)) - up_to.begin();
    drawn[std::min(static_cast<std::size_t>(at), last)] += 1;
  }

  const double counts = total / static_cast<double>(draws);  // one draw: 1 where counts are whole
  PairTable out;
  out.horizon = table.horizon;
  out.completions = table.completions;
  out.pairs = table.pairs;
  for (std::size_t k = 0; k < table.rows(); ++k) {
    if (drawn[2 * k] + drawn[2 * k + 1] == 0) continue;
    out.first.push_back(table.first[k]);
    out.second.push_back(table.second[k]);
    out.wins.push_back(drawn[2 * k] * counts);
    out.losses.push_back(drawn[2 * k + 1] * counts);
  }
  return out;
}

}  // namespace twostage
