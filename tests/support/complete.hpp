// Tables by name that have to speak of every entry of a registry.
#pragma once

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace twostage::test {

template <typename Registry, typename Table>
void expect_complete(const Registry& registry, const Table& table) {
  std::vector<std::string> known;
  for (const auto& [name, value] : table) known.push_back(name);
  EXPECT_THAT(known, testing::UnorderedElementsAreArray(registry.names()))
      << "each " << registry.kind() << " has its evidence in this file";
}

}  // namespace twostage::test
