#include "results/store/csv.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <ostream>

namespace twostage {
namespace {

std::string field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    quoted += c;
    if (c == '"') quoted += c;
  }
  return quoted + '"';
}

template <typename Number>
std::string field(Number value) {
  if constexpr (std::is_floating_point_v<Number>) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "Inf" : "-Inf";
  }
  char digits[32];
  return {digits, std::to_chars(digits, digits + sizeof digits, value).ptr};
}

template <typename Values>
std::string field(const Values& values, std::size_t i) {
  return std::visit([i](const auto& v) { return field(v[i]); }, values);
}

}  // namespace

std::vector<DimensionNames> csv_tables(const Dataset& dataset) {
  std::vector<DimensionNames> tables;
  for (const auto& variable : dataset.variables) {
    if (variable.dimensions.empty()) continue;
    if (std::ranges::find(tables, variable.dimensions) == tables.end()) tables.push_back(variable.dimensions);
  }
  return tables;
}

void write_csv(const Dataset& dataset, const DimensionNames& dimensions, std::ostream& out) {
  std::vector<const Dimension*> axes;
  std::vector<const Variable*> columns;
  std::vector<std::size_t> shape;
  std::string header;
  for (const auto& name : dimensions) {
    axes.push_back(&dataset.dimension(name));
    shape.push_back(axes.back()->size());
    if (!header.empty()) header += ',';
    header += field(name);
  }
  for (const auto& variable : dataset.variables) {
    if (variable.dimensions != dimensions) continue;
    columns.push_back(&variable);
    header += ',';
    header += field(variable.name);
  }
  out << header << '\n';
  for (std::size_t element = 0; element < volume(shape); ++element) {
    std::size_t stride = volume(shape);
    for (std::size_t d = 0; d < axes.size(); ++d) {
      stride /= shape[d];
      out << (d ? "," : "") << field(axes[d]->coordinate, element / stride % shape[d]);
    }
    for (const auto* column : columns) out << ',' << field(column->data, element);
    out << '\n';
  }
}

void write_csv(const Dataset& dataset, std::ostream& out) {
  bool first = true;
  for (const auto& table : csv_tables(dataset)) {
    if (!first) out << '\n';
    write_csv(dataset, table, out);
    first = false;
  }
}

}  // namespace twostage
