#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "sim/catalog/settings.hpp"

namespace twostage {

// A mistake in a formula. key() = "claims.<id>.holds" or "claims.<id>.interval"; `column` counts from 1
// inside the formula.
class ClaimError : public InputError {
 public:
  ClaimError(std::string key, std::size_t column, const std::string& message)
      : InputError(std::move(key), message), column_(column) {}
  std::size_t column() const { return column_; }

 private:
  std::size_t column_;
};

}  // namespace twostage
