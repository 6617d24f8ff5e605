#include "results/store/dataset.hpp"

#include <algorithm>
#include <stdexcept>

#include "sim/catalog/settings.hpp"

namespace twostage {
namespace {

template <typename Item>
const Item& find(const std::vector<Item>& items, std::string_view kind, std::string_view name) {
  const auto it = std::ranges::find(items, name, &Item::name);
  if (it != items.end()) return *it;
  std::vector<std::string> names;
  for (const auto& item : items) names.push_back(item.name);
  throw std::out_of_range(unknown_name(kind, name, names));
}

}  // namespace

const Dimension& Dataset::dimension(std::string_view name) const { return find(dimensions, "dimension", name); }
const Variable& Dataset::variable(std::string_view name) const { return find(variables, "variable", name); }
bool Dataset::has_variable(std::string_view name) const {
  return std::ranges::find(variables, name, &Variable::name) != variables.end();
}

}  // namespace twostage
