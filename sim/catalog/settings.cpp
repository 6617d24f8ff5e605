#include "sim/catalog/settings.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>

namespace twostage {
namespace {

constexpr std::array kKindNames = {"true or false", "an integer", "a number", "a text", "a list of numbers"};

std::string number_text(double x) {
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), x).ptr;
  return {buffer.data(), end};
}

std::string join(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& w : words) out += (out.empty() ? "" : ", ") + w;
  return out;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitute = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitute});
    }
  }
  return row.back();
}

void check_range(const Knob& knob, double x, const std::string& as_given, std::string_view what) {
  if (x >= knob.min && x <= knob.max) return;
  throw InputError(knob.name, std::string(what) + ": " + knob.name + " = " + as_given +
                                  " is out of range; valid: " + number_text(knob.min) + " to " +
                                  number_text(knob.max));
}

Value convert(const Knob& knob, const Value& given, std::string_view what) {
  Value value = given;
  if (knob.kind() == Kind::real && std::holds_alternative<std::int64_t>(given))
    value = static_cast<double>(std::get<std::int64_t>(given));
  if (value.index() != knob.fallback.index())
    throw InputError(knob.name, std::string(what) + ": " + knob.name + " must be " +
                                    kKindNames[knob.fallback.index()] + ", not " + kKindNames[given.index()] +
                                    " (" + to_text(given) + ")");
  switch (knob.kind()) {
    case Kind::boolean:
      break;
    case Kind::integer:
      check_range(knob, static_cast<double>(std::get<std::int64_t>(value)), to_text(value), what);
      break;
    case Kind::real:
      check_range(knob, std::get<double>(value), to_text(value), what);
      break;
    case Kind::reals:
      for (const double x : std::get<std::vector<double>>(value)) check_range(knob, x, number_text(x), what);
      break;
    case Kind::text: {
      const auto& word = std::get<std::string>(value);
      if (!knob.choices.empty() && std::ranges::find(knob.choices, word) == knob.choices.end())
        throw InputError(knob.name, std::string(what) + ": " + unknown_name(knob.name, word, knob.choices));
      break;
    }
  }
  return value;
}

}  // namespace

const Value& Settings::at(std::string_view name) const {
  const auto it = values_.find(name);
  if (it == values_.end()) throw std::logic_error("setting '" + std::string(name) + "' was not resolved");
  return it->second;
}

bool Settings::boolean(std::string_view name) const {
  return std::get<bool>(at(name));
}
std::int64_t Settings::integer(std::string_view name) const {
  return std::get<std::int64_t>(at(name));
}
double Settings::real(std::string_view name) const {
  const Value& v = at(name);
  if (const auto* i = std::get_if<std::int64_t>(&v)) return static_cast<double>(*i);
  return std::get<double>(v);
}
const std::string& Settings::text(std::string_view name) const {
  return std::get<std::string>(at(name));
}
const std::vector<double>& Settings::reals(std::string_view name) const {
  return std::get<std::vector<double>>(at(name));
}

Settings resolve(const std::vector<Knob>& knobs, const Settings& given, std::string_view what) {
  for (const auto& [name, value] : given.values()) {
    if (std::ranges::find(knobs, name, &Knob::name) != knobs.end()) continue;
    std::vector<std::string> names;
    for (const auto& knob : knobs) names.push_back(knob.name);
    throw InputError(name, std::string(what) + ": " + unknown_name("key", name, names));
  }
  Settings out;
  for (const auto& knob : knobs) {
    const auto it = given.values().find(knob.name);
    Value value = it == given.values().end() ? knob.fallback : convert(knob, it->second, what);
    if (!knob.unstated || value != knob.fallback) out.set(knob.name, std::move(value));
  }
  return out;
}

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(2, word.size() / 2) + 1;
  for (const auto& c : candidates)
    if (const std::size_t d = edit_distance(word, c); d < best_distance) {
      best = c;
      best_distance = d;
    }
  return best;
}

std::string unknown_name(std::string_view kind, std::string_view word,
                         const std::vector<std::string>& valid) {
  constexpr std::size_t longest = 100;  // that is worth showing or comparing
  const bool shown = word.size() <= longest;
  const std::string near = shown ? nearest(word, valid) : "";
  return "unknown " + std::string(kind) + " '" + std::string(word.substr(0, longest)) +
         (shown ? "'" : "...'") + (near.empty() ? "" : "; did you mean '" + near + "'?") +
         (near.empty() ? "; " : " ") + (valid.empty() ? "it has none" : "valid: " + join(valid));
}

std::string to_text(const Value& value) {
  struct Visitor {
    std::string operator()(bool b) const { return b ? "true" : "false"; }
    std::string operator()(std::int64_t i) const { return std::to_string(i); }
    std::string operator()(double x) const { return number_text(x); }
    std::string operator()(const std::string& s) const { return s; }
    std::string operator()(const std::vector<double>& xs) const {
      std::string out = "[";
      for (std::size_t i = 0; i < xs.size(); ++i) out += (i ? ", " : "") + number_text(xs[i]);
      return out + "]";
    }
  };
  return std::visit(Visitor{}, value);
}

}  // namespace twostage
