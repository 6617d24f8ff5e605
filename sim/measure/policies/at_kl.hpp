// The plan of an arm's reward at the KL to the reference that a study states (Yardsticks::kl), as the metrics
// of it ask for it.
#pragma once

#include <optional>
#include <string>

#include "sim/measure/metric.hpp"
#include "sim/plan/plan_at_kl.hpp"

namespace twostage {

// Nothing where no temperature reaches it.
std::optional<PlanAtKl> plan_at_yardstick(const Context& context, const ArmResult& arm);
// Why there is none; empty where there is one.
std::string why_no_plan(const Context& context, const ArmResult& arm);

}  // namespace twostage
