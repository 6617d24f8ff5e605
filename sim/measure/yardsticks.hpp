// What arms are held against where a measure asks for it: policies at one KL to the reference, and a rival
// that is better than the reference by a stated share. A study states them by two keys:
//   at_kl            a KL in nats, "optimum" for that of pi*, or "arm:NAME" for that of an arm
//   reference_wins   a share above 0 and below 0.5
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sim/catalog/settings.hpp"

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

bool is_yardstick_key(std::string_view key);
// By its key: InputError for a value that says none.
void set_yardstick(Yardsticks& yardsticks, std::string_view key, const Value& value);
// The value of at_kl that says what is held.
Value at_kl_value(const Yardsticks& yardsticks);

}  // namespace twostage
