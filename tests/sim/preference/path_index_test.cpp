#include "sim/preference/path_index.hpp"

#include <gtest/gtest.h>

#include <map>

#include "tests/support/sequence.hpp"

namespace twostage {
namespace {

// Against a map, with paths that share edges, repeat, and are more than the first slots hold.
TEST(PathIndex, NumbersDistinctPathsAsTheyCome) {
  for (const std::size_t horizon : {1u, 3u, 9u}) {
    std::vector<EdgeId> paths;
    PathIndex index(horizon, paths);
    std::map<std::vector<EdgeId>, std::size_t> known;
    for (std::uint64_t i = 0; i < 3000; ++i) {
      std::vector<EdgeId> path;
      for (std::uint64_t h = 0; h < horizon; ++h)
        path.push_back(static_cast<EdgeId>(test::mixed(h, i) % (horizon == 1 ? 500 : 4)));
      const std::size_t expected = known.emplace(path, known.size()).first->second;
      ASSERT_EQ(index.number(path), expected);
      ASSERT_EQ(paths.size(), known.size() * horizon);
    }
    for (const auto& [path, number] : known) {
      EXPECT_TRUE(std::equal(path.begin(), path.end(),
                             paths.begin() + static_cast<std::ptrdiff_t>(number * horizon)));
      PathIndex again(horizon, paths);  // of paths that are there
      EXPECT_EQ(again.number(path), number);
      if (number > 20) break;
    }
  }
}

}  // namespace
}  // namespace twostage
