// merge: the result files of shards, or the folder that many processes worked in, into the file that one run
// would have written.
#include <fmt/format.h>

#include <filesystem>

#include "experiments/runner/cluster/merge_folder.hpp"
#include "experiments/runner/commands/commands.hpp"
#include "experiments/runner/result/batches.hpp"
#include "experiments/runner/result/claim_record.hpp"
#include "experiments/runner/result/provenance.hpp"
#include "experiments/runner/result/result_file.hpp"
#include "experiments/runner/result/result_table.hpp"
#include "experiments/runner/run/run.hpp"
#include "experiments/runner/run/run_place.hpp"
#include "experiments/runner/study/configuration_diff.hpp"
#include "experiments/runner/terminal/say.hpp"
#include "results/store/store.hpp"

namespace twostage {
namespace {

constexpr auto kNotRun = static_cast<std::uint8_t>(ArmStatus::not_run);

std::vector<std::uint8_t>& status_of(Dataset& data) {
  for (Variable& variable : data.variables)
    if (variable.name == "status") return std::get<std::vector<std::uint8_t>>(variable.data);
  throw std::logic_error("a result has a status");
}

// Copies the replicates that `part` has run. `status` is per (replicate, arm): a variable has `width` values
// for each.
void overlay(Dataset& whole, const Dataset& part, const std::filesystem::path& source) {
  const auto& ran = std::get<std::vector<std::uint8_t>>(part.variable("status").data);
  const std::vector<std::uint8_t> before = status_of(whole);
  for (std::size_t i = 0; i < ran.size(); ++i)
    if (ran[i] != kNotRun && before[i] != kNotRun)
      throw StoreError(source, "holds replicates that another of the files holds too");
  for (Variable& variable : whole.variables) {
    if (variable.dimensions.empty()) continue;
    const Variable& theirs = part.variable(variable.name);
    if (const auto comment = theirs.attributes.find("comment"); comment != theirs.attributes.end())
      add_comment(variable, std::get<std::string>(comment->second));
    std::visit(
        [&](auto& values) {
          const auto& from = std::get<std::decay_t<decltype(values)>>(theirs.data);
          const std::size_t width = values.size() / ran.size();
          for (std::size_t i = 0; i < values.size(); ++i)
            if (ran[i / width] != kNotRun) values[i] = from[i];
        },
        variable.data);
  }
}

void check_out(const std::vector<std::string>& files, const std::filesystem::path& out, bool force) {
  require_replaceable_result(out);
  if (std::filesystem::exists(out) && !force)
    throw StoreError(out, "exists; replace it with --force or give another --out");
  for (const std::string& file : files)
    if (std::error_code error; std::filesystem::equivalent(file, out, error))
      throw StoreError(out, "is one of the files to be merged; give another --out");
}

// Two names of one file are one file.
void expect_different(const std::vector<std::string>& files) {
  for (std::size_t k = 0; k < files.size(); ++k)
    for (std::size_t i = 0; i < k; ++i)
      if (std::error_code error;
          files[i] == files[k] || std::filesystem::equivalent(files[i], files[k], error))
        throw StoreError(files[k], "is given twice");
}

}  // namespace

int merge_command(const MergeArguments& arguments) {
  const auto& [files, out, command, force] = arguments;
  if (files.size() == 1 && std::filesystem::is_directory(files.front())) {
    RunOptions options;
    options.out = out;
    options.command = command;
    options.force = force;
    return exit_code(merge_folder(RunFolder(files.front()), options));
  }
  check_out(files, out, force);
  expect_different(files);
  // Neither a run nor another merge works there meanwhile.
  const Workplace work(sidecar(out, ".parts"), std::filesystem::path(out).filename());
  warn_without_lock(work);
  remove_stale_temporaries(out);
  require_writable(out);
  ResultFile first_file = read_result(files.front());
  Dataset& whole = first_file.data;
  const Study& study = first_file.study;
  const std::string first = identity_text(study);
  std::vector<Attributes> origins = {whole.attributes};
  std::string claims = stored_claims(files.front(), whole);
  for (std::size_t k = 1; k < files.size(); ++k) {
    ResultFile other = read_result(files[k]);
    Dataset& part = other.data;
    origins.push_back(part.attributes);
    const std::string here = identity_text(other.study);
    if (here != first)
      throw StoreError(files[k], "is of another configuration than " + files.front() + ": " +
                                     configuration_difference(first, here));
    const std::string theirs = stored_claims(files[k], part);  // without a record nothing is known
    claims = claims.empty() || theirs.empty() ? "" : common_claims(claims, theirs);
    const std::size_t wide =
        std::max(whole.dimension("replicate").size(), part.dimension("replicate").size());
    widen(whole, wide);
    widen(part, wide);
    overlay(whole, part, files[k]);
  }
  const std::size_t failed = count_status(whole, ArmStatus::failed);
  if (const std::size_t missing = count_missing(study, whole, out); missing > 0)
    throw InputError("", fmt::format("{} of {} results are in none of these files: a shard is missing",
                                     missing, status_of(whole).size()));
  std::erase_if(whole.variables,
                [](const Variable& v) { return v.name == "configuration" || v.name == kClaimsVariable; });
  if (!claims.empty()) store_claims(whole, claims);
  join_provenance(whole, origins);
  write_result(out, study, std::move(whole), force ? Existing::replace : Existing::keep);
  say("{}: merged from {} {}\n", out, files.size(), files.size() == 1 ? "file" : "files");
  return failed == 0 ? 0 : 1;
}

}  // namespace twostage
