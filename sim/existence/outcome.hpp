#pragma once

#include <cstddef>

namespace twostage {

// Of the unpenalised estimate. not_attained, flat and unique are proved (existence.hpp); diverging is what
// the numbers say where there is no exact test (settling.hpp). The order is that of stored files: append
// only.
enum class Existence { no_exact_test, not_attained, flat, unique, diverging };

// What an estimate needs to know of it.
struct KnownExistence {
  Existence outcome = Existence::no_exact_test;
  std::size_t rank = 0;  // of flat and unique: dimensions that the data see
};

}  // namespace twostage
