// Products of dense matrices, with the bits of Eigen's.
//
// Eigen is compiled without vector instructions to keep its bits, and its products then take two to four
// times as long as the processor needs. Here eight rows at a time run side by side, each sum in the order
// that Eigen's own kernel has: part by part of a great depth, and within a part even and odd terms of whole
// eights by themselves, but in the last few columns one after another. Small and thin products, which Eigen
// computes in other orders, are left to it.
#pragma once

#include <Eigen/Core>

namespace twostage::num {

// A matrix wherever it lies: entry (i, j) at data[i row_stride + j column_stride].
struct MatrixView {
  const double* data;
  Eigen::Index rows;
  Eigen::Index columns;
  Eigen::Index row_stride;
  Eigen::Index column_stride;

  MatrixView transposed() const { return {data, columns, rows, column_stride, row_stride}; }
};

// Of a matrix, map, block or transpose.
template <typename Matrix>
MatrixView view(const Eigen::DenseBase<Matrix>& matrix) {
  const Matrix& of = matrix.derived();
  constexpr bool row_major = Matrix::IsRowMajor;
  return {of.data(), of.rows(), of.cols(), row_major ? of.outerStride() : of.innerStride(),
          row_major ? of.innerStride() : of.outerStride()};
}

// Whether Eigen's kernel for matrices multiplies these.
bool is_large_product(Eigen::Index rows, Eigen::Index depth, Eigen::Index columns);

// out = a b, column by column, where is_large_product.
void large_product(const MatrixView& a, const MatrixView& b, double* out);

// A matrix that lies somewhere: itself, or what an expression comes to.
template <typename Matrix>
decltype(auto) evaluated(const Eigen::DenseBase<Matrix>& matrix) {
  if constexpr ((Matrix::Flags & Eigen::DirectAccessBit) != 0)
    return matrix.derived();
  else
    return typename Matrix::PlainObject(matrix);
}

// a b. By default it is stored as Eigen stores the value of that expression, which decides on its bits: row
// by row the last few rows are those of another order, column by column the last few columns.
template <typename A, typename B, typename Result = typename Eigen::Product<A, B>::PlainObject>
Result product(const Eigen::DenseBase<A>& a, const Eigen::DenseBase<B>& b) {
  static_assert(A::ColsAtCompileTime != 1, "Eigen's outer products keep the sign of zero");
  if (!is_large_product(a.rows(), a.cols(), b.cols())) return a.derived() * b.derived();
  const auto& left = evaluated(a);
  const auto& right = evaluated(b);
  Result out(a.rows(), b.cols());
  if constexpr (Result::IsRowMajor)
    large_product(view(right).transposed(), view(left).transposed(), out.data());
  else
    large_product(view(left), view(right), out.data());
  return out;
}

// The same for a matrix that is stored as `Result`.
template <typename Result, typename A, typename B>
Result product_as(const Eigen::DenseBase<A>& a, const Eigen::DenseBase<B>& b) {
  return product<A, B, Result>(a, b);
}

}  // namespace twostage::num
