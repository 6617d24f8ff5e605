// verdicts: what the claims of a study come to on its result file.
#include <algorithm>
#include <iostream>

#include "experiments/runner/commands/commands.hpp"
#include "experiments/runner/result/judgement.hpp"
#include "experiments/runner/terminal/printing.hpp"

namespace twostage {

int verdicts_command(const std::string& file, bool as_json, bool strict) {
  const Judgement judgement = judge_file(file);
  if (as_json)
    std::cout << json(judgement);
  else
    print(std::cout, judgement, output_width());
  const bool upheld = std::ranges::all_of(judgement.verdicts, [](const Verdict& v) {
    return v.outcome == Outcome::holds || v.outcome == Outcome::supported;
  });
  return strict && !upheld ? 1 : 0;
}

}  // namespace twostage
