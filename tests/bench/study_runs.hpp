// Whole studies run for a measurement, and what they take.
#pragma once

#include "experiments/runner/study/study.hpp"

namespace twostage::bench {

double processor_seconds();  // of this process so far, user and system, all threads

// Of a run of the study from its check to its file, which has to complete.
struct Taken {
  double processors = 0;  // seconds, as above
  double clock = 0;
};
enum class Told { nothing, progress };
Taken run_taken(const Study& study, int threads, Told told);

}  // namespace twostage::bench
