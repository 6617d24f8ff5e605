#include "sim/basis/contrast_transform.hpp"

#include <cmath>

namespace twostage {
namespace {

// Below this many entries the passes run over the whole block; above it sub-blocks are finished first,
// while they are in cache. The order of the arithmetic is the same.
constexpr std::size_t kCacheBlock = std::size_t{1} << 12;

// Applies `step(x, stride)` along every digit; `step` combines x[0], x[stride], ..., x[(A-1) stride].
template <typename Step>
void each_digit(double* x, std::size_t n, std::size_t A, const Step& step) {
  std::size_t done = 1;  // digits of stride < done are transformed
  if (n > kCacheBlock) {
    done = n / A;
    for (std::size_t a = 0; a < A; ++a) each_digit(x + a * done, done, A, step);
  }
  for (std::size_t stride = done; stride < n; stride *= A)
    for (std::size_t block = 0; block < n; block += stride * A)
      for (std::size_t i = block; i < block + stride; ++i) step(x + i, stride);
}

// A = 2 is its own transpose.
constexpr auto kButterfly = [](double* x, std::size_t stride) {
  const double sum = x[0] + x[stride];
  x[stride] = x[0] - x[stride];
  x[0] = sum;
};

}  // namespace

ContrastTransform::ContrastTransform(int alphabet) : scale_(static_cast<std::size_t>(alphabet), 1.0) {
  for (int c = 1; c < alphabet; ++c)
    scale_[static_cast<std::size_t>(c)] = std::sqrt(static_cast<double>(alphabet) / (c * (c + 1.0)));
}

void ContrastTransform::synthesize(std::span<double> x) const {
  const std::size_t A = scale_.size();
  if (A == 2) return each_digit(x.data(), x.size(), A, kButterfly);
  // y[a] = x[0] - a s_a x[a] + sum_{c > a} s_c x[c], from the last token down.
  each_digit(x.data(), x.size(), A, [this, A](double* v, std::size_t stride) {
    const double constant = v[0];
    double tail = 0;
    for (std::size_t a = A; a-- > 1;) {
      const double term = scale_[a] * v[a * stride];
      v[a * stride] = constant - static_cast<double>(a) * term + tail;
      tail += term;
    }
    v[0] = constant + tail;
  });
}

void ContrastTransform::analyze(std::span<double> x) const {
  const std::size_t A = scale_.size();
  if (A == 2) return each_digit(x.data(), x.size(), A, kButterfly);
  // y[c] = s_c (sum_{a < c} x[a] - c x[c]), y[0] = sum_a x[a].
  each_digit(x.data(), x.size(), A, [this, A](double* v, std::size_t stride) {
    double head = v[0];
    for (std::size_t c = 1; c < A; ++c) {
      const double here = v[c * stride];
      v[c * stride] = scale_[c] * (head - static_cast<double>(c) * here);
      head += here;
    }
    v[0] = head;
  });
}

}  // namespace twostage
