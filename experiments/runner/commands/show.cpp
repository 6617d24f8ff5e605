// show: a study as it would run, every default filled in.
#include <fmt/format.h>

#include "experiments/runner/commands/commands.hpp"
#include "experiments/runner/run.hpp"
#include "experiments/runner/same_points.hpp"
#include "experiments/runner/study_library.hpp"
#include "sim/catalog/plain_text.hpp"

namespace twostage {

int show_command(const StudyChoice& choice) {
  const Study study = load_study(choice.study, choice.preset, choice.overrides);
  check_study(study, {});
  say_same_points(study);
  fmt::print("# {} points x {} replicates\nname = \"{}\"\n{}", study.points(), study.replicates,
             plain_text(study.name), configuration_text(study));
  return 0;
}

}  // namespace twostage
