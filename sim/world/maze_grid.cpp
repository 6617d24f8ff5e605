#include "sim/world/maze_grid.hpp"

#include <algorithm>
#include <utility>

namespace twostage {
namespace {

[[noreturn]] void refuse_layout(const std::string& why) {
  throw InputError("layout", "world 'maze': layout " + why);
}

// The name of a cell in an address: the same in grids of every size.
std::size_t cell_item(const MazeGrid& grid, int cell) {
  return static_cast<std::size_t>(cell / grid.width * kMaxSide + cell % grid.width);
}

}  // namespace

bool MazeGrid::is_goal(int cell) const {
  return std::ranges::find(goals, cell) != goals.end();
}

std::vector<int> MazeGrid::moves(int cell) const {
  if (is_goal(cell)) return {cell};
  const int x = cell % width, y = cell / width;
  std::vector<int> to;
  for (const auto& [dx, dy] : {std::pair{0, -1}, {1, 0}, {0, 1}, {-1, 0}}) {
    if (x + dx < 0 || x + dx >= width || y + dy < 0 || y + dy >= height) continue;
    const int next = (y + dy) * width + x + dx;
    if (!wall[static_cast<std::size_t>(next)]) to.push_back(next);
  }
  if (to.empty()) to.push_back(cell);
  return to;
}

MazeGrid read_maze(const std::string& layout) {
  MazeGrid grid;
  int x = 0;
  const auto end_row = [&] {
    if (grid.height == 0) grid.width = x;
    if (x != grid.width || x == 0)
      refuse_layout("has " + std::to_string(x) + " cells in row " + std::to_string(grid.height) +
                    "; every row needs as many as the first, at least one");
    ++grid.height;
    x = 0;
  };
  for (const char c : layout) {
    const int cell = static_cast<int>(grid.wall.size());
    switch (c) {
      case '/':
        end_row();
        continue;
      case 'S':
        grid.starts.push_back(cell);
        break;
      case 'G':
        grid.goals.push_back(cell);
        break;
      case '#':
      case '.':
        break;
      default:
        refuse_layout(std::string("holds '") + c +
                      "'; valid: '#' wall, '.' free, 'S' start, 'G' goal, '/' next row");
    }
    grid.wall.push_back(c == '#');
    ++x;
  }
  end_row();
  if (std::max(grid.width, grid.height) > kMaxSide)
    refuse_layout("is larger than " + std::to_string(kMaxSide) + " cells along a side");
  if (grid.starts.empty() || grid.goals.empty()) refuse_layout("needs a start 'S' and a goal 'G'");
  return grid;
}

MazeGrid draw_maze(const Settings& resolved, const WorldSeed& seed) {
  MazeGrid grid;
  grid.width = static_cast<int>(resolved.integer("width"));
  grid.height = static_cast<int>(resolved.integer("height"));
  std::vector<std::pair<double, int>> free;  // cells in a random order
  for (int cell = 0; cell < grid.width * grid.height; ++cell) {
    const std::size_t item = cell_item(grid, cell);
    grid.wall.push_back(world_uniform(seed, WorldPart::walls, 0, item) < resolved.real("walls"));
    if (!grid.wall.back()) free.emplace_back(world_uniform(seed, WorldPart::places, 0, item), cell);
  }
  std::ranges::sort(free);
  const auto goals = static_cast<std::size_t>(resolved.integer("goals"));
  const auto starts = prompt_count(resolved);
  if (free.size() < goals + starts) throw Undrawable{"walls", "walls left too few cells; lower walls"};
  for (std::size_t i = 0; i < goals + starts; ++i)
    (i < goals ? grid.goals : grid.starts).push_back(free[i].second);
  return grid;
}

}  // namespace twostage
