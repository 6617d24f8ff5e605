#include "theory/prediction/regime.hpp"

#include <cmath>

namespace twostage {
namespace {

bool next_order_is_small(const Trust& trust) {
  if (!(trust.regret > 0) || !(trust.curvature <= kNextOrderLimit)) return false;
  if (std::isnan(trust.next_order)) return trust.widest <= kWidestLimit;
  return std::fabs(trust.next_order) <= kNextOrderLimit;
}

}  // namespace

const std::vector<std::string>& regime_names() {
  static const std::vector<std::string> names = {
      "within",    "kappa_too_large",      "estimate_may_not_exist", "kappa_unknown",
      "no_theory", "next_order_too_large", "penalty_too_weak"};
  return names;
}

Regime regime_of(const Trust& trust) {
  if (std::isnan(trust.kappa)) return Regime::kappa_unknown;
  if (trust.kappa > kKappaLimit) return Regime::kappa_too_large;
  if (!(trust.existence >= kExistenceLimit))
    return trust.penalised ? Regime::penalty_too_weak : Regime::estimate_may_not_exist;
  return next_order_is_small(trust) ? Regime::within : Regime::next_order_too_large;
}

}  // namespace twostage
