// The C interface, driven from a script, one call a line, in the very build that makes results: for
// comparison with the same calls in WebAssembly. Reads
//   clear | text PART KEY VALUE | number PART KEY X | open SEED NAME | replicate R | draw N | fit ARM |
//   digest
// and prints the regret of each fit (shortest digits that read back equal) and each digest (hexadecimal).
#include <cstdio>
#include <cstring>
#include <iostream>
#include <sstream>
#include <string>

#include "sim/catalog/settings.hpp"
#include "sim/web/laboratory.hpp"

namespace {

void hand(const std::string& first, const std::string& second = "") {
  char* text = lab_text();
  std::memcpy(text, first.c_str(), first.size() + 1);
  std::memcpy(text + first.size() + 1, second.c_str(), second.size() + 1);
}

void obey(const std::string& line) {
  std::istringstream words(line);
  std::string word, key, value;
  int number = 0;
  double x = 0;
  words >> word;
  if (word == "clear") {
    lab_clear();
  } else if (word == "text") {
    words >> number >> key >> value;
    hand(key, value);
    lab_set_text(number);
  } else if (word == "number") {
    words >> number >> key >> x;
    hand(key);
    lab_set_number(number, x);
  } else if (word == "open") {
    words >> x >> value;
    hand(value);
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

int main() {
  for (std::string line; std::getline(std::cin, line);) obey(line);
}
