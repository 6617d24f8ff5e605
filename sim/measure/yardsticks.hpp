// What arms are held against where a measure asks for it: policies at one KL to the reference, and a rival
// that is better than the reference by a stated share.
#pragma once

#include <optional>
#include <string>

namespace twostage {

enum class Yardstick { none, kl, rival };

struct Yardsticks {
  // Of `at_kl` measures, in nats; nothing: the KL of pi* to the reference.
  std::optional<double> kl;
  // The arm whose own KL it is, in each replicate, and NaN where that has no policy; empty: none.
  std::string kl_of = {};
  // The rival is the soft plan of the true reward at the temperature where the reference beats it this often,
  // ties half. Source: 28 % is what the reference wins in arXiv 2503.01067.
  double reference_wins = 0.28;
  bool operator==(const Yardsticks&) const = default;
};

}  // namespace twostage
