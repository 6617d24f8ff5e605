// Nothing throws in a browser: the page offers valid choices alone, and what would throw ends. The texts of
// errors, a third of the code, are then never built: they stand in an operand that is not evaluated. The
// build for WebAssembly includes this file in front of every other one, and the headers that rethrow in front
// of it.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <istream>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#define throw __builtin_trap(), (void)sizeof
