// verdicts: what the claims of a study come to on its result file.
#include <algorithm>
#include <iostream>

#include "experiments/runner/commands/commands.hpp"
#include "experiments/runner/run.hpp"
#include "results/store/store.hpp"
#include "results/verdict/report.hpp"
#include "sim/catalog/plain_text.hpp"

namespace twostage {

int verdicts_command(const std::string& file, bool json, bool strict) {
  const Dataset data = read_dataset(file);
  const Study study = stored_study(file, data);
  const auto verdicts =
      judge(data, study.claims, study.alpha, study.name, static_cast<std::uint64_t>(study.seed));
  if (json) {
    std::cout << verdicts_json(study.name, study.alpha, verdicts);
  } else {
    std::cout << plain_text(study.name + ": " + study.title) << "\n";
    print_verdicts(std::cout, verdicts);
  }
  const bool upheld = std::ranges::all_of(verdicts, [](const Verdict& v) {
    return v.outcome == Outcome::holds || v.outcome == Outcome::supported;
  });
  return strict && !upheld ? 1 : 0;
}

}  // namespace twostage
