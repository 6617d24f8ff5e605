// list: what a study may be made of, from the registries.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "experiments/runner/commands/commands.hpp"
#include "experiments/runner/replicate/columns.hpp"
#include "experiments/runner/study/study_library.hpp"
#include "experiments/runner/terminal/printing.hpp"
#include "sim/algorithm/learner.hpp"
#include "sim/catalog/plain_text.hpp"
#include "sim/measure/metric.hpp"
#include "sim/model/score_model.hpp"
#include "sim/penalty/penalty.hpp"
#include "sim/preference/pair_sampler.hpp"
#include "theory/bounds/bounds.hpp"
#include "theory/prediction/forecasts.hpp"

namespace twostage {
namespace {

const char* status_name(Status status) {
  return status == Status::exact ? "exact" : status == Status::checked ? "checked" : "heuristic";
}

// Names and what they are; below some names their own parts, further in.
TextTable names_table() {
  return TextTable({{"", TextTable::Align::left}, {"", TextTable::Align::text}}, 2);
}

void print(const std::string& title, const TextTable& table) {
  print_text(title, "", 2);
  print_table(table);
}

std::string knob_text(const Knob& knob) {
  std::string limits;
  if (!knob.choices.empty()) {
    for (const auto& choice : knob.choices) limits += (limits.empty() ? "" : " | ") + choice;
  } else if (knob.kind() == Kind::integer || knob.kind() == Kind::real || knob.kind() == Kind::reals) {
    limits = to_text(knob.min) + " to " + to_text(knob.max);
  }
  const std::string fallback = to_text(knob.fallback);
  return fmt::format("{}{}{}", knob.help, fallback.empty() ? "" : fmt::format(" [default {}]", fallback),
                     limits.empty() ? "" : fmt::format(" [{}]", limits));
}

template <typename Extra>
void print_registry(const char* title, const Registry<Extra>& registry) {
  TextTable table = names_table();
  for (const auto& entry : registry.entries()) {
    table.row(
        {entry.name, fmt::format("{} ({}; {})", entry.summary, status_name(entry.status), entry.source)});
    for (const Knob& knob : entry.knobs) table.row({"    " + knob.name, knob_text(knob)});
  }
  print(title, table);
}

void print_algorithms() {
  TextTable table = names_table();
  for (const auto& entry : algorithms().entries()) {
    table.row({entry.name, fmt::format("{} ({}; {}; aims at: {})", entry.summary, status_name(entry.status),
                                       entry.source, entry.extra.target)});
    for (const Knob& knob : entry.knobs) table.row({"    " + knob.name, knob_text(knob)});
  }
  print_text("algorithms", "", 2);
  print_text(
      "What an algorithm aims at is its policy where pairs without number are drawn from the reference ref, "
      "its "
      "class holds every policy, and nothing is penalised; r is the true reward, pi* = ref exp(r / beta), "
      "normalised, as all of these are.");
  std::string of_any;
  for (const auto& entry : algorithms().entries())
    if (entry.extra.any_preferences) of_any += (of_any.empty() ? "" : ", ") + entry.name;
  print_text(
      fmt::format("Where no reward gives the preferences (worlds with `intransitivity`, or a `cycle`) these "
                  "still aim where "
                  "it says: {}. The others assume a reward: for r, in r and pi*, read the one whose labels "
                  "by Bradley and "
                  "Terry are nearest to those of such a world.",
                  of_any));
  print_table(table);
}

// What the definition implies of every value: ", from 0 to 1", ", at least 0", ", one of: none, global".
std::string range_text(const Metric& metric) {
  if (!metric.flag_meanings.empty())
    return fmt::format(", one of: {}", fmt::join(metric.flag_meanings, ", "));
  const auto [low, high] = metric.range;
  if (std::isinf(low) && std::isinf(high)) return "";
  if (std::isinf(high)) return fmt::format(", at least {:g}", low);
  if (std::isinf(low)) return fmt::format(", at most {:g}", high);
  return fmt::format(", from {:g} to {:g}", low, high);
}

void print_metrics() {
  TextTable table = names_table();
  table.set_note_indent(6);
  std::vector<Entry<Metric>> all = metrics().entries();
  all.insert(all.end(), forecasts().entries().begin(), forecasts().entries().end());
  for (const auto& entry : all) {
    table.row({entry.name, fmt::format("{} ({}{})", entry.extra.long_name, selection(entry.extra),
                                       range_text(entry.extra))});
    const bool on_edges_alone = entry.extra.asks == PolicyForm::on_edges;
    table.note(entry.extra.definition + (on_edges_alone ? " Of policies on edges alone." : ""));
  }
  print_text("metrics");
  print_text(kSelectionHelp);
  print_table(table);
}

void print_bounds() {
  TextTable table = names_table();
  table.set_note_indent(6);
  for (const auto& entry : published_bounds().entries()) {
    const PublishedBound& bound = entry.extra;
    table.row({entry.name, fmt::format("{} ({})", entry.summary, entry.source)});
    table.note(fmt::format("{} bound on the {}, n^{:g}; {}: {}",
                           bound.side == BoundSide::upper ? "upper" : "lower", bound.quantity, bound.exponent,
                           bound.confirmed ? "looked up" : "recalled", bound.checked));
  }
  print("published bounds (a slope in the number of pairs each; the constants are not known)", table);
}

void print_studies() {
  TextTable table = names_table();
  table.set_note_indent(6);
  for (const std::string& name : study_names()) {
    const Study study = load_study(name, "paper", {});
    table.row({plain_text(name), plain_text(study.title)});
    table.note(plain_text(study.question));
  }
  print("studies", table);
}

}  // namespace

int list_command(const std::string& what) {
  const std::vector<std::string> kinds = {"worlds",    "samplers", "classes", "algorithms", "courses",
                                          "penalties", "metrics",  "bounds",  "studies",    "paper"};
  bool known = what.empty();
  for (const auto& kind : kinds) known = known || kind == what;
  if (!known) throw InputError("", unknown_name("kind of thing", what, kinds));
  const auto wanted = [&](const char* kind) { return what.empty() || what == kind; };
  if (wanted("worlds")) print_registry("worlds (world = { family = ... })", worlds());
  if (wanted("samplers")) print_registry("samplers of pairs (sampler = { kind = ... })", pair_samplers());
  if (wanted("classes")) print_registry("classes (reward, policy = { class = ... })", model_classes());
  if (wanted("algorithms")) print_algorithms();
  if (wanted("courses")) print_registry("courses of an arm (course = { kind = ... })", courses());
  if (wanted("penalties")) print_registry("penalties (penalty = { kind = ... })", penalties());
  if (wanted("metrics")) print_metrics();
  if (wanted("bounds")) print_bounds();
  if (wanted("studies")) print_studies();
  if (wanted("paper")) print_paper();
  return 0;
}

}  // namespace twostage
