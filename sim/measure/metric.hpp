// Metrics: exact numbers that describe an arm (or a pair of arms) in a world. Each has a written definition,
// from which `twostage list`, the attributes in result files and the report's glossary come.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "sim/algorithm/arm.hpp"
#include "sim/plan/sweeps.hpp"

namespace twostage {

enum class MetricKind {
  always,      // cheap and exact at every size
  on_request,  // named in a study's `measures`; exact where it has an exact form, else NaN with a reason
  pairwise,    // lies on (arm, arm_b)
};

// What every metric may use; computed once per replicate.
struct Context {
  const World& world;
  const PreferenceData& data;
  const SoftPlan& optimum;  // pi* of the true reward
};

struct Metric {
  MetricKind kind;
  std::string long_name;
  std::string units;       // UDUNITS: "1", "nat", "reward"
  std::string definition;  // one or two sentences, formula included
  double (*value)(const Context& context, const ArmResult& arm);                            // unless pairwise
  double (*pair)(const Context& context, const ArmResult& arm, const ArmResult& arm_b);     // pairwise
  // Why there is no exact value in this world; empty when there is one. Null = always exact.
  std::string (*inexact)(const World& world);
};

const Registry<Metric>& metrics();

}  // namespace twostage
