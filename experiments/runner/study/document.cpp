#include "experiments/runner/study/document.hpp"

namespace twostage {

std::string Place::text() const {
  if (line == 0) return source;
  return source + ":" + std::to_string(line) + ":" + std::to_string(column);
}

std::string_view Node::kind() const {
  constexpr std::string_view names[] = {"true or false", "an integer", "a number",
                                        "a text",        "a list",     "a table"};
  return names[value.index()];
}

void fail_at(const Place& place, std::string_view key, const std::string& message) {
  throw InputError(std::string(key), (place.known() ? place.text() + ": " : "") + message);
}

namespace {

// Rows of equal length are read one after the other.
std::vector<double> numbers_of(const Node& list, std::string_view key) {
  std::vector<double> numbers;
  std::size_t width = 0;
  for (const Node& item : *list.list()) {
    if (const auto* i = std::get_if<std::int64_t>(&item.value)) {
      numbers.push_back(static_cast<double>(*i));
    } else if (const auto* x = std::get_if<double>(&item.value)) {
      numbers.push_back(*x);
    } else if (item.list()) {
      const auto row = numbers_of(item, key);
      if (!numbers.empty() && row.size() != width)
        fail_at(item.place, key,
                std::string(key) + ": this row has " + std::to_string(row.size()) +
                    " numbers, the first has " + std::to_string(width));
      width = row.size();
      numbers.insert(numbers.end(), row.begin(), row.end());
      continue;
    } else {
      fail_at(item.place, key,
              std::string(key) + " must be a list of numbers; it holds " + std::string(item.kind()));
    }
    if (width > 0) fail_at(item.place, key, std::string(key) + " mixes numbers and rows of numbers");
  }
  return numbers;
}

}  // namespace

Value to_value(const Node& node, std::string_view key) {
  if (const auto* b = std::get_if<bool>(&node.value)) return *b;
  if (const auto* i = std::get_if<std::int64_t>(&node.value)) return *i;
  if (const auto* x = std::get_if<double>(&node.value)) return *x;
  if (const auto* s = std::get_if<std::string>(&node.value)) return *s;
  if (node.table()) fail_at(node.place, key, std::string(key) + " must be a single value, not a table");
  return numbers_of(node, key);
}

}  // namespace twostage
