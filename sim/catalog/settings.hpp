// Settings: the checked name = value pairs that describe a world, a class, an algorithm or a penalty.
// A registry entry declares its knobs; `resolve` checks what a study or a command line gives against them
// and fills in the defaults, so that everything downstream reads values that exist and are in range.
#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace twostage {

using Value = std::variant<bool, std::int64_t, double, std::string, std::vector<double>>;

enum class Kind { boolean, integer, real, text, reals };  // same order as Value's alternatives

// What a user may set: its type, default and limits (inclusive), or for text the valid choices (empty =
// any text).
struct Knob {
  std::string name;
  Value fallback;
  double min = 0;
  double max = 0;
  std::vector<std::string> choices = {};
  std::string help;
  // Left out of resolved settings at its fallback: a knob that was added when there were results already.
  bool unstated = false;

  Kind kind() const { return static_cast<Kind>(fallback.index()); }
};

class Settings {
 public:
  bool has(std::string_view name) const { return values_.find(name) != values_.end(); }
  void set(std::string_view name, Value value) {
    values_.insert_or_assign(std::string(name), std::move(value));
  }

  // The value of a resolved knob; std::logic_error when it is missing or of another type. `real` accepts
  // an integer.
  bool boolean(std::string_view name) const;
  std::int64_t integer(std::string_view name) const;
  double real(std::string_view name) const;
  const std::string& text(std::string_view name) const;
  const std::vector<double>& reals(std::string_view name) const;

  // In alphabetical order: the canonical form that configuration hashes are taken of.
  const std::map<std::string, Value, std::less<>>& values() const { return values_; }
  bool operator==(const Settings&) const = default;

 private:
  const Value& at(std::string_view name) const;
  std::map<std::string, Value, std::less<>> values_;
};

// Wrong input: what is wrong, where, and the nearest valid choice. `key` is the setting at fault (empty
// when it is none in particular), so that a reader of files can add line and column.
class InputError : public std::runtime_error {
 public:
  InputError(std::string key, const std::string& message)
      : std::runtime_error(message), key_(std::move(key)) {}
  const std::string& key() const { return key_; }

 private:
  std::string key_;
};

// Checks `given` against `knobs` and fills in defaults (of knobs that are `unstated`, takes them out). `what`
// names the owner in messages, for example "world 'walk'". Throws InputError for an unknown key, a wrong
// type, or a value out of range.
Settings resolve(const std::vector<Knob>& knobs, const Settings& given, std::string_view what);

// The candidate with the smallest edit distance to `word` (empty when none is near).
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

// "unknown world 'wlak'; did you mean 'walk'? valid: bandit, tokens, walk"
std::string unknown_name(std::string_view kind, std::string_view word, const std::vector<std::string>& valid);

// The canonical text of a value: integers without point, reals with the fewest digits that read back equal.
std::string to_text(const Value& value);

}  // namespace twostage
