#include "experiments/runner/study/typed_number.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace twostage {
namespace {

constexpr double kLargestWhole = 9007199254740992.0;  // 2^53: beyond it not every integer is a double
constexpr int kMostDecimals = 15;

struct Typed {
  double value;
  bool whole;    // written without a point, and an integer
  int decimals;  // behind the point, the exponent taken into account
};

std::optional<Typed> typed(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || text.find_first_not_of("0123456789.eE+-") != text.npos ||
      text.find_first_of("0123456789") == text.npos)
    return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  const auto exponent_at = std::min(text.find_first_of("eE"), text.size());
  const auto point = text.find('.');
  if (point == text.npos && exponent_at == text.size() && std::fabs(value) > kLargestWhole)
    return std::nullopt;  // an integer that is none here: whoever uses it says so
  int decimals = point == text.npos ? 0 : static_cast<int>(exponent_at - point) - 1;
  if (exponent_at < text.size()) {
    int exponent = 0;
    const char* digits = text.data() + exponent_at + 1 + (text[exponent_at + 1] == '+' ? 1 : 0);
    std::from_chars(digits, text.data() + text.size(), exponent);
    decimals -= exponent;
  }
  const bool whole = point == text.npos && value == std::floor(value) && std::fabs(value) <= kLargestWhole;
  return Typed{value, whole, std::max(decimals, 0)};
}

Node node_of(double value, bool whole, const Place& place) {
  return whole ? Node{static_cast<std::int64_t>(value), place} : Node{value, place};
}

// The decimal number nearest to x: a whole number over a power of ten, which is rounded once.
double with_decimals(double x, int decimals) {
  double scale = 1;
  for (int i = 0; i < decimals; ++i) scale *= 10;
  const double scaled = x * scale;
  return std::fabs(scaled) > kLargestWhole ? x : std::floor(scaled + 0.5) / scale;
}

}  // namespace

std::optional<std::vector<Node>> typed_numbers(std::string_view text, const Place& place) {
  std::vector<Typed> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(':', begin), text.size());
    const auto part = typed(text.substr(begin, end - begin));
    if (!part || parts.size() == 3) return std::nullopt;
    parts.push_back(*part);
    begin = end + 1;
  }
  const Typed& first = parts[0];
  if (parts.size() == 1) return std::vector<Node>{node_of(first.value, first.whole, place)};

  const std::string range(text);
  const Typed& last = parts[1];
  const Typed step = parts.size() == 3 ? parts[2] : Typed{1, true, 0};
  if (step.value == 0 || (last.value - first.value) / step.value < 0)
    fail_at(place, "", "the range " + range + " never ends; write first:last:step, for example 100:1000:100");
  const double steps = (last.value - first.value) / step.value;
  if (!(steps < static_cast<double>(kLongestRange)))
    fail_at(place, "", "the range " + range + " has more than " + std::to_string(kLongestRange) + " values");
  const double count = std::floor(steps + 0.5);
  if (std::fabs(steps - count) > 1e-9 * std::fmax(1, count))
    fail_at(place, "",
            "the range " + range + " does not reach its end in whole steps; its last value would be " +
                to_text(first.value + std::floor(steps) * step.value));
  const bool whole = first.whole && last.whole && step.whole;
  const int decimals = std::max({first.decimals, last.decimals, step.decimals});
  std::vector<Node> values;
  for (std::int64_t i = 0; i <= static_cast<std::int64_t>(count); ++i) {
    const double x = first.value + static_cast<double>(i) * step.value;
    values.push_back(
        node_of(whole || decimals > kMostDecimals ? x : with_decimals(x, decimals), whole, place));
  }
  return values;
}

}  // namespace twostage
