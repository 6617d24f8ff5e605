#include "sim/algorithm/learner.hpp"

#include "sim/catalog/choice.hpp"

namespace twostage {

const Registry<CourseKind>& courses() {
  constexpr std::int64_t most_steps = 1'000'000'000;
  static const Registry<CourseKind> registry(
      "course", {{"gradient",
                  "gradient descent on the mean objective of a pair, from theta = 0",
                  "2503.01067, section 4",
                  Status::exact,
                  {{"steps",
                    std::int64_t{100},
                    0,
                    most_steps,
                    {},
                    "how many; none: theta = 0, for most classes the reference policy"},
                   {"rate", 0.1, 1e-9, 1e9, {}, "step length, in parameters over the gradient"}},
                  CourseKind::gradient}});
  return registry;
}

Course read_course(const Settings& given) {
  const auto [entry, resolved] = choose_kind(courses(), given, "course", "gradient");
  return {entry.extra, static_cast<std::uint64_t>(resolved.integer("steps")), resolved.real("rate")};
}

void follow(Learner& learner, const Course& course, const std::function<bool()>& stop) {
  while (learner.steps() < course.steps && !learner.finished()) {
    if (stop && stop()) throw Stopped{};
    learner.step();
  }
}

}  // namespace twostage
