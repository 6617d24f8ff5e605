#include "results/dataset/describe.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <ostream>
#include <sstream>

#include "sim/catalog/plain_text.hpp"
#include "sim/catalog/text_table.hpp"

namespace twostage {
namespace {

std::string text(const Attributes& attributes, std::string_view name) {
  const auto it = attributes.find(name);
  const auto* value = it == attributes.end() ? nullptr : std::get_if<std::string>(&it->second);
  return value ? plain_text(*value) : "";
}

std::string to_text(const Attribute& attribute) {
  return plain_text(std::visit([](const auto& value) { return fmt::format("{}", value); }, attribute));
}

// "Regret to the optimal policy [reward]"
std::string label(const Attributes& attributes) {
  const std::string units = text(attributes, "units");
  return text(attributes, "long_name") + (units.empty() ? "" : " [" + units + "]");
}

template <typename Item>
std::string listed(const std::vector<Item>& values) {
  const std::size_t shown = 8;
  const auto end = values.begin() + static_cast<std::ptrdiff_t>(std::min(shown, values.size()));
  const auto first = fmt::format("{}", fmt::join(values.begin(), end, ", "));
  return plain_text(values.size() > shown ? fmt::format("{}, …, {}", first, values.back()) : first);
}

std::string coordinates(const Dimension& dimension) {
  if (const auto names = words(dimension); !names.empty()) return listed(names);
  return std::visit(
      [](const auto& values) {
        if constexpr (std::is_same_v<std::decay_t<decltype(values)>, Index>)
          return std::string("(counted)");
        else
          return listed(values);
      },
      dimension.coordinate);
}

std::string summary(const std::vector<double>& values, const Attributes&) {
  double low = HUGE_VAL, high = -HUGE_VAL;
  std::size_t missing = 0;
  for (const double x : values) {
    missing += std::isnan(x);
    low = std::fmin(low, x);
    high = std::fmax(high, x);
  }
  if (missing == values.size()) return "all missing";
  const std::string range =
      low == high ? fmt::format("{:.6g}", low) : fmt::format("{:.6g} … {:.6g}", low, high);
  return missing == 0 ? range : fmt::format("{}, {} of {} missing", range, missing, values.size());
}

std::string summary(const std::vector<std::int64_t>& values, const Attributes&) {
  if (values.empty()) return "";
  const auto [low, high] = std::ranges::minmax(values);
  return low == high ? fmt::format("{}", low) : fmt::format("{} … {}", low, high);
}

// Counts per flag where CF attributes name the values: "ok 398, not_converged 2".
std::string summary(const std::vector<std::uint8_t>& values, const Attributes& attributes) {
  const auto it = attributes.find("flag_values");
  const auto* flags = it == attributes.end() ? nullptr : std::get_if<std::vector<std::uint8_t>>(&it->second);
  if (!flags) return summary(std::vector<std::int64_t>(values.begin(), values.end()), attributes);
  std::istringstream meanings(text(attributes, "flag_meanings"));
  std::vector<std::string> counts;
  for (const auto flag : *flags) {
    std::string meaning;
    if (!(meanings >> meaning)) meaning = std::to_string(flag);
    if (const auto count = std::ranges::count(values, flag))
      counts.push_back(fmt::format("{} {}", meaning, count));
  }
  return fmt::format("{}", fmt::join(counts, ", "));
}

std::string summary(const std::vector<std::string>& values, const Attributes&) {
  if (values.size() != 1) return fmt::format("{} texts", values.size());
  const auto lines = std::ranges::count(values[0], '\n');
  return lines == 0 ? plain_text(values[0])
                    : fmt::format("text of {} lines", lines + !values[0].ends_with('\n'));
}

// Every list of dimensions that variables lie over, in order of first appearance.
std::vector<std::vector<std::string>> lists_of_dimensions(const Dataset& dataset) {
  std::vector<std::vector<std::string>> lists;
  for (const auto& variable : dataset.variables)
    if (std::ranges::find(lists, variable.dimensions) == lists.end()) lists.push_back(variable.dimensions);
  return lists;
}

}  // namespace

void describe(const Dataset& dataset, std::ostream& out, std::size_t width) {
  using Align = TextTable::Align;
  if (const auto title = text(dataset.attributes, "title"); !title.empty())
    out << wrapped(title, width, "", 2) << "\n\n";
  TextTable dimensions({{"", Align::left}, {"", Align::right}, {"", Align::text}, {"", Align::text}}, 2);
  for (const auto& dimension : dataset.dimensions)
    dimensions.row({plain_text(dimension.name), fmt::format("{}", dimension.size()), coordinates(dimension),
                    label(dimension.attributes)});
  if (!dataset.dimensions.empty()) out << "dimensions\n" << dimensions.text(width);
  for (const auto& list : lists_of_dimensions(dataset)) {
    TextTable variables({{"", Align::left}, {"", Align::text}, {"", Align::text}}, 2);
    for (const auto& variable : dataset.variables)
      if (variable.dimensions == list)
        variables.row(
            {plain_text(variable.name),
             std::visit([&](const auto& v) { return summary(v, variable.attributes); }, variable.data),
             label(variable.attributes)});
    const std::string title = list.empty()
                                  ? "variables without a dimension"
                                  : plain_text(fmt::format("variables over ({})", fmt::join(list, ", ")));
    out << wrapped(title, width, "", 2) << '\n' << variables.text(width);
  }
  if (!dataset.attributes.empty()) out << "attributes\n";
  for (const auto& [name, value] : dataset.attributes)
    if (name != "title")
      out << wrapped(to_text(value), width, fmt::format("  {}: ", plain_text(name)), 4) << '\n';
}

}  // namespace twostage
