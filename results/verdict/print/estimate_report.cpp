#include "results/verdict/print/estimate_report.hpp"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <type_traits>

#include "results/dataset/csv.hpp"
#include "results/verdict/print/numbers.hpp"
#include "sim/catalog/plain_text.hpp"
#include "sim/catalog/text_table.hpp"

namespace twostage {
namespace {

using Json = nlohmann::ordered_json;
using Align = TextTable::Align;

const char* status(const Estimate& row) {
  if (std::isnan(row.low) || std::isnan(row.high)) return "no_interval";
  return std::isinf(row.low) || std::isinf(row.high) ? "unbounded" : "ok";
}

// The value of a coordinate through `convert`; a default one where there is none.
template <typename Result, typename Convert>
Result converted(const Coordinate& at, Convert convert) {
  return std::visit(
      [&](const auto& value) -> Result {
        if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::monostate>)
          return Result();
        else
          return convert(value);
      },
      at);
}

std::string shown(const Coordinate& at) {
  return plain_text(converted<std::string>(at, [](const auto& value) { return fmt::format("{}", value); }));
}

Json json_of(const Coordinate& at) {
  return converted<Json>(at, [](const auto& value) { return Json(value); });
}

std::string csv_of(const Coordinate& at) {
  return converted<std::string>(at, [](const auto& value) {
    if constexpr (std::is_same_v<std::decay_t<decltype(value)>, bool>)
      return std::string(value ? "true" : "false");
    else
      return csv_field(value);
  });
}

// The axes that a block has rows of, as places among the table's.
std::vector<std::size_t> axes_of(const EstimateTable& table, const EstimateBlock& block) {
  std::vector<std::size_t> axes;
  for (std::size_t a = 0; a < table.axes.size(); ++a)
    if (std::ranges::any_of(block.rows, [a](const Estimate& row) {
          return !std::holds_alternative<std::monostate>(row.at[a]);
        }))
      axes.push_back(a);
  return axes;
}

std::string block_text(const EstimateTable& table, const EstimateBlock& block, std::size_t width) {
  const std::vector<std::size_t> axes = axes_of(table, block);
  const bool left_out = std::ranges::any_of(block.rows, [](const Estimate& row) { return row.left_out > 0; });
  const bool notes = std::ranges::any_of(block.rows, [](const Estimate& row) { return !row.note.empty(); });
  std::vector<TextTable::Column> columns;
  for (const std::size_t a : axes) {
    const Coordinate& first = block.rows.front().at[a];
    const bool name = std::holds_alternative<std::string>(first) || std::holds_alternative<bool>(first);
    columns.push_back({plain_text(table.axes[a]), name ? Align::left : Align::right});
  }
  columns.push_back({"replicates", Align::right});
  if (left_out) columns.push_back({"left out", Align::right});
  for (const char* heading : {"estimate", "lower", "upper"}) columns.push_back({heading, Align::right});
  if (notes) columns.push_back({"note", Align::text});
  TextTable text(std::move(columns));
  for (const Estimate& row : block.rows) {
    std::vector<std::string> entries;
    for (const std::size_t a : axes) entries.push_back(shown(row.at[a]));
    entries.push_back(fmt::format("{}", row.replicates));
    if (left_out) entries.push_back(row.left_out > 0 ? fmt::format("{}", row.left_out) : "");
    for (const double x : {row.estimate, row.low, row.high}) entries.push_back(number(x));
    if (notes) entries.push_back(plain_text(row.note));
    text.row(std::move(entries));
  }
  return text.text(width);
}

}  // namespace

void print_estimates(std::ostream& out, const EstimateTable& table, std::size_t width) {
  std::string said = fmt::format("intervals at {:.10g} %, each by itself", 100 * table.level);
  if (!table.where.empty()) said += ", where " + plain_text(table.where);
  fmt::print(out, "{}\n", wrapped(said, width, "", 2));
  for (const EstimateBlock& block : table.blocks) {
    fmt::print(out, "\n{}\n", wrapped(plain_text(block.estimand), width, "", 2));
    fmt::print(out, "{}", block_text(table, block, width));
  }
}

void write_estimates_csv(std::ostream& out, const EstimateTable& table) {
  for (const std::string& axis : table.axes) out << csv_field(axis) << ',';
  out << "estimand,replicates,left_out,estimate,lower,upper,status,note\n";
  for (const EstimateBlock& block : table.blocks)
    for (const Estimate& row : block.rows) {
      for (const Coordinate& at : row.at) out << csv_of(at) << ',';
      out << csv_field(block.estimand) << ',' << row.replicates << ',' << row.left_out;
      for (const double x : {row.estimate, row.low, row.high}) out << ',' << csv_field(rounded(x));
      out << ',' << status(row) << ',' << csv_field(row.note) << '\n';
    }
}

std::string estimates_json(std::string_view study, const EstimateTable& table, const std::string& part) {
  Json out = {{"study", study},
              {"level", table.level},
              {"where", or_null(table.where)},
              {"part", or_null(part)},
              {"rows", Json::array()}};
  for (const EstimateBlock& block : table.blocks)
    for (const Estimate& row : block.rows) {
      Json fields = Json::object();
      for (std::size_t a = 0; a < table.axes.size(); ++a) fields[table.axes[a]] = json_of(row.at[a]);
      fields["estimand"] = block.estimand;
      fields["replicates"] = row.replicates;
      fields["left_out"] = row.left_out;
      fields["estimate"] = json_number(row.estimate);
      fields["lower"] = json_number(row.low);
      fields["upper"] = json_number(row.high);
      fields["status"] = status(row);
      fields["note"] = or_null(row.note);
      out["rows"].push_back(std::move(fields));
    }
  // Names of files and arguments may hold what is no UTF-8.
  return plain_lines(out.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n";
}

}  // namespace twostage
