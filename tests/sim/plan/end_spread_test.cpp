// The spread of completions with one end, against enumeration on random graphs with merged states.
#include "sim/plan/end_spread.hpp"

#include <gtest/gtest.h>

#include <map>

#include "tests/support/graphs.hpp"

namespace twostage {
namespace {

using namespace test;

// Smallest and largest path sum by (prompt, end), and how many paths there are.
struct Seen {
  double low, high;
  int paths;
};

void enumerate(const TokenGraph& graph, std::span<const double> values, StateId prompt, StateId at,
               double sum, std::map<std::pair<StateId, StateId>, Seen>& seen) {
  if (at >= static_cast<StateId>(graph.inner_states())) {
    const auto [entry, fresh] = seen.try_emplace({prompt, at}, Seen{sum, sum, 1});
    if (fresh) return;
    entry->second = {std::min(entry->second.low, sum), std::max(entry->second.high, sum),
                     entry->second.paths + 1};
    return;
  }
  const auto [begin, end] = graph.leaving(at);
  for (EdgeId e = begin; e < end; ++e)
    enumerate(graph, values, prompt, graph.successor(e), sum + values[static_cast<std::size_t>(e)], seen);
}

std::optional<double> by_enumeration(const TokenGraph& graph, std::span<const double> values) {
  std::map<std::pair<StateId, StateId>, Seen> seen;
  for (StateId prompt = 0; prompt < static_cast<StateId>(graph.prompts()); ++prompt)
    enumerate(graph, values, prompt, prompt, 0, seen);
  std::optional<double> widest;
  for (const auto& [where, what] : seen)
    if (what.paths > 1) widest = std::max(widest.value_or(0), what.high - what.low);
  return widest;
}

TEST(SpreadWithinEnds, IsThatOfEnumeration) {
  int merged = 0;
  for (std::uint64_t stream = 0; stream < 40; ++stream) {
    Philox4x64 engine = test_stream(500 + stream);
    const std::vector<int> actions(static_cast<std::size_t>(random_integer(engine, 1, 5)),
                                   random_integer(engine, 2, 4));
    const int prompts = random_integer(engine, 1, 3);
    const TokenGraph graph = stream % 4 == 3 ? irregular_graph(engine, prompts, 4, 4, 6)
                                             : random_graph(engine, prompts, actions, 6);
    const std::vector<double> values = random_normals(engine, graph.edges(), 1);
    const std::optional<double> expected = by_enumeration(graph, values);
    const std::optional<double> spread = spread_within_ends(graph, values);
    ASSERT_EQ(spread.has_value(), expected.has_value()) << stream;
    if (!expected) continue;
    EXPECT_NEAR(*spread, *expected, 1e-12) << stream;
    ++merged;
  }
  EXPECT_GE(merged, 30);
}

TEST(SpreadWithinEnds, ATreeHasNoneAndATerminalRewardHasZero) {
  const std::vector<int> actions = {3, 2, 2};
  const TokenGraph tree = prefix_tree(actions);
  EXPECT_EQ(spread_within_ends(tree, std::vector<double>(tree.edges(), 1.0)), std::nullopt);

  // Two layers of two states: the last edges carry the value of the state they lead to.
  const TokenGraph square(2, {0, 1, 3, 5}, {1, 2, 3, 4, 3, 4});
  EXPECT_EQ(spread_within_ends(square, std::vector<double>{0, 0, 7, -1, 7, -1}), 0.0);
  EXPECT_EQ(spread_within_ends(square, std::vector<double>{0, 0.5, 7, -1, 7, -1}), 0.5);
}

}  // namespace
}  // namespace twostage
