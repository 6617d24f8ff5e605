#include "results/store/csv.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <ostream>
#include <string_view>

namespace twostage {
namespace {

// Spreadsheets take a text that begins like this for a formula, and run it.
bool is_formula(const std::string& text) {
  return !text.empty() && std::string_view("=+-@\t\r\n").find(text.front()) != std::string_view::npos;
}

std::string field(const std::string& content) {
  const std::string text = (is_formula(content) ? "'" : "") + content;
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

// Which rows of a table belong to results that were not run: those where `status`, if all of its dimensions
// are among the table's, has the flag not_run.
class NotRun {
 public:
  NotRun(const Dataset& dataset, const DimensionNames& dimensions) {
    if (!dataset.has_variable("status")) return;
    const Variable& status = dataset.variable("status");
    const auto meanings = status.attributes.find("flag_meanings");
    const auto* words =
        meanings == status.attributes.end() ? nullptr : std::get_if<std::string>(&meanings->second);
    const auto* values = std::get_if<std::vector<std::uint8_t>>(&status.data);
    if (!values || !words || words->find("not_run") == std::string::npos) return;
    const auto is_here = [&](const std::string& name) {
      return std::ranges::find(dimensions, name) != dimensions.end();
    };
    if (!std::ranges::all_of(status.dimensions, is_here)) return;
    for (const std::string& name : dimensions) lengths_.push_back(dataset.dimension(name).size());
    strides_.assign(dimensions.size(), 0);
    std::size_t stride = 1;
    for (std::size_t d = status.dimensions.size(); d-- > 0;) {
      const auto at = std::ranges::find(dimensions, status.dimensions[d]) - dimensions.begin();
      strides_[static_cast<std::size_t>(at)] = stride;
      stride *= dataset.dimension(status.dimensions[d]).size();
    }
    status_ = values;
  }

  bool operator()(std::size_t element) const {
    if (!status_) return false;
    std::size_t i = 0;
    for (std::size_t d = lengths_.size(); d-- > 0; element /= lengths_[d])
      i += element % lengths_[d] * strides_[d];
    return (*status_)[i] == 255;
  }

 private:
  const std::vector<std::uint8_t>* status_ = nullptr;
  std::vector<std::size_t> lengths_;
  std::vector<std::size_t> strides_;  // of status
};

}  // namespace

std::vector<DimensionNames> csv_tables(const Dataset& dataset) {
  std::vector<DimensionNames> tables;
  for (const auto& variable : dataset.variables) {
    if (variable.dimensions.empty()) continue;
    if (std::ranges::find(tables, variable.dimensions) == tables.end()) tables.push_back(variable.dimensions);
  }
  return tables;
}

void write_csv(const Dataset& dataset, const DimensionNames& dimensions, std::ostream& out,
               std::string_view only) {
  std::vector<const Dimension*> axes;
  std::vector<std::vector<std::string>> names;  // of their coordinates; none for numbers
  std::vector<const Variable*> columns;
  std::vector<std::size_t> shape;
  std::string header;
  for (const auto& name : dimensions) {
    axes.push_back(&dataset.dimension(name));
    names.push_back(words(*axes.back()));
    shape.push_back(axes.back()->size());
    if (!header.empty()) header += ',';
    header += field(name);
  }
  for (const auto& variable : dataset.variables) {
    if (variable.dimensions != dimensions || (!only.empty() && variable.name != only)) continue;
    columns.push_back(&variable);
    header += ',';
    header += field(variable.name);
  }
  out << header << '\n';
  const NotRun not_run(dataset, dimensions);
  for (std::size_t element = 0; element < volume(shape); ++element) {
    if (not_run(element)) continue;
    std::size_t stride = volume(shape);
    for (std::size_t d = 0; d < axes.size(); ++d) {
      stride /= shape[d];
      const std::size_t i = element / stride % shape[d];
      out << (d ? "," : "") << (names[d].empty() ? field(axes[d]->coordinate, i) : field(names[d][i]));
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
