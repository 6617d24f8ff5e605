#include "results/dataset/csv.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <ostream>
#include <sstream>
#include <string_view>
#include <type_traits>

namespace twostage {
namespace {

using DimensionNames = std::vector<std::string>;

// Spreadsheets take a text that begins like this for a formula, and run it.
bool is_formula(const std::string& text) {
  return !text.empty() && std::string_view("=+-@\t\r\n").find(text.front()) != std::string_view::npos;
}

bool is_text(const Variable& variable) {
  return std::holds_alternative<std::vector<std::string>>(variable.data);
}

bool lies_within(const DimensionNames& inner, const DimensionNames& outer) {
  return std::ranges::all_of(
      inner, [&](const std::string& name) { return std::ranges::find(outer, name) != outer.end(); });
}

// How far apart the elements of a variable lie along each dimension of a table; 0 where it does not vary.
std::vector<std::size_t> strides_in(const Dataset& dataset, const DimensionNames& table,
                                    const Variable& variable) {
  std::vector<std::size_t> strides(table.size(), 0);
  std::size_t stride = 1;
  for (std::size_t d = variable.dimensions.size(); d-- > 0;) {
    const auto at = std::ranges::find(table, variable.dimensions[d]) - table.begin();
    strides[static_cast<std::size_t>(at)] = stride;
    stride *= dataset.dimension(variable.dimensions[d]).size();
  }
  return strides;
}

// The names of a variable's values (CF flag_values and flag_meanings); empty when it has none.
std::map<std::uint8_t, std::string> flags_of(const Variable& variable) {
  const auto values = variable.attributes.find("flag_values");
  const auto meanings = variable.attributes.find("flag_meanings");
  if (values == variable.attributes.end() || meanings == variable.attributes.end()) return {};
  const auto* codes = std::get_if<std::vector<std::uint8_t>>(&values->second);
  const auto* names = std::get_if<std::string>(&meanings->second);
  if (!codes || !names) return {};
  std::map<std::uint8_t, std::string> flags;
  std::istringstream words(*names);
  std::string word;
  for (std::size_t i = 0; i < codes->size() && words >> word; ++i) flags[(*codes)[i]] = word;
  return flags;
}

class Column {
 public:
  Column(const Dataset& dataset, const DimensionNames& table, const Variable& variable)
      : variable_(variable), strides_(strides_in(dataset, table, variable)), flags_(flags_of(variable)) {}

  std::string operator()(const std::vector<std::size_t>& at) const {
    std::size_t i = 0;
    for (std::size_t d = 0; d < at.size(); ++d) i += at[d] * strides_[d];
    return std::visit([&](const auto& values) { return field(values[i]); }, variable_.data);
  }

 private:
  std::string field(std::uint8_t value) const {
    const auto name = flags_.find(value);
    return name != flags_.end() ? csv_field(name->second) : csv_field(static_cast<std::int64_t>(value));
  }
  template <typename Value>
  std::string field(const Value& value) const {
    return csv_field(value);
  }

  const Variable& variable_;
  std::vector<std::size_t> strides_;
  std::map<std::uint8_t, std::string> flags_;
};

// Which rows of a table belong to results that were not run: those where `status`, if all of its dimensions
// are among the table's, has the flag not_run.
class NotRun {
 public:
  NotRun(const Dataset& dataset, const DimensionNames& table) {
    if (!dataset.has_variable("status")) return;
    const Variable& status = dataset.variable("status");
    const auto* values = std::get_if<std::vector<std::uint8_t>>(&status.data);
    if (!values || !lies_within(status.dimensions, table)) return;
    for (const auto& [code, name] : flags_of(status))
      if (name == "not_run") code_ = code, status_ = values;
    strides_ = strides_in(dataset, table, status);
  }

  bool operator()(const std::vector<std::size_t>& at) const {
    if (!status_) return false;
    std::size_t i = 0;
    for (std::size_t d = 0; d < at.size(); ++d) i += at[d] * strides_[d];
    return (*status_)[i] == code_;
  }

 private:
  const std::vector<std::uint8_t>* status_ = nullptr;
  std::uint8_t code_ = 0;
  std::vector<std::size_t> strides_;
};

DimensionNames main_dimensions(const Dataset& dataset) {
  if (dataset.has_variable("status")) return dataset.variable("status").dimensions;
  DimensionNames most;
  for (const Variable& variable : dataset.variables)
    if (variable.dimensions.size() > most.size()) most = variable.dimensions;
  return most;
}

bool is_in_main_table(const Variable& variable, const DimensionNames& main) {
  return lies_within(variable.dimensions, main) && !(is_text(variable) && variable.dimensions.empty());
}

std::string coordinate_field(const Dimension& axis, std::size_t index) {
  return std::visit(
      [index](const auto& values) {
        if constexpr (std::is_same_v<std::decay_t<decltype(values)>, std::vector<std::uint8_t>>)
          return csv_field(static_cast<std::int64_t>(values[index]));
        else
          return csv_field(values[index]);
      },
      axis.coordinate);
}

// Whether there is a next element, in row-major order.
bool advance(std::vector<std::size_t>& at, const std::vector<std::size_t>& shape) {
  for (std::size_t d = at.size(); d-- > 0;) {
    if (++at[d] < shape[d]) return true;
    at[d] = 0;
  }
  return false;
}

}  // namespace

std::string csv_field(const std::string& content) {
  std::string text = (is_formula(content) ? "'" : "") + content;
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    quoted += c;
    if (c == '"') quoted += c;
  }
  return quoted + '"';
}

std::string csv_field(std::int64_t number) {
  return std::to_string(number);
}

std::string csv_field(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "Inf" : "-Inf";
  char digits[32];
  std::string text(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

CsvTable main_table(const Dataset& dataset) {
  CsvTable table{main_dimensions(dataset), {}};
  for (const Variable& variable : dataset.variables)
    if (is_in_main_table(variable, table.dimensions)) table.variables.push_back(variable.name);
  return table;
}

std::vector<CsvTable> other_tables(const Dataset& dataset) {
  const DimensionNames main = main_dimensions(dataset);
  std::vector<CsvTable> tables;
  for (const Variable& variable : dataset.variables) {
    if (is_in_main_table(variable, main)) continue;
    auto table = std::ranges::find(tables, variable.dimensions, &CsvTable::dimensions);
    if (table == tables.end()) table = tables.insert(table, {variable.dimensions, {}});
    table->variables.push_back(variable.name);
  }
  return tables;
}

void write_csv(const Dataset& dataset, const CsvTable& table, std::ostream& out) {
  std::vector<const Dimension*> axes;
  std::vector<std::vector<std::string>> names;  // of their coordinates; none for numbers
  std::vector<std::size_t> shape;
  std::vector<Column> columns;
  std::string header;
  const auto add_heading = [&](const std::string& name) {
    if (!header.empty()) header += ',';
    header += csv_field(name);
  };
  for (const std::string& name : table.dimensions) {
    axes.push_back(&dataset.dimension(name));
    names.push_back(words(*axes.back()));
    shape.push_back(axes.back()->size());
    add_heading(name);
  }
  for (const std::string& name : table.variables) {
    columns.emplace_back(dataset, table.dimensions, dataset.variable(name));
    add_heading(name);
  }
  out << header << '\n';
  if (volume(shape) == 0) return;
  const NotRun not_run(dataset, table.dimensions);
  std::vector<std::size_t> at(shape.size(), 0);
  do {
    if (not_run(at)) continue;
    bool first = true;
    const auto add = [&](const std::string& field) {
      if (!first) out << ',';
      out << field;
      first = false;
    };
    for (std::size_t d = 0; d < axes.size(); ++d)
      add(names[d].empty() ? coordinate_field(*axes[d], at[d]) : csv_field(names[d][at[d]]));
    for (const Column& column : columns) add(column(at));
    out << '\n';
  } while (advance(at, shape));
}

}  // namespace twostage
