#include "results/dataset/dataset.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <set>
#include <sstream>
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

void require(bool holds, const std::string& message) {
  if (!holds) throw std::invalid_argument("Dataset: " + message);
}

// HDF5 stores text as C strings.
void validate_text(const std::string& text, const std::string& owner) {
  require(text.find('\0') == std::string::npos, owner + " contains a zero byte");
}

void validate_name(const std::string& name) {
  require(!name.empty() && name != "." && name.find('/') == std::string::npos,
          "'" + name + "' is no valid name");
  validate_text(name, "the name '" + name + "'");
}

// Does a shape, whose product may exceed every number, have so many elements?
bool has_elements(const std::vector<std::size_t>& shape, std::size_t count) {
  if (std::ranges::find(shape, std::size_t{0}) != shape.end()) return count == 0;
  for (const std::size_t length : shape) {
    if (count % length != 0) return false;
    count /= length;
  }
  return count == 1;
}

template <typename Values>
void validate_texts(const Values& values, const std::string& owner) {
  if (const auto* texts = std::get_if<std::vector<std::string>>(&values)) {
    for (const auto& text : *texts) validate_text(text, owner);
  }
}

void validate_attributes(const Attributes& attributes, const std::string& owner) {
  for (const auto& [name, value] : attributes) {
    validate_name(name);
    if (const auto* text = std::get_if<std::string>(&value))
      validate_text(*text, owner + ", attribute " + name);
  }
}

}  // namespace

const Dimension& Dataset::dimension(std::string_view name) const {
  return find(dimensions, "dimension", name);
}
const Variable& Dataset::variable(std::string_view name) const {
  return find(variables, "variable", name);
}
std::vector<std::size_t> Dataset::shape(const Variable& variable) const {
  std::vector<std::size_t> shape;
  for (const auto& name : variable.dimensions) shape.push_back(dimension(name).size());
  return shape;
}
bool Dataset::has_variable(std::string_view name) const {
  return std::ranges::find(variables, name, &Variable::name) != variables.end();
}

std::size_t volume(const std::vector<std::size_t>& shape) {
  return std::accumulate(shape.begin(), shape.end(), std::size_t{1}, std::multiplies<>());
}

std::size_t size(const Variable& variable) {
  return std::visit([](const auto& values) { return values.size(); }, variable.data);
}

std::vector<std::string> words(const Dimension& dimension) {
  if (const auto* texts = std::get_if<std::vector<std::string>>(&dimension.coordinate)) return *texts;
  const auto* bytes = std::get_if<std::vector<std::uint8_t>>(&dimension.coordinate);
  if (!bytes) return {};
  std::map<std::uint8_t, std::string> names;
  const auto values = dimension.attributes.find("flag_values");
  const auto meanings = dimension.attributes.find("flag_meanings");
  if (values != dimension.attributes.end() && meanings != dimension.attributes.end()) {
    const auto* numbers = std::get_if<std::vector<std::uint8_t>>(&values->second);
    const auto* text = std::get_if<std::string>(&meanings->second);
    std::istringstream stream(text ? *text : "");
    std::string word;
    for (std::size_t i = 0; numbers && i < numbers->size() && stream >> word; ++i)
      names[(*numbers)[i]] = word;
  }
  std::vector<std::string> out;
  for (const std::uint8_t byte : *bytes)
    out.push_back(names.contains(byte) ? names[byte] : std::to_string(byte));
  return out;
}

void validate(const Dataset& dataset) {
  std::set<std::string> names;
  for (const auto& dimension : dataset.dimensions) {
    validate_name(dimension.name);
    require(names.insert(dimension.name).second, "dimension '" + dimension.name + "' stands twice");
    validate_texts(dimension.coordinate, "dimension '" + dimension.name + "'");
    validate_attributes(dimension.attributes, "dimension '" + dimension.name + "'");
  }
  const auto dimensions = names;
  for (const auto& variable : dataset.variables) {
    const std::string owner = "variable '" + variable.name + "'";
    validate_name(variable.name);
    require(names.insert(variable.name).second, owner + " stands twice, or is named like a dimension");
    for (auto it = variable.dimensions.begin(); it != variable.dimensions.end(); ++it) {
      require(dimensions.contains(*it), owner + " lies on '" + *it + "', which is no dimension");
      require(std::find(variable.dimensions.begin(), it, *it) == it, owner + " lies twice on '" + *it + "'");
    }
    const std::vector<std::size_t> shape = dataset.shape(variable);
    std::string product = shape.empty() ? "1" : "";
    for (const std::size_t length : shape) product += (product.empty() ? "" : " x ") + std::to_string(length);
    require(has_elements(shape, size(variable)), owner + " holds " + std::to_string(size(variable)) +
                                                     " values, its dimensions ask for " + product);
    validate_texts(variable.data, owner);
    validate_attributes(variable.attributes, owner);
  }
  validate_attributes(dataset.attributes, "the dataset");
}

}  // namespace twostage
