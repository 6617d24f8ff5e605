// A small study for tests of the runner: two arms, four points, cells of a few milliseconds.
#pragma once

#include <string>

#include "experiments/runner/study/study.hpp"

namespace twostage::test {

// Line numbers count from 1 at `title`.
inline const std::string kSmallStudy = R"(title = "Small"
question = "Does the runner run?"
name = "small"
world = { family = "tokens", horizon = 3, degree = 1, headroom = 0.5 }
penalty = { kind = "reference-kl", lambda = 4.0 }
batch = 2
[[arms]]
name = "rm+plan"
algorithm = "rm+plan"
reward = { class = "degree" }
[[arms]]
name = "dpo"
algorithm = "dpo"
policy = { class = "tabular" }
[axes]
degree = [1, 3]
pairs = [20, 40]
[replicates]
smoke = 5
paper = 20
[presets.paper]
"axes.pairs" = [100, 200, 400]
[[claims]]
id = "equal-at-full-degree"
statement = "The routes agree when the verifier is as rich as the generator."
holds = "policy_gap['dpo', 'rm+plan'] < 1e-8 where degree == 3"
[[claims]]
id = "ratio"
statement = "DPO's regret is larger."
interval = "ratio(regret['dpo'], regret['rm+plan']) in (1, inf) where degree == 1"
)";

inline Study small_study(const std::vector<Argument>& arguments = {}, const std::string& preset = "smoke") {
  return parse_study("small", kSmallStudy, "small.toml", preset, arguments);
}

// The small study with one text replaced by another.
inline std::string edited(const std::string& from, const std::string& to) {
  std::string text = kSmallStudy;
  const auto at = text.find(from);
  if (at == std::string::npos) throw std::logic_error("the small study does not hold '" + from + "'");
  return text.replace(at, from.size(), to);
}

}  // namespace twostage::test
