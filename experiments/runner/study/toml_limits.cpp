#include "experiments/runner/study/toml_limits.hpp"

#include <algorithm>

namespace twostage {
namespace {

std::string too_many_parts() {
  return "a key has at most " + std::to_string(kDeepestToml) + " parts; this one has more";
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  std::optional<TomlExcess> run() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
        continue;
      }
      if (c == '"' || c == '\'') {
        skip_string(c);
        continue;
      }
      // A point separates the parts of a key or stands in a number, where there is one.
      if (c == '.' && ++parts_ > kDeepestToml) return excess(too_many_parts());
      if (c == '\n' || c == ',' || c == '=' || c == '[' || c == ']' || c == '{' || c == '}') parts_ = 1;
      if ((c == '[' || c == '{') && ++depth_ > kDeepestToml)
        return excess("values are nested more than " + std::to_string(kDeepestToml) +
                      " deep, which is the limit");
      if ((c == ']' || c == '}') && depth_ > 0) --depth_;
      ++at_;
    }
    return std::nullopt;
  }

 private:
  std::size_t quotes(char quote) const {
    return std::min(text_.find_first_not_of(quote, at_), text_.size()) - at_;
  }

  // From its first quote to behind its last. A string of one line ends with the line, where the parser stops.
  void skip_string(char quote) {
    const bool many_lines = quotes(quote) >= 3;
    at_ += many_lines ? 3 : 1;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\\' && quote == '"') {
        at_ = std::min(at_ + 2, text_.size());
      } else if (c == quote) {
        const std::size_t run = quotes(quote);
        at_ += many_lines ? std::min<std::size_t>(run, 5) : 1;  // two quotes may precede the three that close
        if (!many_lines || run >= 3) return;
      } else if (c == '\n' && !many_lines) {
        return;
      } else {
        ++at_;
      }
    }
  }

  TomlExcess excess(std::string message) const {
    const std::string_view before = text_.substr(0, at_);
    const std::size_t line_begin = before.rfind('\n') + 1;  // 0 when there is none
    const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; };
    return {static_cast<int>(std::ranges::count(before, '\n')) + 1,
            static_cast<int>(
                at_ - line_begin -
                static_cast<std::size_t>(std::ranges::count_if(before.substr(line_begin), continues))) +
                1,
            std::move(message)};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int parts_ = 1;
  int depth_ = 0;
};

}  // namespace

std::optional<TomlExcess> toml_excess(std::string_view text) {
  if (text.size() > kLargestToml)
    return TomlExcess{1, 1,
                      "the text has " + std::to_string(text.size()) + " bytes, more than the " +
                          std::to_string(kLargestToml) + " that are read"};
  return Scanner(text).run();
}

std::string key_excess(std::string_view key) {
  return std::ranges::count(key, '.') < kDeepestToml ? "" : too_many_parts();
}

}  // namespace twostage
