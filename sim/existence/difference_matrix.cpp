#include "sim/existence/difference_matrix.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <compare>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace twostage {
namespace {

// Sums of a horizon of such entries stay far below 2^127.
constexpr int kEntryBits = 110;

bool fits_word(Int128 x) {
  return x == static_cast<std::int64_t>(x);
}

Int128 gcd(Int128 a, Int128 b) {
  if (a < 0) a = -a;
  if (b < 0) b = -b;
  while (b != 0) {
    if (fits_word(a) && fits_word(b))
      return std::gcd(static_cast<std::int64_t>(a), static_cast<std::int64_t>(b));
    const Int128 rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

// x = mantissa 2^exponent with an odd mantissa; x finite and not zero.
struct Dyadic {
  std::int64_t mantissa;
  int exponent;
};

Dyadic dyadic(double x) {
  int exponent = 0;
  const double fraction = std::frexp(x, &exponent);
  const auto mantissa = static_cast<std::int64_t>(std::ldexp(fraction, 53));
  const int zeros = std::countr_zero(static_cast<std::uint64_t>(mantissa));
  return {mantissa / (std::int64_t{1} << zeros), exponent - 53 + zeros};
}

// The scaling of one feature to integers: by its unit, or by 2^-exponent for a dyadic column.
struct ColumnScale {
  double unit = 0;
  int lowest = std::numeric_limits<int>::max();   // exponents of the lowest and
  int highest = std::numeric_limits<int>::min();  // one past the highest bit seen

  void see(double x) {
    if (unit != 0 || x == 0) return;
    lowest = std::min(lowest, dyadic(x).exponent);
    highest = std::max(highest, std::ilogb(x) + 1);
  }
  bool too_wide() const { return lowest < highest && highest - lowest > kEntryBits; }
  Int128 integer(double x) const {
    if (x == 0) return 0;
    if (unit != 0) {
      const double scaled = x * unit;
      const bool small = std::fabs(scaled) <= 0x1p52;
      const auto whole = small ? static_cast<std::int64_t>(scaled + (scaled < 0 ? -0.5 : 0.5)) : 0;
      if (!small || std::fabs(scaled - static_cast<double>(whole)) > 1e-6)
        throw std::logic_error("LinearModel::integer_unit does not make the feature an integer");
      return whole;
    }
    const Dyadic d = dyadic(x);
    return static_cast<Int128>(d.mantissa) * (static_cast<Int128>(1) << (d.exponent - lowest));
  }
};

// Appends row a less row b.
void append_difference(const DifferenceMatrix& rows, std::size_t a, std::size_t b, DifferenceMatrix& out) {
  std::size_t i = rows.start[a], j = rows.start[b];
  while (i < rows.start[a + 1] || j < rows.start[b + 1]) {
    const bool in_a = j == rows.start[b + 1] || (i < rows.start[a + 1] && rows.index[i] <= rows.index[j]);
    const bool in_b = i == rows.start[a + 1] || (j < rows.start[b + 1] && rows.index[j] <= rows.index[i]);
    const std::int32_t index = in_a ? rows.index[i] : rows.index[j];
    const Int128 value = (in_a ? rows.value[i++] : 0) - (in_b ? rows.value[j++] : 0);
    if (value == 0) continue;
    out.index.push_back(index);
    out.value.push_back(value);
  }
  out.start.push_back(out.index.size());
}

}  // namespace

void DifferenceMatrix::add_row(std::span<const Int128> dense) {
  if (dense.size() != columns) throw std::invalid_argument("DifferenceMatrix: a row of the wrong length");
  for (std::size_t k = 0; k < columns; ++k) {
    if (dense[k] == 0) continue;
    index.push_back(static_cast<std::int32_t>(k));
    value.push_back(dense[k]);
  }
  start.push_back(index.size());
}

DifferenceMatrix canonical(const DifferenceMatrix& matrix) {
  DifferenceMatrix primitive = matrix;
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < matrix.rows(); ++i) {
    const auto first = primitive.value.begin() + static_cast<std::ptrdiff_t>(matrix.start[i]);
    const auto last = primitive.value.begin() + static_cast<std::ptrdiff_t>(matrix.start[i + 1]);
    if (first == last) continue;
    order.push_back(i);
    Int128 content = 0;
    for (auto v = first; v != last && content != 1; ++v) content = gcd(content, *v);
    if (content > 1)
      for (auto v = first; v != last; ++v) *v /= content;
  }
  const auto compare = [&](std::size_t a, std::size_t b) {
    const auto [a0, a1] = std::pair(primitive.start[a], primitive.start[a + 1]);
    const auto [b0, b1] = std::pair(primitive.start[b], primitive.start[b + 1]);
    if (a1 - a0 != b1 - b0) return (a1 - a0) <=> (b1 - b0);
    for (std::size_t t = 0; t < a1 - a0; ++t) {
      if (const auto c = primitive.index[a0 + t] <=> primitive.index[b0 + t]; std::is_neq(c)) return c;
      if (primitive.value[a0 + t] != primitive.value[b0 + t])
        return primitive.value[a0 + t] < primitive.value[b0 + t] ? std::strong_ordering::less
                                                                 : std::strong_ordering::greater;
    }
    return std::strong_ordering::equal;
  };
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return std::is_lt(compare(a, b)); });
  order.erase(
      std::unique(order.begin(), order.end(), [&](auto a, auto b) { return std::is_eq(compare(a, b)); }),
      order.end());
  DifferenceMatrix result;
  result.columns = matrix.columns;
  for (const std::size_t i : order) {
    for (std::size_t t = primitive.start[i]; t < primitive.start[i + 1]; ++t) {
      result.index.push_back(primitive.index[t]);
      result.value.push_back(primitive.value[t]);
    }
    result.start.push_back(result.index.size());
  }
  return result;
}

ScaledDifferences scaled_rows(const LinearModel& model, const FeatureRow& features,
                              std::span<const std::size_t> end) {
  const std::size_t p = model.parameters();
  std::vector<ColumnScale> scale(p);
  for (std::size_t k = 0; k < p; ++k) scale[k].unit = model.integer_unit(k);
  for (std::size_t t = 0; t < features.index.size(); ++t) {
    if (!std::isfinite(features.value[t])) return {{}, "a feature is not finite"};
    scale[static_cast<std::size_t>(features.index[t])].see(features.value[t]);
  }
  for (std::size_t k = 0; k < p; ++k)
    if (scale[k].too_wide())
      return {{},
              "feature " + std::to_string(k) + " spans more than " + std::to_string(kEntryBits) +
                  " binary digits"};

  DifferenceMatrix matrix;
  matrix.columns = p;
  std::vector<Int128> dense(p, 0);
  std::vector<std::int32_t> touched;
  std::size_t t = 0;
  for (const std::size_t last : end) {
    touched.clear();
    for (; t < last; ++t) {
      const std::int32_t j = features.index[t];
      dense[static_cast<std::size_t>(j)] += scale[static_cast<std::size_t>(j)].integer(features.value[t]);
      touched.push_back(j);
    }
    const auto keep = [&](std::size_t j) {
      if (dense[j] == 0) return;
      matrix.index.push_back(static_cast<std::int32_t>(j));
      matrix.value.push_back(dense[j]);
      dense[j] = 0;
    };
    if (8 * touched.size() >= p) {  // to look at all is quicker than to sort these
      for (std::size_t j = 0; j < p; ++j) keep(j);
    } else {
      std::sort(touched.begin(), touched.end());
      for (const std::int32_t j : touched) keep(static_cast<std::size_t>(j));
    }
    matrix.start.push_back(matrix.index.size());
  }
  return {std::move(matrix), ""};
}

ScaledDifferences scaled_differences(const LinearModel& model, const PairTable& pairs) {
  // A completion stands in many comparisons, and its features are scaled once.
  constexpr std::size_t none = ~std::size_t{0};
  FeatureRow features;
  std::vector<std::size_t> end;
  std::vector<std::size_t> place(pairs.completion_count(), none);  // among those that count
  const auto number = [&](std::uint32_t completion) {
    std::size_t& k = place[completion];
    if (k == none) {
      model.add_path(pairs.completion(completion), 1, features);
      k = end.size();
      end.push_back(features.index.size());
    }
    return k;
  };
  std::vector<std::pair<std::size_t, std::size_t>> preferences;  // the preferred one first
  for (std::size_t k = 0; k < pairs.rows(); ++k) {
    if (!(pairs.wins[k] > 0 || pairs.losses[k] > 0)) continue;
    const std::size_t first = number(pairs.first[k]), second = number(pairs.second[k]);
    if (pairs.wins[k] > 0) preferences.emplace_back(first, second);
    if (pairs.losses[k] > 0) preferences.emplace_back(second, first);
  }
  ScaledDifferences of_paths = scaled_rows(model, features, end);
  if (!of_paths.refusal.empty()) return of_paths;
  DifferenceMatrix differences;
  differences.columns = of_paths.matrix.columns;
  for (const auto& [preferred, other] : preferences)
    append_difference(of_paths.matrix, preferred, other, differences);
  return {std::move(differences), ""};
}

}  // namespace twostage
