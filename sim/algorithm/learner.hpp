// A course: an arm at work, one step after the other, instead of at the optimum at once. Its policy can be
// asked for after every step.
//
// Whatever is drawn is addressed by (replicate, step, draw), never by what was drawn before: a course of 2B
// steps begins with that of B, bit by bit, and budgets along an axis are read off one course.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>

#include "sim/algorithm/arm.hpp"

namespace twostage {

class Learner {
 public:
  virtual ~Learner() = default;
  virtual void step() = 0;
  virtual std::uint64_t steps() const = 0;  // taken so far
  virtual bool finished() const = 0;        // another step would change nothing
  // The arm as it is now: policy, certificate, cost. `ended` is optimum once it is finished there, else
  // budget.
  virtual ArmResult result() const = 0;
};

// Steps as a certificate counts its iterations.
inline int iterations_of(std::uint64_t steps) {
  return static_cast<int>(std::min<std::uint64_t>(steps, 2'000'000'000));
}

// What a study may ask for under `course`: how a gradient is made a step (step_rule.hpp), or rounds of fits.
enum class CourseKind { gradient, adam, rounds };
const Registry<CourseKind>& courses();

struct Course {
  CourseKind kind = CourseKind::gradient;
  std::uint64_t steps = 0;
  double rate = 0;
  // Of adam alone: what the means of gradients and of their squares keep from step to step, and what is
  // added to the root of the latter.
  double keep_mean = 0, keep_square = 0, epsilon = 0;
};

// Of an arm that has one. InputError.
Course read_course(const Settings& given);
// The same, of a kind that the arm's algorithm takes.
Course read_course(const ArmSpec& spec);

// As many steps as the course has, or until nothing changes any more. `stop` as in ArmInput.
void follow(Learner& learner, const Course& course, const std::function<bool()>& stop = {});

}  // namespace twostage
