// The C interface, driven from a script, one call a line, in the very build that makes results: for
// comparison with the same calls in WebAssembly. Reads
//   clear | text KEY VALUE | number KEY X | arm ALGORITHM PENALTY DEGREE LAMBDA CLASS | open SEED NAME FAMILY
//   | replicate R | draw N | fit ARM | digest
// and prints the regret of each fit (shortest digits that read back equal) and each digest (hexadecimal).
#include <algorithm>
#include <cstdio>
#include <exception>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "sim/catalog/settings.hpp"
#include "sim/web/laboratory.hpp"

namespace {

void hand(const std::vector<std::string>& texts) {
  char* at = lab_text();
  for (const std::string& text : texts) at = std::copy_n(text.c_str(), text.size() + 1, at);
}

void obey(const std::string& line) {
  std::istringstream words(line);
  std::string word, key, value;
  int number = 0;
  double x = 0;
  double y = 0;
  words >> word;
  if (word == "clear") {
    lab_clear();
  } else if (word == "text") {
    words >> key >> value;
    hand({key, value});
    lab_set_text();
  } else if (word == "number") {
    words >> key >> x;
    hand({key});
    lab_set_number(x);
  } else if (word == "arm") {
    words >> key >> value >> x >> y >> std::ws;
    std::string of;
    std::getline(words, of);  // "planned terminal" is one class
    hand({key, of, value});
    lab_arm(x, y, 1);
  } else if (word == "open") {
    words >> x >> key >> value;
    hand({key, value});
    lab_open(x);
  } else if (word == "replicate") {
    words >> x;
    lab_replicate(x);
  } else if (word == "draw") {
    words >> x;
    lab_draw(x);
  } else if (word == "fit") {
    words >> number;
    std::printf("%s\n", twostage::to_text(twostage::Value(lab_fit(number))).c_str());
  } else if (word == "digest") {
    std::printf("%016llx\n", static_cast<unsigned long long>(lab_digest()));
  } else {
    throw std::invalid_argument("no such line: " + line);
  }
}

}  // namespace

int main() try {
  for (std::string line; std::getline(std::cin, line);) obey(line);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "replay: %s\n", error.what());
  return 1;
}
