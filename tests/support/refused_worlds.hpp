// Worlds that cannot be made.
#pragma once

#include <gmock/gmock.h>

#include <string>

#include "tests/support/worlds.hpp"

namespace twostage::test {

inline void expect_refused(const Settings& given, const std::string& key, const std::string& text) {
  try {
    make_world(resolve_world(given), world_seed(), 1e9);
    FAIL() << "no error; expected: " << text;
  } catch (const InputError& error) {
    EXPECT_EQ(error.key(), key);
    EXPECT_THAT(error.what(), testing::HasSubstr(text));
  }
}

}  // namespace twostage::test
