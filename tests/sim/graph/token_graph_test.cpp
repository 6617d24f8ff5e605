#include "sim/graph/token_graph.hpp"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>

#include "tests/support/worlds.hpp"

namespace twostage {
namespace {

// Two layers that merge: 1 -> 2 -> 2 states, both states of layer 1 share their successors.
TokenGraph diamond() {
  return {2, {0, 1, 3, 5}, {1, 2, 3, 4, 3, 4}};
}

TEST(TokenGraph, NumbersStatesAndEdgesLayerByLayer) {
  const TokenGraph g = diamond();
  EXPECT_EQ(g.horizon(), 2);
  EXPECT_EQ(g.prompts(), 1u);
  EXPECT_EQ(g.states(), 5u);
  EXPECT_EQ(g.inner_states(), 3u);
  EXPECT_EQ(g.edges(), 6u);
  EXPECT_EQ(count_completions(g), 4.0);
  for (EdgeId e = 0; e < 6; ++e) EXPECT_EQ(g.edge(g.source(e), g.action(e)), e);
  EXPECT_EQ(g.layer_begin(1), 1);
  EXPECT_EQ(g.layer_end(2), 5);
}

// Three actions, then two, then two, then four: 1 -> 3 -> 1 -> 2 -> 1 states.
TokenGraph uneven() {
  const std::vector<int> actions = {3, 2, 2, 2, 2, 4, 4};
  return {actions, {0, 1, 4, 5, 7, 8}, {1, 2, 3, 4, 4, 4, 4, 4, 4, 5, 6, 7, 7, 7, 7, 7, 7, 7, 7}};
}

TEST(TokenGraph, LayersMayDifferInTheirActions) {
  const TokenGraph g = uneven();
  EXPECT_EQ(g.inner_states(), 7u);
  EXPECT_EQ(g.edges(), 3u + 3 * 2 + 2 + 2 * 4);
  EXPECT_EQ(count_completions(g), 3.0 * 2 * 2 * 4);
  ASSERT_EQ(g.stretches().size(), 3u);
  EXPECT_EQ(g.stretches()[1].begin_layer, 1);
  EXPECT_EQ(g.stretches()[1].end_layer, 3);
  EXPECT_EQ(g.stretches()[1].first_edge, 3);
  EdgeId next = 0;  // edges in the order of states, then actions
  for (int h = 0; h < g.horizon(); ++h)
    for (StateId s = g.layer_begin(h); s < g.layer_end(h); ++s) {
      EXPECT_EQ(g.leaving(s).begin, next);
      for (int a = 0; a < g.actions(s); ++a, ++next) {
        EXPECT_EQ(g.edge(s, a), next);
        EXPECT_EQ(g.source(next), s);
        EXPECT_EQ(g.action(next), a);
      }
      EXPECT_EQ(g.leaving(s).end, next);
    }
  EXPECT_EQ(g.edge(7, 0), static_cast<EdgeId>(g.edges()));
}

// A prompt with three actions; one of its successors has a single action, one two.
TokenGraph irregular() {
  const std::vector<int> actions = {3, 1, 2, 1};
  return {actions, {0, 1, 4, 6}, {1, 2, 3, 4, 4, 5, 5}};
}

TEST(TokenGraph, StatesMayDifferInTheirActions) {
  const TokenGraph g = irregular();
  EXPECT_EQ(g.edges(), 7u);
  EXPECT_EQ(g.stretches().size(), 4u);
  EXPECT_EQ(completions_from(g), (std::vector<double>{4, 1, 2, 1, 1, 1}));
  EXPECT_EQ(count_completions(g), 4);
  EXPECT_EQ(test::completions(g), (std::vector<test::Path>{{0, 3}, {1, 4}, {1, 5}, {2, 6}}));
  for (EdgeId e = 0; e < 7; ++e) EXPECT_EQ(g.edge(g.source(e), g.action(e)), e);
  EXPECT_EQ(g.source(5), 2);
  EXPECT_EQ(g.action(5), 1);
  EXPECT_TRUE(g.prompts_are_copies());
}

// Within a layer the graphs follow each other; each keeps its own shape.
TEST(TokenGraph, JoinsDifferentGraphs) {
  const std::vector<TokenGraph> graphs = {irregular(), prefix_tree(std::vector<int>{2, 1}), diamond()};
  const TokenGraph g = join(graphs);
  EXPECT_EQ(g.prompts(), 3u);
  EXPECT_TRUE(g.prompts_are_apart());
  EXPECT_FALSE(g.prompts_are_copies());
  for (std::size_t p = 0; p < 3; ++p) {
    const auto mine = test::completions(g, p);
    const auto alone = test::completions(graphs[p]);
    ASSERT_EQ(mine.size(), alone.size());
    for (std::size_t i = 0; i < mine.size(); ++i)
      for (int h = 0; h < 2; ++h) {
        const auto k = static_cast<std::size_t>(h);
        EXPECT_EQ(mine[i][k] - g.prompt_edges(h, p).begin, alone[i][k] - graphs[p].layer_edges(h).begin);
        EXPECT_EQ(g.successor(mine[i][k]) - g.prompt_states(h + 1, p).begin,
                  graphs[p].successor(alone[i][k]) - graphs[p].layer_begin(h + 1));
      }
    EXPECT_EQ(g.prompt_edges(1, p).size(), graphs[p].layer_edges(1).size());
  }
  EXPECT_EQ(count_completions(g), 4 + 2 + 4);
  EXPECT_TRUE(join(std::vector<TokenGraph>{diamond(), diamond()}).prompts_are_copies());
  EXPECT_THROW(join(std::vector<TokenGraph>{diamond(), uneven()}), std::invalid_argument);
  EXPECT_THROW(join(std::vector<TokenGraph>{}), std::invalid_argument);
}

TEST(TokenGraph, KnowsWherePromptsShareStates) {
  const TokenGraph shared(2, {0, 2, 4}, {2, 3, 2, 3});  // both prompts lead to both ends
  EXPECT_FALSE(shared.prompts_are_apart());
  EXPECT_FALSE(shared.prompts_are_copies());
  EXPECT_THROW(static_cast<void>(shared.prompt_states(1, 0)), std::logic_error);
  const TokenGraph apart(2, {0, 2, 6}, {2, 3, 4, 5});  // found without being told
  EXPECT_TRUE(apart.prompts_are_copies());
  EXPECT_EQ(apart.prompt_states(1, 1).begin, 4);
  // Unequal parts have to be told, and be true.
  const std::vector<int> actions = {1, 2};
  EXPECT_FALSE(TokenGraph(actions, {0, 2, 5}, {2, 3, 4}).prompts_are_apart());
  EXPECT_TRUE(TokenGraph(actions, {0, 2, 5}, {2, 3, 4}, {0, 1, 2, 3, 5}).prompts_are_apart());
  EXPECT_THROW(TokenGraph(actions, {0, 2, 5}, {2, 3, 4}, {0, 1, 2, 4, 5}), std::invalid_argument);
  EXPECT_THROW(TokenGraph(actions, {0, 2, 5}, {2, 3, 4}, {0, 1, 2, 3}), std::invalid_argument);
}

TEST(TokenGraph, RefusesWhatIsNotALayeredGraph) {
  EXPECT_THROW(TokenGraph(0, {0, 1, 2}, {}), std::invalid_argument);  // no action
  EXPECT_THROW(TokenGraph(2, {0, 1}, {}), std::invalid_argument);     // no layer to go to
  EXPECT_THROW(TokenGraph(std::vector{2, 2}, {0, 1, 3}, {1, 2}),
               std::invalid_argument);                                    // one state, not two
  EXPECT_THROW(TokenGraph(2, {1, 2, 4}, {2, 3}), std::invalid_argument);  // does not start at 0
  EXPECT_THROW(TokenGraph(2, {0, 1, 3}, {1}), std::invalid_argument);     // an edge is missing
  EXPECT_THROW(TokenGraph(2, {0, 1, 3}, {1, 3}), std::invalid_argument);  // leads out of the graph
  EXPECT_THROW(TokenGraph(2, {0, 1, 3, 5}, {1, 3, 3, 4, 3, 4}), std::invalid_argument);  // skips a layer
}

// A forest is its tree, prompt by prompt: following the same actions from copy p meets the state that sits at
// the same place of its layer in the tree, and copies never meet.
void expect_copies(const TokenGraph& tree, std::size_t prompts) {
  const TokenGraph g = forest(tree, prompts);
  ASSERT_EQ(g.prompts(), prompts);
  ASSERT_EQ(g.states(), prompts * tree.states());
  ASSERT_EQ(g.edges(), prompts * tree.edges());
  const auto tree_paths = test::completions(tree);
  std::set<EdgeId> seen;
  for (std::size_t p = 0; p < prompts; ++p) {
    const auto paths = test::completions(g, p);
    ASSERT_EQ(paths.size(), tree_paths.size());
    std::set<EdgeId> mine;
    for (std::size_t i = 0; i < paths.size(); ++i)
      for (int h = 0; h < g.horizon(); ++h) {
        const EdgeId e = paths[i][static_cast<std::size_t>(h)];
        const EdgeId t = tree_paths[i][static_cast<std::size_t>(h)];
        const EdgeRange mine_range = g.prompt_edges(h, p);
        ASSERT_EQ(e - mine_range.begin, t - tree.prompt_edges(h, 0).begin);
        ASSERT_LT(e, mine_range.end);
        const StateId width = tree.layer_end(h + 1) - tree.layer_begin(h + 1);
        ASSERT_EQ(g.successor(e) - g.layer_begin(h + 1) - static_cast<StateId>(p) * width,
                  tree.successor(t) - tree.layer_begin(h + 1));
        mine.insert(e);
      }
    EXPECT_EQ(mine.size(), tree.edges());
    for (const EdgeId e : mine) EXPECT_TRUE(seen.insert(e).second);
  }
}

TEST(TokenGraph, ForestIsDisjointCopies) {
  expect_copies(diamond(), 1);
  expect_copies(diamond(), 3);
  expect_copies(uneven(), 3);
  expect_copies(test::world({{"family", "walk"}, {"horizon", test::integer(4)}}).graph, 2);
  expect_copies(
      test::world({{"family", "tokens"}, {"horizon", test::integer(3)}, {"alphabet", test::integer(3)}})
          .graph,
      4);
}

TEST(TokenGraph, LastEdgeOfAPrefixForestIsThePath) {
  const World w =
      test::world({{"family", "tokens"}, {"horizon", test::integer(4)}, {"prompts", test::integer(3)}});
  for (EdgeId e = 0; e < static_cast<EdgeId>(w.graph.edges()); ++e)
    EXPECT_EQ(w.graph.successor(e), static_cast<StateId>(w.graph.prompts()) + e);
}

}  // namespace
}  // namespace twostage
