// The plan of a maze: a grid of cells with walls, cells to start from and goals. Internal to sim/world.
#pragma once

#include <string>
#include <vector>

#include "sim/world/family.hpp"

namespace twostage {

constexpr std::int64_t kMaxSide = 64;  // cells along an edge of the grid
constexpr std::int64_t kMaxGoals = 16;

struct MazeGrid {
  int width = 0;
  int height = 0;
  std::vector<bool> wall;   // [height x width], row by row from the top
  std::vector<int> starts;  // cells, one for each prompt
  std::vector<int> goals;   // cells

  bool is_goal(int cell) const;
  // The cells that one move leads to, in the order up, right, down, left; the cell itself where there is
  // none. A goal is not left.
  std::vector<int> moves(int cell) const;
};

// Rows from the top, apart by '/': '#' a wall, 'S' a start, 'G' a goal, '.' a free cell; as "S.#G/...." for a
// grid of four by two. Throws InputError ("layout").
MazeGrid read_maze(const std::string& layout);

// Each cell is a wall with probability `walls`; goals and starts lie on cells in a random order that does not
// depend on how many there are. Throws Undrawable where walls leave too few cells.
MazeGrid draw_maze(const Settings& resolved, const WorldSeed& seed);

}  // namespace twostage
