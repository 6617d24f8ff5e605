// Maze: H moves through a grid with walls, from a start (the prompt) to one of several goals
// (sim/DEFINITIONS.md, "Worlds"). A completion is told by where it ends up and how many moves it took:
//   r*(xi) = value of the goal that was reached, if any, - step_cost x moves before that.
// To check one is to look at that; to write one is to know the way from every cell.
//
// Layer h holds the cells where h moves can lead, each start in a graph of its own. A cell has an action for
// each neighbour without a wall. A goal has one, which stays, is no token (its edge has length 0) and costs
// no parameter. Where classes are shared, starts share the parameters of a cell and time.
//
// The basis: the entry of goal g (degree 1), then the number of moves (degree 2).
#include <algorithm>

#include "sim/basis/sparse_basis.hpp"
#include "sim/world/maze_grid.hpp"
#include "sim/world/prompt_set.hpp"

namespace twostage {
namespace {

MazeGrid grid_of(const Settings& resolved, const WorldSeed& seed) {
  const std::string& layout = resolved.text("layout");
  return layout.empty() ? draw_maze(resolved, seed) : read_maze(layout);
}

// The moves from one start: a graph, and the cell of each of its states.
struct Unrolled {
  std::vector<int> actions;
  std::vector<StateId> layers = {0};
  std::vector<StateId> successors;
  std::vector<int> cells;  // [states]
};

Unrolled unroll(const MazeGrid& grid, int start, int horizon) {
  Unrolled out;
  std::vector<int> here = {start};
  for (int h = 0;; ++h) {
    out.cells.insert(out.cells.end(), here.begin(), here.end());
    out.layers.push_back(static_cast<StateId>(out.cells.size()));
    if (h == horizon) return out;
    std::vector<int> next;
    for (const int cell : here) {
      const std::vector<int> moves = grid.moves(cell);
      out.actions.push_back(static_cast<int>(moves.size()));
      next.insert(next.end(), moves.begin(), moves.end());
    }
    std::vector<int> distinct = next;
    std::ranges::sort(distinct);
    distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
    for (const int to : next)
      out.successors.push_back(
          out.layers.back() +
          static_cast<StateId>(std::ranges::lower_bound(distinct, to) - distinct.begin()));
    here = std::move(distinct);
  }
}

// The graph of all starts, and the cell of each state.
struct Unrollment {
  TokenGraph graph;
  std::vector<StateId> cell;
};

Unrollment unroll_all(const MazeGrid& grid, int horizon) {
  std::vector<TokenGraph> graphs;
  std::vector<Unrolled> parts;
  for (const int start : grid.starts) {
    parts.push_back(unroll(grid, start, horizon));
    graphs.emplace_back(parts.back().actions, parts.back().layers, parts.back().successors);
  }
  Unrollment out{join(graphs), {}};
  for (int h = 0; h <= horizon; ++h)
    for (const Unrolled& part : parts) {
      const auto layer = static_cast<std::size_t>(h);
      out.cell.insert(out.cell.end(), part.cells.begin() + part.layers[layer],
                      part.cells.begin() + part.layers[layer + 1]);
    }
  return out;
}

bool is_move(const TokenGraph& graph, const std::vector<StateId>& cell, EdgeId e) {
  return cell[static_cast<std::size_t>(graph.source(e))] !=
         cell[static_cast<std::size_t>(graph.successor(e))];
}

// The goal that edge e enters, or -1.
int goal_entered(const MazeGrid& grid, const TokenGraph& graph, const std::vector<StateId>& cell, EdgeId e) {
  if (!is_move(graph, cell, e)) return -1;
  const auto goal = std::ranges::find(grid.goals, cell[static_cast<std::size_t>(graph.successor(e))]);
  return goal == grid.goals.end() ? -1 : static_cast<int>(goal - grid.goals.begin());
}

std::shared_ptr<const EdgeBasis> goals_and_moves(const MazeGrid& grid, const Unrollment& unrolled) {
  const auto goals = static_cast<std::int32_t>(grid.goals.size());
  std::vector<int> degree(grid.goals.size(), 1);
  degree.push_back(2);
  std::vector<SparseBasis::Entry> entries;
  for (EdgeId e = 0; e < static_cast<EdgeId>(unrolled.graph.edges()); ++e) {
    if (is_move(unrolled.graph, unrolled.cell, e)) entries.push_back({e, goals, 1});
    if (const int g = goal_entered(grid, unrolled.graph, unrolled.cell, e); g >= 0)
      entries.push_back({e, g, 1});
  }
  return std::make_shared<SparseBasis>(unrolled.graph, std::move(degree), std::move(entries));
}

// A maze that is drawn has a choice from every start, one that is given from one at least.
void expect_a_choice(const World& world, bool given) {
  const std::vector<double> spread = reward_spread(world);
  const auto starts = spread.size() - static_cast<std::size_t>(std::ranges::count(spread, 0.0));
  if (given && starts == 0)
    throw InputError(
        "layout",
        "world 'maze': layout: from every start all completions earn the same; raise horizon or open "
        "a way to a goal");
  if (!given && starts < world.graph.prompts())
    throw Undrawable{"walls", "all completions of some start earned the same; raise horizon or lower walls"};
}

// A column or a row as a coordinate, from -1 to 1.
double between_walls(int line, int lines) {
  return lines == 1 ? 0.0 : 2.0 * line / (lines - 1) - 1;
}

World make(const Settings& resolved, const WorldSeed& seed) {
  const MazeGrid grid = grid_of(resolved, seed);
  Unrollment unrolled = unroll_all(grid, static_cast<int>(resolved.integer("horizon")));
  World world = blank_world(resolved, seed, unrolled.graph);
  world.edges_are_distinct_prefixes = false;
  world.basis = goals_and_moves(grid, unrolled);
  const double step_cost = resolved.real("step_cost");
  world.truth_degree = step_cost > 0 ? 2 : 1;
  const bool shared = resolved.boolean("shared_truth");
  std::vector<double> theta(grid.goals.size(), 1.0);
  theta.push_back(-step_cost);
  for (std::size_t p = 0; p < world.graph.prompts(); ++p) {
    if (resolved.text("goal_values") == "random" && (p == 0 || !shared))
      for (std::size_t g = 0; g < grid.goals.size(); ++g)
        theta[g] = world_normal(seed, WorldPart::truth, p, g);
    world.basis->synthesize_prompt(p, theta, world.reward);
  }
  expect_a_choice(world, !resolved.text("layout").empty());
  for (EdgeId e = 0; e < static_cast<EdgeId>(world.graph.edges()); ++e)
    world.edge_length.push_back(is_move(world.graph, unrolled.cell, e) ? 1 : 0);
  for (const StateId cell : unrolled.cell) {
    world.places.push_back(between_walls(cell % grid.width, grid.width));
    world.places.push_back(between_walls(cell / grid.width, grid.height));
  }
  world.state_label = std::move(unrolled.cell);
  scale_truth(world, resolved);
  return world;
}

void check(const Settings& resolved) {
  const auto prompts = static_cast<std::int64_t>(prompt_count(resolved));
  const std::string starts_of_prompts =
      (holds_prompts_out(resolved) ? "prompts + held_out = " : "prompts = ") + to_text(prompts);
  if (const std::string& layout = resolved.text("layout"); !layout.empty()) {
    const auto starts = static_cast<std::int64_t>(read_maze(layout).starts.size());
    if (starts != prompts)
      throw InputError("prompts", "world 'maze': " + starts_of_prompts +
                                      ", but the starts of the layout are " + to_text(starts) +
                                      "; valid: prompts = " + to_text(starts));
    return;
  }
  const auto cells = resolved.integer("width") * resolved.integer("height");
  const auto goals = resolved.integer("goals");
  if (goals + prompts > cells)
    throw InputError("goals", "world 'maze': goals = " + to_text(goals) + " and " + starts_of_prompts +
                                  " (the starts) need cells of their own, and there are " + to_text(cells) +
                                  "; raise width or height");
}

double edges(const Settings& resolved) {
  double cells = static_cast<double>(resolved.integer("width") * resolved.integer("height"));
  if (const std::string& layout = resolved.text("layout"); !layout.empty())
    cells = static_cast<double>(read_maze(layout).wall.size());
  const auto prompts = static_cast<double>(prompt_count(resolved));
  double sum = 0;
  for (std::int64_t h = 0; h < resolved.integer("horizon"); ++h) {
    const auto moves = static_cast<double>(h);
    sum += 4 * std::min(cells, 2 * moves * (moves + 1) + 1);  // so many cells lie within h moves
  }
  return prompts * sum;
}

double bytes(const Settings& resolved) {
  return SparseBasis::bytes(edges(resolved), 2 * edges(resolved)) + edges(resolved) * sizeof(double);
}

}  // namespace

Entry<WorldFamily> maze_family() {
  return {
      "maze",
      "a way through a maze: the truth asks which goal was reached and how many moves it took",
      "sim/DEFINITIONS.md: worlds",
      Status::exact,
      family_knobs(
          {8, 1, 256},
          {{"width", std::int64_t{5}, 1, kMaxSide, {}, "cells of a row"},
           {"height", std::int64_t{5}, 1, kMaxSide, {}, "rows"},
           {"walls", 0.2, 0, 0.9, {}, "probability that a cell is a wall"},
           {"goals", std::int64_t{2}, 1, kMaxGoals, {}, "cells where the way ends"},
           {"goal_values", "random", 0, 0, {"random", "one"}, "of reaching a goal; random: standard normal"},
           {"step_cost", 0.1, 0, 100, {}, "what a move costs"},
           {"layout",
            "",
            0,
            0,
            {},
            "the maze drawn, rows apart by /: # wall, S start, G goal, . free; then width, height, walls, "
            "goals have no effect"}}),
      {make, check, edges, bytes, {"horizon", "width", "height", "prompts"}}};
}

}  // namespace twostage
