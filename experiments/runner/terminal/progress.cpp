#include "experiments/runner/terminal/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cmath>

#include "experiments/runner/terminal/say.hpp"

namespace twostage {

Progress::Progress(std::string title, std::size_t total)
    : title_(std::move(title)), total_(total), terminal_(isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (terminal_ && can_say()) say_text("\r\033[K");
}

void Progress::advance(std::size_t replicates) {
  done_ += replicates;
}

void Progress::draw() {
  if (!terminal_ || total_ == 0 || !can_say()) return;
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  const double share = static_cast<double>(done_) / static_cast<double>(total_);
  const std::string left = done_ == 0 ? "" : ", " + duration_text(seconds * (1 - share) / share) + " left";
  say_text(fmt::format("\r\033[K{}: {} of {} replicates ({:.0f} %){}", plain_text(title_), done_, total_,
                       100 * share, left));
}

std::string duration_text(double seconds) {
  if (seconds < 0.95) return fmt::format("{:.2g} s", seconds);
  const long s = std::lround(seconds);
  if (s < 60) return fmt::format("{} s", s);
  if (s < 3600) return fmt::format("{} min {} s", s / 60, s % 60);
  return fmt::format("{} h {} min", s / 3600, s % 3600 / 60);
}

}  // namespace twostage
