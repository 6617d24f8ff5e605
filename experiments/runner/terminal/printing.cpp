#include "experiments/runner/terminal/printing.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string_view>

namespace twostage {
namespace {

constexpr std::size_t kUsual = 80;
constexpr std::size_t kNarrowest = 20;
constexpr std::size_t kWidest = 1'000'000;

}  // namespace

std::size_t output_width() {
  if (const char* said = std::getenv("COLUMNS")) {
    const std::string_view text = said;
    std::size_t columns = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), columns);
    if (error == std::errc() && end == text.data() + text.size() && columns >= kNarrowest &&
        columns <= kWidest)
      return columns;
  }
  winsize size{};
  if (isatty(STDOUT_FILENO) == 1 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    return std::max<std::size_t>(size.ws_col, kNarrowest);
  return kUsual;
}

void print_text(std::string_view text, std::string_view opening, std::size_t indent) {
  fmt::print("{}\n", wrapped(text, output_width(), opening, indent));
}

void print_table(const TextTable& table) {
  fmt::print("{}", table.text(output_width()));
}

}  // namespace twostage
