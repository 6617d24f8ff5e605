// Dataset: named variables over named dimensions, in memory. The runner fills one, the store writes and reads
// it as netCDF-4-style HDF5, verdicts are computed from it. The same model as an xarray.Dataset.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace twostage {

// Attribute values; small arrays for CF flag_values.
using Attribute = std::variant<std::string, std::int64_t, double, std::vector<std::uint8_t>>;
using Attributes = std::map<std::string, Attribute, std::less<>>;

// The positions 0 … length - 1: a dimension that is counted, not labelled (edges, pairs). It has no
// coordinate variable in a file.
struct Index {
  std::size_t length = 0;
  std::size_t size() const { return length; }
  std::int64_t operator[](std::size_t i) const { return static_cast<std::int64_t>(i); }
};

// A dimension and its coordinate variable of the same name.
struct Dimension {
  std::string name;
  // Bytes are named values (CF flag_values and flag_meanings), as those of variables.
  std::variant<std::vector<std::int64_t>, std::vector<double>, std::vector<std::string>,
               std::vector<std::uint8_t>, Index>
      coordinate;
  Attributes attributes = {};  // long_name, units, definition

  std::size_t size() const {
    return std::visit([](const auto& v) { return v.size(); }, coordinate);
  }
};

// Row-major data over `dimensions` (slowest first). No dimension: a scalar.
struct Variable {
  std::string name;
  std::vector<std::string> dimensions;
  std::variant<std::vector<double>, std::vector<std::int64_t>, std::vector<std::uint8_t>,
               std::vector<std::string>>
      data;
  Attributes attributes = {};
};

struct Dataset {
  std::vector<Dimension> dimensions;
  std::vector<Variable> variables;  // in creation order
  Attributes attributes = {};

  // Throw std::out_of_range naming the valid choices.
  const Dimension& dimension(std::string_view name) const;
  const Variable& variable(std::string_view name) const;
  std::vector<std::size_t> shape(const Variable& variable) const;
  bool has_variable(std::string_view name) const;
};

// Number of elements of a shape.
std::size_t volume(const std::vector<std::size_t>& shape);

// Number of values a variable holds.
std::size_t size(const Variable& variable);

// The coordinate in words: texts as they are, named values by their names (by their number where they have
// none). Empty for numbers.
std::vector<std::string> words(const Dimension& dimension);

// Throws std::invalid_argument, naming the culprit, unless names are unique and free of '/', every
// variable's dimensions exist and differ, its data fill its shape, and no text contains a zero byte.
void validate(const Dataset& dataset);

}  // namespace twostage
