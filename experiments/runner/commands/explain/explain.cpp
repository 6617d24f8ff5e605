// explain: who won one replicate, by how much and why; with --details the whole walk through it. The teaching
// view and the debugging view are the same.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "experiments/runner/commands/commands.hpp"
#include "experiments/runner/commands/explain/details.hpp"
#include "experiments/runner/commands/explain/texts.hpp"
#include "experiments/runner/commands/python.hpp"
#include "experiments/runner/replicate/conclusion.hpp"
#include "experiments/runner/run/run.hpp"
#include "experiments/runner/study/study_library.hpp"
#include "experiments/runner/terminal/printing.hpp"
#include "experiments/runner/terminal/say.hpp"
#include "results/file/replaceable.hpp"
#include "results/file/store_error.hpp"
#include "results/file/temporary_folder.hpp"
#include "sim/catalog/plain_text.hpp"
#include "sim/model/score_model.hpp"
#include "sim/plan/divergence.hpp"
#include "sim/preference/given_pairs.hpp"

namespace twostage {
namespace {

using Align = TextTable::Align;

// "reward degree (degree = 2)": knobs at their defaults go without saying.
std::string class_text(const Settings& settings, const char* role) {
  if (settings.values().empty()) return "";
  std::string knobs;
  for (const Knob& knob : class_knobs(settings))
    if (settings.values().find(knob.name)->second != knob.fallback)
      knobs += fmt::format("{}{} = {}", knobs.empty() ? " (" : ", ", knob.name,
                           to_text(settings.values().find(knob.name)->second));
  return fmt::format("{} {}{}", role, settings.text("class"), knobs.empty() ? "" : knobs + ")");
}

std::string learns(const ArmSpec& arm, const ArmResult& fit) {
  const std::string reward = class_text(arm.reward, "reward");
  const std::string policy = class_text(arm.policy, "policy");
  std::string out = reward.empty() || policy.empty() ? reward + policy : reward + ", " + policy;
  if (!arm.course.values().empty())
    out += fmt::format(", {} step{}", fit.certificate.iterations, fit.certificate.iterations == 1 ? "" : "s");
  return out;
}

std::string pairs_text(const WholeReplicate& replicate) {
  const PairCount pairs = count_pairs(replicate.world(), replicate.data);
  const Settings& sampler = replicate.point.recipe().sampler;
  return fmt::format("{:.10g} pairs {}; in {:.10g} of them the {} completion lost.", pairs.all,
                     gives_pairs(sampler)
                         ? "as given in the study"
                         : fmt::format("drawn by sampler {}, {}", choice_text(sampler, "kind"),
                                       labels_text(replicate.world())),
                     pairs.surprising, replicate.world().cycle ? "higher rewarded" : "better");
}

// What theory expects, in parentheses where that is not to be trusted.
std::string expected_text(const WholeReplicate& replicate, std::size_t arm) {
  const double expected = measure_of(replicate, "predicted_regret", arm);
  if (!(expected >= 0)) return "-";  // none, or an expansion far outside its regime
  return fmt::format(fmt::runtime(is_within(replicate, arm) ? "{:.4g}" : "({:.4g})"), expected);
}

void tell_summary(const WholeReplicate& replicate) {
  const World& w = replicate.world();
  print_text(fmt::format("{}: {} prompt{}, horizon {}, {} tokens, {} completions a prompt.", w.family,
                         w.graph.prompts(), w.graph.prompts() == 1 ? "" : "s", w.graph.horizon(),
                         alphabet(w.graph), completions_text(w.graph)),
             "World  ", 7);
  if (!w.every_prompt.empty()) print_text(population_text(replicate), "       ", 7);
  print_text(fmt::format("The reference policy has a regret of {:.4g}.",
                         regret(replicate.measured(), w.log_reference, replicate.optimum().log_policy)),
             "       ", 7);
  print_text(pairs_text(replicate), "Data   ", 7);
  fmt::print("\n");

  const auto& arms = replicate.point.recipe().arms;
  std::vector<TextTable::Column> columns = {{"arm", Align::left},
                                            {"learns", Align::text},
                                            {"numbers", Align::right},
                                            {"regret", Align::right},
                                            {"theory expects", Align::right}};
  const bool all_ok =
      std::ranges::all_of(replicate.arms, [](const ArmOutcome& arm) { return arm.status == ArmStatus::ok; });
  if (!all_ok) columns.push_back({"", Align::left});
  TextTable table(std::move(columns));
  for (std::size_t a = 0; a < arms.size(); ++a) {
    const ArmStatus status = replicate.arms[a].status;
    const double of_arm = measure_of(replicate, "regret", a);
    const std::string regret = std::isfinite(of_arm) ? fmt::format("{:.4g}", of_arm) : "-";
    std::vector<std::string> entries = {arms[a].name, learns(arms[a], replicate.arms[a].result),
                                        fmt::format("{}", replicate.arms[a].result.rank), regret,
                                        expected_text(replicate, a)};
    if (status != ArmStatus::ok) entries.push_back(status_names()[static_cast<std::size_t>(status)]);
    table.row(std::move(entries));
    if (status == ArmStatus::failed) table.note("FAILED: " + plain_text(replicate.arms[a].error));
    if (const std::string& why = replicate.arms[a].result.why; !why.empty()) table.note(plain_text(why));
  }
  print_table(table);
  fmt::print("\n");
  const Conclusion conclusion = conclude(replicate);
  for (const std::string& sentence : conclusion.sentences) print_text(sentence);
  if (!conclusion.sentences.empty()) fmt::print("\n");
  if (replicate.world().cycle) {
    print_text(no_reward_text(replicate));
    fmt::print("\n");
  }
  print_text(fmt::format("Everything about this replicate: --details. Another one: --replicate {}.",
                         replicate.number + 1));
}

// What would make the file impossible, before anything is computed.
void check_save(const std::filesystem::path& path, bool force) {
  require_replaceable(path, is_store_file);
  if (!force && std::filesystem::exists(path))
    throw StoreError(path, "exists; replace it with --force or give another --save");
  if (const auto folder = path.parent_path(); !folder.empty() && !std::filesystem::is_directory(folder))
    throw StoreError(path, "its folder does not exist");
  remove_stale_temporaries(path);
  require_writable(path);
}

void check_picture(const Study& study, const std::filesystem::path& path, bool force) {
  const std::string family = recipe_at(study, 0).world.text("family");
  if (family != "maze" && family != "summary")
    throw InputError("",
                     "--picture: worlds of family '" + family + "' have no picture; valid: maze, summary");
  if (!force && std::filesystem::exists(path))
    throw StoreError(path, "exists; replace it with --force or give another --picture");
  if (const auto folder = path.parent_path(); !folder.empty() && !std::filesystem::is_directory(folder))
    throw StoreError(path, "its folder does not exist");
}

// By Python, from a file of the replicate that nobody else sees.
void draw_picture(const std::filesystem::path& path, const Study& study, const WholeReplicate& replicate) {
  const std::string python = find_python({"matplotlib", "xarray", "h5py"});
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "replicate.h5";
  save_replicate(file, study, replicate, Existing::keep);
  const auto script = home_folder() / "results/figures/picture.py";
  if (run_program(python_command(python, script, {file.string(), path.string()})) != 0)
    throw InputError("", "the picture could not be written to " + path.string());
  say("{}: the picture\n", path.string());
}

}  // namespace

int explain_command(const ExplainArguments& arguments) {
  if (!arguments.save.empty()) check_save(arguments.save, arguments.force);
  const Study study = load_study(arguments.choice.study, arguments.choice.preset, arguments.choice.overrides);
  check_study(study, {});
  if (!arguments.picture.empty()) check_picture(study, arguments.picture, arguments.force);
  const std::int64_t replicates = study.precision ? study.precision->cap : study.replicates;
  if (arguments.replicate >= replicates)
    throw InputError("", fmt::format("--replicate {} is out of range; the study has 0 to {} (replicates=... "
                                     "for more)",
                                     arguments.replicate, replicates - 1));
  if (study.points() > 1) {
    print_text(fmt::format(
        "The study has {} points; this is the first. Choose another with overrides, for example {}={}.",
        study.points(), study.axes.back().name, to_text(study.axes.back().values.back())));
    fmt::print("\n");
  }
  const WholeReplicate replicate =
      run_whole_replicate(study, 0, arguments.replicate, replicate_budget(study, {}));
  print_text(fmt::format("Study {}, {}replicate {}", plain_text(study.name),
                         study.axes.empty() ? "" : point_text(study, 0) + ", ", arguments.replicate),
             "", 2);
  fmt::print("\n");
  if (arguments.details)
    tell_details(replicate);
  else
    tell_summary(replicate);
  if (!arguments.save.empty()) {
    save_replicate(arguments.save, study, replicate, arguments.force ? Existing::replace : Existing::keep);
    say("{}: the whole replicate\n", arguments.save);
  }
  if (!arguments.picture.empty()) draw_picture(arguments.picture, study, replicate);
  const bool failed = std::ranges::any_of(
      replicate.arms, [](const ArmOutcome& arm) { return arm.status == ArmStatus::failed; });
  return failed ? 1 : 0;
}

}  // namespace twostage
