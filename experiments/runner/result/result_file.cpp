#include "experiments/runner/result/result_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "experiments/runner/result/batches.hpp"
#include "experiments/runner/result/provenance.hpp"
#include "experiments/runner/study/given_file.hpp"
#include "experiments/runner/study/study_reader.hpp"
#include "results/file/sha256.hpp"
#include "results/store/store.hpp"

namespace twostage {
namespace {

namespace fs = std::filesystem;

constexpr auto kNotRun = static_cast<std::uint8_t>(ArmStatus::not_run);

template <typename T>
const T* attribute(const Attributes& attributes, std::string_view name) {
  const auto it = attributes.find(name);
  return it == attributes.end() ? nullptr : std::get_if<T>(&it->second);
}

template <typename Item>
Item* find(std::vector<Item>& items, std::string_view name) {
  const auto it = std::ranges::find(items, name, &Item::name);
  return it == items.end() ? nullptr : &*it;
}

// "integers", the values of a coordinate or a variable in words.
struct TypeName {
  std::string_view operator()(const std::vector<double>&) const { return "numbers"; }
  std::string_view operator()(const std::vector<std::int64_t>&) const { return "integers"; }
  std::string_view operator()(const std::vector<std::uint8_t>&) const { return "flags"; }
  std::string_view operator()(const std::vector<std::string>&) const { return "texts"; }
  std::string_view operator()(const Index&) const { return "no coordinates"; }
};

template <typename Values>
std::string_view type_name(const Values& values) {
  return std::visit(TypeName{}, values);
}

// The text of the variable `configuration`.
const std::string& configuration_of(const fs::path& path, Dataset& data) {
  const Variable* variable = find(data.variables, "configuration");
  if (!variable) throw StoreError(path, "is no result of a study (it has no configuration)");
  const auto* texts = std::get_if<std::vector<std::string>>(&variable->data);
  if (!texts || !variable->dimensions.empty() || texts->size() != 1)
    throw StoreError(path, "variable 'configuration' is not one text");
  return texts->front();
}

Study study_of(const fs::path& path, Dataset& data) {
  if (is_saved_cell(data))
    throw StoreError(path, "is one replicate, saved by explain, and no result of a study");
  const std::string& text = configuration_of(path, data);
  const auto* name = attribute<std::string>(data.attributes, "study");
  if (!name || name->empty()) throw StoreError(path, "attribute 'study', the name of its study, is missing");
  const auto* hash = attribute<std::string>(data.attributes, "config_hash");
  if (!hash || *hash != sha256(text))
    throw StoreError(path, "its configuration does not match its config_hash");
  const std::string source = path.string() + " (configuration)";
  const Node document = read_toml(text, source);
  if (const Member* variants = find_member(*document.table(), "variants"); variants && !variants->node.list())
    fail_at(variants->place, "variants",
            "a stored configuration holds its variants, and names no file of them");
  refuse_files(document);
  return parse_study(*name, text, source, "", {});
}

// What the file says about its study beside the configuration.
void expect_identity(const fs::path& path, const Study& study, const Dataset& data) {
  const Attributes demanded = file_attributes(study);
  for (const char* name : {"Conventions", "title", "question", "references", "rng", "seed"}) {
    const auto it = data.attributes.find(name);
    if (it == data.attributes.end()) throw StoreError(path, fmt::format("attribute '{}' is missing", name));
    if (it->second != demanded.at(name))
      throw StoreError(path, fmt::format("attribute '{}' is not that of its configuration", name));
  }
}

// The attributes of an object: those of the study's, the same where they give values their meaning, and no
// others (scale_factor, valid_range, ... change what other programs read).
void expect_attributes(const fs::path& path, const std::string& owner, const Attributes& there,
                       const Attributes& demanded) {
  static constexpr std::array<std::string_view, 3> deciding = {"units", "flag_values", "flag_meanings"};
  for (const auto& [name, value] : demanded) {
    const auto it = there.find(name);
    const bool decides = std::ranges::find(deciding, name) != deciding.end();
    if (it == there.end()) throw StoreError(path, fmt::format("{}: attribute '{}' is missing", owner, name));
    if (it->second.index() != value.index() || (decides && it->second != value))
      throw StoreError(path, fmt::format("{}: attribute '{}' is not that of its study", owner, name));
  }
  for (const auto& [name, value] : there)
    if (!demanded.contains(name) && (name != "comment" || !std::holds_alternative<std::string>(value)))
      throw StoreError(path, fmt::format("{}: attribute '{}' has no place in a result", owner, name));
}

void expect_coordinate(const fs::path& path, const Dimension& there, const Dimension& demanded) {
  const std::string owner = "dimension '" + demanded.name + "'";
  if (there.coordinate.index() != demanded.coordinate.index())
    throw StoreError(path, fmt::format("{} has {}, its study has {}", owner, type_name(there.coordinate),
                                       type_name(demanded.coordinate)));
  if (there.size() != demanded.size())
    throw StoreError(
        path, fmt::format("{} has {} coordinates, its study has {}", owner, there.size(), demanded.size()));
  std::visit(
      [&](const auto& values) {
        const auto& wanted = std::get<std::decay_t<decltype(values)>>(demanded.coordinate);
        for (std::size_t i = 0; i < values.size(); ++i)
          if (values[i] != wanted[i])
            throw StoreError(path, fmt::format("{}: coordinate {} is {}, in its study it is {}", owner, i + 1,
                                               values[i], wanted[i]));
      },
      there.coordinate);
}

// Puts the dimensions into the order of the study's. `shape` has as many replicates as the file.
void expect_dimensions(const fs::path& path, Dataset& data, const Dataset& shape) {
  std::vector<Dimension> ordered;
  for (const Dimension& demanded : shape.dimensions) {
    Dimension* there = find(data.dimensions, demanded.name);
    if (!there) throw StoreError(path, "dimension '" + demanded.name + "' is missing");
    expect_coordinate(path, *there, demanded);
    expect_attributes(path, "dimension '" + demanded.name + "'", there->attributes, demanded.attributes);
    ordered.push_back(std::move(*there));
    there->name.clear();
  }
  for (const Dimension& dimension : data.dimensions)
    if (!dimension.name.empty())
      throw StoreError(path, "dimension '" + dimension.name + "' is none of its study");
  data.dimensions = std::move(ordered);
}

void expect_variables(const fs::path& path, Dataset& data, const Dataset& shape) {
  std::vector<Variable> ordered;
  for (const Variable& demanded : shape.variables) {
    const std::string owner = "variable '" + demanded.name + "'";
    Variable* there = find(data.variables, demanded.name);
    if (!there) throw StoreError(path, owner + " is missing");
    if (there->dimensions != demanded.dimensions)
      throw StoreError(path, owner + " has other dimensions than its study");
    if (there->data.index() != demanded.data.index())
      throw StoreError(path, fmt::format("{} has {}, its study has {}", owner, type_name(there->data),
                                         type_name(demanded.data)));
    expect_attributes(path, owner, there->attributes, demanded.attributes);
    ordered.push_back(std::move(*there));
    there->name.clear();
  }
  for (Variable& variable : data.variables) {
    if (variable.name.empty()) continue;
    if (!variable.dimensions.empty() || !std::holds_alternative<std::vector<std::string>>(variable.data))
      throw StoreError(path, "variable '" + variable.name + "' is none of its study");
    ordered.push_back(std::move(variable));
  }
  data.variables = std::move(ordered);
}

// Every flag has a value that its attributes name.
void expect_flags(const fs::path& path, const Variable& variable) {
  const auto* flags = std::get_if<std::vector<std::uint8_t>>(&variable.data);
  if (!flags) return;
  std::array<bool, 256> named{};
  for (const std::uint8_t value : *attribute<std::vector<std::uint8_t>>(variable.attributes, "flag_values"))
    named[value] = true;
  for (const std::uint8_t value : *flags)
    if (!named[value])
      throw StoreError(
          path, fmt::format("variable '{}' holds {}, which is none of its flags", variable.name, value));
}

bool is_missing(const Variable& variable, std::size_t i) {
  if (const auto* reals = std::get_if<std::vector<double>>(&variable.data)) return std::isnan((*reals)[i]);
  const auto* flags = std::get_if<std::vector<std::uint8_t>>(&variable.data);
  return !flags || (*flags)[i] == kNotRun;
}

// A replicate was run for all arms or for none, and has values only where it was run.
void expect_whole_replicates(const fs::path& path, const Dataset& data, std::size_t arms) {
  const auto& status = std::get<std::vector<std::uint8_t>>(data.variable("status").data);
  for (std::size_t first = 0; first < status.size(); first += arms) {
    const auto begin = status.begin() + static_cast<std::ptrdiff_t>(first);
    const auto idle = std::count(begin, begin + static_cast<std::ptrdiff_t>(arms), kNotRun);
    if (idle != 0 && idle != static_cast<std::ptrdiff_t>(arms))
      throw StoreError(path, "variable 'status': a replicate was run for some of its arms only");
  }
  for (const Variable& variable : data.variables) {
    if (variable.dimensions.empty()) continue;
    const std::size_t width = size(variable) / status.size();
    for (std::size_t i = 0; i < size(variable); ++i)
      if (status[i / width] == kNotRun && !is_missing(variable, i))
        throw StoreError(path, "variable '" + variable.name + "' has a value where its arm was not run");
  }
}

// How many replicates the file has room for; at least those of every point.
std::int64_t replicates_of(const fs::path& path, const Study& study, Dataset& data) {
  const Dimension* dimension = find(data.dimensions, "replicate");
  if (!dimension) throw StoreError(path, "dimension 'replicate' is missing");
  if (!std::holds_alternative<std::vector<std::int64_t>>(dimension->coordinate))
    throw StoreError(path, fmt::format("dimension 'replicate' has {}, its study has integers",
                                       type_name(dimension->coordinate)));
  const auto there = static_cast<std::int64_t>(dimension->size());
  if (there < study.replicates)
    throw StoreError(path, fmt::format("dimension 'replicate' has {} coordinates, its study has {}", there,
                                       study.replicates));
  return there;
}

}  // namespace

bool is_saved_cell(const Dataset& data) {
  return data.attributes.contains("cell");
}

ResultFile read_result(const fs::path& path) {
  return checked_result(path, read_dataset(path));
}

ResultFile checked_result(const fs::path& path, Dataset read) {
  ResultFile result{path, {}, std::move(read), 0};
  Dataset& data = result.data;
  result.study = study_of(path, data);
  const Study& study = result.study;
  expect_identity(path, study, data);
  const std::int64_t replicates = replicates_of(path, study, data);
  const Dataset shape = result_shape(study, columns_of(study), replicates);
  expect_dimensions(path, data, shape);
  expect_variables(path, data, shape);
  for (const Variable& variable : data.variables) expect_flags(path, variable);
  expect_whole_replicates(path, data, study.recipe.arms.size());
  try {
    const auto due = replicates_due(study, data);
    if (const std::int64_t most = *std::ranges::max_element(due); most != replicates)
      throw StoreError(path, fmt::format("dimension 'replicate' has {} coordinates, its study asks for {}",
                                         replicates, most));
    result.missing = count_missing(study, data, path);
  } catch (const ClaimError& error) {
    throw StoreError(path, fmt::format("its precision cannot be told: {}", error.what()));
  }
  return result;
}

}  // namespace twostage
