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

// A dimension and its coordinate variable of the same name.
struct Dimension {
  std::string name;
  std::variant<std::vector<std::int64_t>, std::vector<double>, std::vector<std::string>> coordinate;
  Attributes attributes = {};  // long_name, units, definition

  std::size_t size() const {
    return std::visit([](const auto& v) { return v.size(); }, coordinate);
  }
};

// Row-major data over `dimensions` (slowest first). No dimension: a scalar.
struct Variable {
  std::string name;
  std::vector<std::string> dimensions;
  std::variant<std::vector<double>, std::vector<std::int64_t>, std::vector<std::uint8_t>, std::vector<std::string>>
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
  bool has_variable(std::string_view name) const;
};

}  // namespace twostage
