#include "experiments/runner/study/given_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "results/store/arrays.hpp"
#include "sim/preference/pair_sampler.hpp"
#include "sim/world/family.hpp"

namespace twostage {
namespace {

constexpr const char* kGiven = "given";
constexpr std::size_t kColumns = 4;  // of comparisons: first, second, wins, losses

// The lists that an entry takes.
std::vector<std::string> lists_of(const std::vector<Knob>& knobs) {
  std::vector<std::string> names;
  for (const Knob& knob : knobs)
    if (knob.kind() == Kind::reals) names.push_back(knob.name);
  return names;
}

std::vector<std::string> lists_of(const std::string& part) {
  return part == "world" ? lists_of(worlds().at(kGiven, "family").knobs)
                         : lists_of(pair_samplers().at(kGiven, "kind").knobs);
}

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

// What the shape says beyond the number of values. The world tells later whether those fit it.
void expect_shape(const NumberArray& array, const Settings& settings, const Place& place) {
  const std::size_t rank = array.shape.size();
  const auto refuse = [&](const std::string& needs) {
    fail_at(place, array.name, fmt::format("{} needs {}", array.name, needs));
  };
  if (rank == 0) refuse("a list; write a single number into a list of one");
  if (array.name == "comparisons" && (rank != 2 || array.shape[1] != kColumns))
    refuse("rows of four numbers, N x 4: first, second, wins, losses");
  if (array.name == "features") {
    if (rank > 3)
      refuse("completions (or edges) x functions, or prompts x completions (or edges) x functions");
    if (rank > 1 && settings.has("functions") &&
        settings.values().at("functions") != Value(static_cast<std::int64_t>(array.shape.back())))
      refuse(fmt::format("functions = {} numbers in a row", to_text(settings.values().at("functions"))));
  } else if (array.name != "comparisons" && rank > 2) {
    refuse("one number for each completion (or edge), or prompts x completions (or edges)");
  }
}

}  // namespace

bool may_name_file(const Settings& settings, const std::string& part) {
  const auto at = settings.values().find(part == "world" ? "family" : "kind");
  const auto* name = at == settings.values().end() ? nullptr : std::get_if<std::string>(&at->second);
  return name && *name == kGiven && settings.has("file");
}

void read_given_file(Settings& settings, const std::string& part, const Member& file,
                     std::map<std::string, Place, std::less<>>& places) {
  if (!may_name_file(settings, part)) return;
  const auto* name = std::get_if<std::string>(&file.node.value);
  if (!name) fail_at(file.node.place, "file", "file must be a text, not " + std::string(file.node.kind()));
  const auto path = std::filesystem::path(file.node.place.source).parent_path() / *name;
  std::vector<NumberArray> arrays;
  try {
    arrays = read_number_arrays(path, kMostGivenNumbers);
  } catch (const StoreError& error) {
    fail_at(file.node.place, "file", error.what());
  }
  const auto mine = lists_of(part);
  auto all = lists_of("world");
  for (const std::string& other : lists_of("sampler")) all.push_back(other);

  Settings out;
  for (const auto& [key, value] : settings.values())
    if (key != "file") out.set(key, value);
  bool any = false;
  for (const NumberArray& array : arrays) {
    const Place place{path.string() + " (" + shape_text(array) + ")", 0, 0};
    if (!holds(all, array.name)) fail_at(place, "file", unknown_name("array", array.name, all));
    if (!holds(mine, array.name)) continue;
    if (settings.has(array.name))
      fail_at(place, "file",
              array.name + " stands in the study, too: " + places.at(part + "." + array.name).text());
    expect_shape(array, settings, place);
    any = true;
    out.set(array.name, array.values);
    places[part + "." + array.name] = place;
    if (array.name == "features" && array.shape.size() > 1) {
      out.set("functions", static_cast<std::int64_t>(array.shape.back()));
      places.try_emplace(part + ".functions", place);
    }
  }
  if (!any) {
    std::string names;
    for (const std::string& one : mine) names += (names.empty() ? "" : ", ") + one;
    fail_at(file.node.place, "file",
            fmt::format("{}: holds no array that {} = {{ ... \"given\" }} takes: {}", path.string(), part,
                        names));
  }
  settings = out;
}

void refuse_files(const Node& node) {
  if (const auto* list = node.list())
    for (const Node& item : *list) refuse_files(item);
  if (!node.table()) return;
  for (const Member& member : *node.table()) {
    if (member.key == "file")
      fail_at(member.place, member.key,
              "a stored configuration holds its numbers, and names no file of them");
    refuse_files(member.node);
  }
}

}  // namespace twostage
