// The integer matrix X of signed feature differences of preferred pairs, x_i = psi(xi+_i) - psi(xi-_i): all
// that the existence of a Bradley-Terry maximum-likelihood estimate depends on. Each column may be scaled,
// so features become integers through LinearModel::integer_unit; features without a unit are doubles, thus
// dyadic rationals, and become integers through a power of two.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sim/model/score_model.hpp"
#include "sim/preference/preference_data.hpp"

namespace twostage {

__extension__ using Int128 = __int128;

struct DifferenceMatrix {
  std::size_t columns = 0;
  std::vector<std::size_t> start = {0};  // [rows + 1]
  std::vector<std::int32_t> index;       // ascending within a row
  std::vector<Int128> value;             // not zero

  std::size_t rows() const { return start.size() - 1; }
  void add_row(std::span<const Int128> dense);
};

// x modulo q, in [0, q).
inline std::uint32_t residue(Int128 x, std::uint32_t q) {
  const auto word = static_cast<std::int64_t>(x);
  const auto r = static_cast<std::int64_t>(word == x ? word % q : static_cast<std::int64_t>(x % q));
  return static_cast<std::uint32_t>(r < 0 ? r + q : r);
}

// The distinct directions of the rows: zero rows dropped (a completion against itself), each row divided by
// its content (the greatest common divisor of its entries), duplicates merged, rows sorted. No cone, null
// space or rank changes, and data in another order give the same matrix.
DifferenceMatrix canonical(const DifferenceMatrix& matrix);

struct ScaledDifferences {
  DifferenceMatrix matrix;  // as the rows come, not canonical
  std::string refusal;      // why there is no such matrix, else empty
};

// Rows of features to be made integers, one after the other: row k ends at end[k].
ScaledDifferences scaled_rows(const LinearModel& model, const FeatureRow& features,
                              std::span<const std::size_t> end);

// A comparison won by both sides gives a row and its opposite.
ScaledDifferences scaled_differences(const LinearModel& model, const PairTable& pairs);

}  // namespace twostage
