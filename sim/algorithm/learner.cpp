#include "sim/algorithm/learner.hpp"

#include "sim/catalog/choice.hpp"

namespace twostage {

namespace {

Knob steps_knob() {
  constexpr std::int64_t most_steps = 1'000'000'000;
  return {"steps", std::int64_t{100},
          0,       most_steps,
          {},      "how many; none: theta = 0, for most classes the reference policy"};
}

}  // namespace

const Registry<CourseKind>& courses() {
  static const Registry<CourseKind> registry(
      "course",
      {{"gradient",
        "along the gradient of the mean objective, from theta = 0",
        "2503.01067, section 4",
        Status::exact,
        {steps_knob(), {"rate", 0.1, 1e-9, 1e9, {}, "step length, in parameters over the gradient"}},
        CourseKind::gradient},
       {"adam",
        "the same, each parameter at a pace of its own, whatever the size of its gradient",
        "1412.6980",
        Status::exact,
        {steps_knob(),
         {"rate", 0.01, 1e-9, 1e9, {}, "step length, in parameters"},
         {"keep_mean", 0.9, 0, 0.999999, {}, "share of the mean gradient that a step keeps"},
         {"keep_square", 0.999, 0, 0.999999, {}, "share of the mean square that a step keeps"},
         {"epsilon", 1e-8, 1e-300, 1, {}, "added to the root of the mean square"}},
        CourseKind::adam},
       {"rounds",
        "fits to the optimum, each on what the policy of the one before would say",
        "2503.01067, section 4",
        Status::exact,
        {{"steps", std::int64_t{1}, 0, 1'000'000, {}, "how many rounds; none: theta = 0"}},
        CourseKind::rounds}});
  return registry;
}

Course read_course(const Settings& given) {
  const auto [entry, resolved] = choose_kind(courses(), given, "course", "gradient");
  Course out{.kind = entry.extra, .steps = static_cast<std::uint64_t>(resolved.integer("steps"))};
  if (out.kind != CourseKind::rounds) out.rate = resolved.real("rate");
  if (out.kind == CourseKind::adam) {
    out.keep_mean = resolved.real("keep_mean");
    out.keep_square = resolved.real("keep_square");
    out.epsilon = resolved.real("epsilon");
  }
  return out;
}

Course read_course(const ArmSpec& spec) {
  const Course out = read_course(spec.course);
  std::vector<std::string> kinds = algorithms().at(spec.algorithm, "algorithm").extra.course_kinds;
  if (kinds.empty()) kinds = {"gradient", "adam"};
  std::string valid, given;
  for (const auto& entry : courses().entries())
    if (entry.extra == out.kind) given = entry.name;
  for (const std::string& kind : kinds) valid += (valid.empty() ? "" : ", ") + kind;
  if (std::ranges::find(kinds, given) == kinds.end())
    throw InputError("kind", "arm '" + spec.name + "': algorithm '" + spec.algorithm +
                                 "' takes no course of kind '" + given + "'; valid: " + valid);
  return out;
}

void follow(Learner& learner, const Course& course, const std::function<bool()>& stop) {
  while (learner.steps() < course.steps && !learner.finished()) {
    if (stop && stop()) throw Stopped{};
    learner.step();
  }
}

}  // namespace twostage
