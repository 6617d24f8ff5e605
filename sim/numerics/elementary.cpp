#include "sim/numerics/elementary.hpp"

namespace twostage::num {

void exp(std::span<const double> x, std::span<double> out) {
  for (std::size_t i = 0; i < x.size(); ++i) out[i] = exp(x[i]);
}
void log(std::span<const double> x, std::span<double> out) {
  for (std::size_t i = 0; i < x.size(); ++i) out[i] = log(x[i]);
}
void softplus(std::span<const double> x, std::span<double> out) {
  for (std::size_t i = 0; i < x.size(); ++i) out[i] = softplus(x[i]);
}
void sigmoid(std::span<const double> x, std::span<double> out) {
  for (std::size_t i = 0; i < x.size(); ++i) out[i] = sigmoid(x[i]);
}
void sincos(std::span<const double> x, std::span<double> sin, std::span<double> cos) {
  for (std::size_t i = 0; i < x.size(); ++i) {
    const SinCos sc = sincos(x[i]);
    sin[i] = sc.sin;
    cos[i] = sc.cos;
  }
}

}  // namespace twostage::num
