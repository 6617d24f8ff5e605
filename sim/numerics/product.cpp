#include "sim/numerics/product.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include "sim/numerics/multiversion.hpp"

namespace twostage::num {
namespace {

using Eigen::Index;

constexpr std::size_t kRows = 8;     // side by side
constexpr std::size_t kColumns = 4;  // of which Eigen computes as many together

// Four numbers that are added and multiplied side by side, wherever they lie. Loops over small arrays would
// say the same, but compilers keep those in memory.
using Four [[gnu::vector_size(4 * sizeof(double)), gnu::aligned(alignof(double)), gnu::may_alias]] = double;
constexpr std::size_t kFours = kRows / 4;

// Two columns of eight rows. `a`: the rows, entry by entry; `x`, `y`: the columns of the other matrix. Up to
// `paired`, even and odd terms are summed by themselves.
TWOSTAGE_MULTIVERSION void two_columns(const double* a, const double* x, const double* y, std::size_t depth,
                                       std::size_t paired, double* out_x, double* out_y) {
  const auto* row = reinterpret_cast<const Four*>(a);
  Four even_x[kFours] = {}, odd_x[kFours] = {}, even_y[kFours] = {}, odd_y[kFours] = {};
  std::size_t k = 0;
  for (; k < paired; k += 2, row += 2 * kFours) {
    even_x[0] += row[0] * x[k];
    even_x[1] += row[1] * x[k];
    even_y[0] += row[0] * y[k];
    even_y[1] += row[1] * y[k];
    odd_x[0] += row[2] * x[k + 1];
    odd_x[1] += row[3] * x[k + 1];
    odd_y[0] += row[2] * y[k + 1];
    odd_y[1] += row[3] * y[k + 1];
  }
  for (std::size_t half = 0; half < kFours; ++half) {
    even_x[half] += odd_x[half];
    even_y[half] += odd_y[half];
  }
  for (; k < depth; ++k, row += kFours)
    for (std::size_t half = 0; half < kFours; ++half) {
      even_x[half] += row[half] * x[k];
      even_y[half] += row[half] * y[k];
    }
  std::memcpy(out_x, even_x, sizeof even_x);
  std::memcpy(out_y, even_y, sizeof even_y);
}

TWOSTAGE_MULTIVERSION void one_column(const double* a, const double* x, std::size_t depth, double* out) {
  const auto* row = reinterpret_cast<const Four*>(a);
  Four sum[kFours] = {};
  for (std::size_t k = 0; k < depth; ++k, row += kFours)
    for (std::size_t half = 0; half < kFours; ++half) sum[half] += row[half] * x[k];
  std::memcpy(out, sum, sizeof sum);
}

// The depth that Eigen sums at once: as much as its default for the first cache holds, in equal parts of
// whole eights.
std::size_t part_of(std::size_t depth) {
  constexpr std::size_t most = 816, eight = 8;
  if (depth <= most) return depth;
  const std::size_t rest = depth % most;
  return rest == 0 ? most : most - eight * ((most - 1 - rest) / (eight * (depth / most + 1)));
}

}  // namespace

bool is_large_product(Index rows, Index depth, Index columns) {
  return rows > 1 && columns > 1 && depth > 0 && rows + depth + columns >= EIGEN_GEMM_TO_COEFFBASED_THRESHOLD;
}

void large_product(const MatrixView& a, const MatrixView& b, double* out) {
  const auto rows = static_cast<std::size_t>(a.rows), columns = static_cast<std::size_t>(b.columns);
  const auto whole = static_cast<std::size_t>(a.columns);
  const std::size_t together = columns / kColumns * kColumns;
  const std::size_t most = part_of(whole);
  std::vector<double> right(most * columns), left(most * kRows);
  double sums[2][kRows];
  std::fill_n(out, rows * columns, 0.0);
  for (std::size_t begin = 0; begin < whole; begin += most) {
    const std::size_t depth = std::min(most, whole - begin);
    const double* const from_a = a.data + static_cast<Index>(begin) * a.column_stride;
    const double* const from_b = b.data + static_cast<Index>(begin) * b.row_stride;
    for (std::size_t j = 0; j < columns; ++j)
      for (std::size_t k = 0; k < depth; ++k)
        right[j * depth + k] =
            from_b[static_cast<Index>(k) * b.row_stride + static_cast<Index>(j) * b.column_stride];
    for (std::size_t i = 0; i < rows; i += kRows) {
      const std::size_t height = std::min(kRows, rows - i);  // the rest of `left` is of the rows before
      for (std::size_t k = 0; k < depth; ++k)
        for (std::size_t l = 0; l < height; ++l)
          left[k * kRows + l] =
              from_a[static_cast<Index>(i + l) * a.row_stride + static_cast<Index>(k) * a.column_stride];
      for (std::size_t j = 0; j < columns;) {
        const double* const x = right.data() + j * depth;
        const std::size_t width = j < together ? 2 : 1;
        if (width == 2)
          two_columns(left.data(), x, x + depth, depth, depth / 8 * 8, sums[0], sums[1]);
        else
          one_column(left.data(), x, depth, sums[0]);
        for (std::size_t c = 0; c < width; ++c, ++j)
          for (std::size_t l = 0; l < height; ++l) out[j * rows + i + l] += sums[c][l];
      }
    }
  }
}

}  // namespace twostage::num
