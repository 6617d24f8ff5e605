// Fits that may take minutes: whoever asks to stop is heard before each evaluation.
#pragma once

#include <functional>
#include <span>

#include "sim/algorithm/arm.hpp"
#include "sim/numerics/lbfgs.hpp"

namespace twostage {

// By L-BFGS. `stop` as in ArmInput: once it says true, Stopped is thrown.
num::Minimum minimise_until_stopped(num::SmoothFunction& function, std::span<const double> start,
                                    const num::LbfgsOptions& options, const std::function<bool()>& stop);

}  // namespace twostage
