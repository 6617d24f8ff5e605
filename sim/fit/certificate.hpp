// What an optimiser can prove about what it returns.
#pragma once

#include <string>

namespace twostage {

// global only where it is proved. not_unique: a minimum that is one of many, none of which was singled out.
// The order is that of stored files: append only.
enum class Optimum { none, stationary, global, not_unique };

struct Certificate {
  bool converged = false;
  Optimum optimum = Optimum::none;
  double gradient_norm = 0;  // Euclidean, of the whole objective at theta
  double objective = 0;      // the minimised sum, nats
  int iterations = 0;
  int starts = 1;  // how many starting points were tried
  int values = 1;  // at how many different values of the objective they converged
};

}  // namespace twostage
