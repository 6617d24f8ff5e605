#include "sim/model/sparse_model.hpp"

#include <algorithm>

namespace twostage {
namespace {

constexpr double kMostSubsets = 20'000;

// Choices of k of p, up to a number that is beyond all use.
double subsets(std::size_t p, std::size_t k) {
  double out = 1;
  for (std::size_t i = 0; i < std::min(k, p) && out < 1e15; ++i)
    out *= static_cast<double>(p - i) / static_cast<double>(i + 1);
  return out;
}

}  // namespace

SparseModel::SparseModel(std::unique_ptr<ScoreModel> whole, std::size_t features)
    : whole_(std::move(whole)), features_(features) {
  const std::size_t p = whole_->parameters();
  if (subsets(p, features) <= kMostSubsets) return;
  std::size_t most = 0;
  while (most < features && subsets(p, most + 1) <= kMostSubsets) ++most;
  throw InputError("features", "class 'sparse': " + std::to_string(features) + " of " + std::to_string(p) +
                                   " features can be chosen in more than 20000 ways; valid: at most " +
                                   std::to_string(most) + ", a smaller class, or an l1 penalty");
}

// Of the fits of all its choices: a Hessian and its factor.
double SparseModel::numbers_held() const {
  const auto p = static_cast<double>(whole_->parameters());
  return 8 * p * p;
}

}  // namespace twostage
