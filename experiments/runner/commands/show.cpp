// show: a study as it would run, every default filled in.
#include <fmt/format.h>

#include "experiments/runner/commands/commands.hpp"
#include "experiments/runner/replicate/notes.hpp"
#include "experiments/runner/run/run.hpp"
#include "experiments/runner/study/same_points.hpp"
#include "experiments/runner/study/study_library.hpp"
#include "sim/catalog/plain_text.hpp"

namespace twostage {
namespace {

// What a result of the study holds, as comments: what is printed stays a study.
void print_stored(const Study& study) {
  const Columns columns = columns_of(study);
  fmt::print(
      "\n# A result stores, beside status (`twostage list metrics` has the definitions and what measures "
      "and keep choose):\n");
  for (const auto* group : {&columns.arm, &columns.pair})
    for (const auto* entry : *group)
      fmt::print("#   {:<28} {} ({})\n", entry->name, entry->extra.long_name, selection(entry->extra));
}

}  // namespace

int show_command(const StudyChoice& choice) {
  const Study study = load_study(choice.study, choice.preset, choice.overrides);
  check_study(study, {});
  say_same_points(study);
  say_notes(study);
  fmt::print("# {} points x {} replicates\nname = \"{}\"\n{}", study.points(), study.replicates,
             plain_text(study.name), configuration_text(study));
  print_stored(study);
  return 0;
}

}  // namespace twostage
