// Fast generalised Walsh-Hadamard transform: the tensor power of an orthonormal basis of functions of one
// token, in O(n log n) and in place.
//
// For an alphabet of A tokens under the uniform distribution the basis of one position is the constant and
// the A - 1 Helmert contrasts
//   h_0(a) = 1,   h_c(a) = sqrt(A / (c (c + 1))) * { 1 if a < c,  -c if a = c,  0 if a > c },  c = 1..A-1,
// orthonormal: E h_c h_c' = [c = c']. For A = 2, h_1 = (+1, -1) and the tensor powers are Walsh functions.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace twostage {

class ContrastTransform {
 public:
  explicit ContrastTransform(int alphabet);

  int alphabet() const { return static_cast<int>(scale_.size()); }

  // h_c(a).
  double value(int c, int a) const {
    return a > c ? 0.0
                 : (a < c || c == 0 ? 1.0 : -static_cast<double>(c)) * scale_[static_cast<std::size_t>(c)];
  }

  // 1 / sqrt(A / (c (c + 1))): h_c times this has integer values.
  double integer_unit(int c) const { return 1.0 / scale_[static_cast<std::size_t>(c)]; }

  // x has A^m entries, indexed by m base-A digits. In place:
  //   synthesize: x[a_1..a_m] <- sum_c x[c_1..c_m] prod_j h_{c_j}(a_j);
  //   analyze, its transpose: x[c_1..c_m] <- sum_a x[a_1..a_m] prod_j h_{c_j}(a_j).
  void synthesize(std::span<double> x) const;
  void analyze(std::span<double> x) const;

 private:
  std::vector<double> scale_;  // [A] of h_c
};

}  // namespace twostage
