#include "experiments/runner/cluster/sbatch_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "sim/catalog/settings.hpp"

namespace twostage {
namespace {

struct Settled {
  std::string_view name;
  char letter;  // of the short form; 0 where there is none
  std::string_view instead;
};

constexpr std::string_view kScriptsOwn = "the script settles it";

constexpr std::array kSettled = {
    Settled{"array", 'a', "--shards says how many, and `bash SCRIPT 3,17` submits some of them"},
    Settled{"cpus-per-task", 'c', "give --cpus in front of the --"},
    Settled{"time", 't', "give --time, in minutes, in front of the --"},
    Settled{"dependency", 'd', "the merge waits for the array"},
    Settled{"kill-on-invalid-dep", 0, "the merge waits for the array"},
    Settled{"signal", 0, "it ends a task before its time is up"},
    Settled{"output", 'o', "the logs are in the folder of the run"},
    Settled{"open-mode", 0, "a task that is queued again goes on in its log"},
    Settled{"parsable", 0, kScriptsOwn},
    Settled{"wrap", 0, kScriptsOwn},
    Settled{"wait", 'W', "squeue tells what runs"},
    Settled{"test-only", 0, "nothing would be submitted"},
    Settled{"help", 'h', "nothing would be submitted"},
    Settled{"usage", 0, "nothing would be submitted"},
    Settled{"version", 'V', "nothing would be submitted"},
};

[[noreturn]] void refuse(const std::string& word, std::string_view why) {
  throw InputError("sbatch", fmt::format("-- {}: not for sbatch here; {}", word, why));
}

void check_long(const std::string& word, bool until_done) {
  const std::string_view name = std::string_view(word).substr(2, word.find('=') - 2);
  // sbatch takes the beginning of a name for the name.
  const auto found =
      std::ranges::find_if(kSettled, [&](const Settled& s) { return s.name.starts_with(name); });
  if (found != kSettled.end()) refuse(word, found->instead);
  if (until_done && name == "no-requeue") refuse(word, "--until-done queues tasks again");
}

// "-Ha5" is -H and -a 5: those that take no value may stand together.
void check_short(const std::string& word) {
  constexpr std::string_view without_value = "HOQsv";
  const auto at = word.find_first_not_of(without_value, 1);
  const auto found = std::ranges::find_if(
      kSettled, [&](const Settled& s) { return at != std::string::npos && s.letter == word[at]; });
  if (found != kSettled.end()) refuse(word, found->instead);
}

}  // namespace

void check_sbatch_words(const std::vector<std::string>& words, bool until_done) {
  bool may_be_value = false;
  for (const std::string& word : words) {
    const bool option = word.size() > 1 && word.front() == '-' && word != "--";
    if (!option && !may_be_value) refuse(word, "sbatch would take it for its script");
    if (word.starts_with("--"))
      check_long(word, until_done);
    else if (option)
      check_short(word);
    may_be_value = option && word.find('=') == std::string::npos;
  }
}

}  // namespace twostage
