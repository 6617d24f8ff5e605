// Speed targets: ratios and times that the project promises, measured in one run and printed as a table.
// A topic adds its own with a static RegisterTarget in its file.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace twostage::bench {

struct Measured {
  Measured(double value, std::string note = {})
      : value(value), note(std::move(note)) {}  // NOLINT: a number is one
  double value;
  std::string note;  // its parts, what bounds it
};

struct Target {
  enum class Bound { at_least, at_most };
  std::string what;
  Bound bound;
  double value;
  std::string unit;
  std::function<Measured()> measure;
  bool slow = false;  // minutes: measured on request only
};

std::vector<Target>& targets();

struct RegisterTarget {
  explicit RegisterTarget(Target target) { targets().push_back(std::move(target)); }
};

// Set by --quick: targets measure as little as shows that they work, and their numbers say nothing.
bool& quick();

double median(std::vector<double> values);

// Seconds of one call: the fastest of so many rounds, the functions taking turns so that a busy machine or a
// changing clock rate meets all of them.
std::vector<double> fastest(const std::vector<std::function<void()>>& functions, int rounds = 60);

// Of the time of `whole` the part that `part` takes: the median over rounds in which each is measured after
// the other, so that both meet the same machine.
double share(const std::function<void()>& part, const std::function<void()>& whole, int rounds);

// Throughput of `work` relative to `bare`, a loop with the same exps, logs and memory accesses.
double relative_throughput(const std::function<void()>& work, const std::function<void()>& bare);

}  // namespace twostage::bench
