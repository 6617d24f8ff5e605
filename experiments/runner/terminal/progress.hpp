// One line of progress on a terminal, with the time left; nothing in a pipe.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace twostage {

class Progress {
 public:
  // `total` replicates to do. Writes to stderr when that is a terminal.
  Progress(std::string title, std::size_t total);
  ~Progress();
  void advance(std::size_t replicates);
  void draw();

 private:
  std::string title_;
  std::size_t total_;
  std::size_t done_ = 0;
  bool terminal_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// "3 s", "4 min 10 s", "2 h 5 min"
std::string duration_text(double seconds);

}  // namespace twostage
