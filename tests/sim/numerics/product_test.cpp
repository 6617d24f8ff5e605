// Products have the bits of Eigen's own, whatever the lengths and the storage.
#include "sim/numerics/product.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "sim/random/draw.hpp"

namespace twostage {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

MatrixXd drawn(Index rows, Index columns, Philox4x64& engine) {
  return MatrixXd::NullaryExpr(rows, columns, [&] { return draw_normal(engine); });
}

template <typename Matrix>
bool same_bits(const Matrix& a, const Matrix& b) {
  if (a.rows() != b.rows() || a.cols() != b.cols()) return false;
  const auto bytes = static_cast<std::size_t>(a.size()) * sizeof(double);
  return bytes == 0 || std::memcmp(a.data(), b.data(), bytes) == 0;  // an empty matrix has no data
}

TEST(Product, HasTheBitsOfEigens) {
  Philox4x64 engine({5, 0}, {});
  const std::vector<Index> lengths = {0, 1, 2, 3, 4, 5, 7, 8, 9, 13, 16, 23, 31, 48, 63, 130};
  for (const Index m : lengths)
    for (const Index k : lengths)
      for (const Index n : lengths) {
        const MatrixXd a = drawn(m, k, engine), b = drawn(k, n, engine), c = a.transpose();
        const RowMajor r = b;
        const MatrixXd ab = a * b, cb = c.transpose() * b, ar = a * r, br = r.transpose() * c;
        const MatrixXd nested = c.transpose() * r * b.transpose();  // the inner one is row-major
        const RowMajor rows = a * b, mixed = c.transpose() * r;
        EXPECT_TRUE(same_bits<MatrixXd>(num::product(a, b), ab)) << m << " " << k << " " << n;
        EXPECT_TRUE(same_bits<MatrixXd>(num::product(c.transpose(), b), cb)) << m << " " << k << " " << n;
        EXPECT_TRUE(same_bits<MatrixXd>(num::product(a, r), ar)) << m << " " << k << " " << n;
        EXPECT_TRUE(same_bits<MatrixXd>(num::product(r.transpose(), c), br)) << m << " " << k << " " << n;
        EXPECT_TRUE(same_bits<MatrixXd>(num::product(num::product(c.transpose(), r), b.transpose()), nested));
        EXPECT_TRUE(same_bits(num::product_as<RowMajor>(a, b), rows)) << m << " " << k << " " << n;
        EXPECT_TRUE(same_bits(num::product_as<RowMajor>(c.transpose(), r), mixed))
            << m << " " << k << " " << n;
      }
}

TEST(Product, OfDeepMatricesHasThemToo) {
  Philox4x64 engine({6, 0}, {});
  for (const Index k : {815, 816, 817, 824, 825, 1631, 1632, 1633, 1700, 2500, 9001}) {
    const MatrixXd a = drawn(21, k, engine), b = drawn(k, 19, engine), ab = a * b;
    EXPECT_TRUE(same_bits<MatrixXd>(num::product(a, b), ab)) << k;
  }
}

TEST(Product, OfBlocksReadsWhereTheyLie) {
  Philox4x64 engine({7, 0}, {});
  const MatrixXd a = drawn(60, 50, engine), b = drawn(50, 40, engine);
  const MatrixXd part = a.middleRows(7, 30) * b.leftCols(11);
  EXPECT_TRUE(same_bits<MatrixXd>(num::product(a.middleRows(7, 30), b.leftCols(11)), part));
}

}  // namespace
}  // namespace twostage
