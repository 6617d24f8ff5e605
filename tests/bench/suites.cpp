// Whole studies: 800 replicates of texts with ridge, and the ten studies of the paper that take longest, at
// paper size.
#include <fmt/format.h>

#include "experiments/runner/study/study_library.hpp"
#include "tests/bench/study_runs.hpp"
#include "tests/bench/target.hpp"

namespace twostage::bench {
namespace {

constexpr const char* kRidge = R"(
title = "bench"
world = { family = "tokens", degree = 1 }
penalty = { kind = "ridge", lambda = 4.0 }
predictions = false
pairs = 400
[[arms]]
name = "rm"
algorithm = "rm+plan"
reward = { class = "degree" }
[[arms]]
name = "dpo"
algorithm = "dpo"
policy = { class = "tabular" }
[axes]
horizon = [1, 2, 3, 4, 5, 6, 7, 8]
[replicates]
bench = 100
)";

Measured ridge() {
  const std::vector<Argument> fewer = {{"replicates", "1"}};
  const Study study =
      parse_study("bench", kRidge, "bench", "bench", quick() ? fewer : std::vector<Argument>{});
  std::vector<double> seconds;
  for (int round = 0; round < (quick() ? 1 : 3); ++round)
    seconds.push_back(run_taken(study, 1, Told::nothing).processors);
  return {median(seconds), "from the check to the file, with all that is always stored; left out: theory"};
}

// One after the other on two threads.
Measured paper() {
  std::string parts;
  double total = 0, clock = 0;
  for (const std::string name : {"crossing", "samples", "verifier", "law", "regime-audit", "phase-samples",
                                 "equivalence", "two-token", "asymptotics", "horizon"}) {
    const Taken taken = run_taken(load_study(name, "paper", {}), 2, Told::progress);
    total += taken.processors;
    clock += taken.clock;
    parts += fmt::format("{}{} {:.0f}", parts.empty() ? "" : ", ", name, taken.processors);
  }
  return {total / 60, fmt::format("seconds: {}; {:.1f} min of the clock on two threads; left out: the other "
                                  "studies, figures and report",
                                  parts, clock / 60)};
}

const RegisterTarget ridge_target({"800 replicates, tokens H <= 8, ridge, n=400: processors",
                                   Target::Bound::at_most, 2, "s", ridge});
const RegisterTarget paper_target({"paper: ten studies, processor time of all threads",
                                   Target::Bound::at_most, 12, "min", paper, true});

}  // namespace
}  // namespace twostage::bench
