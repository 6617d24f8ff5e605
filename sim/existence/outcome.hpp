#pragma once

namespace twostage {

// Of the unpenalised estimate. not_attained, flat and unique are proved (existence.hpp); diverging is what
// the numbers say where there is no exact test (settling.hpp). The order is that of stored files: append
// only.
enum class Existence { no_exact_test, not_attained, flat, unique, diverging };

}  // namespace twostage
