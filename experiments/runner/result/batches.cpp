#include "experiments/runner/result/batches.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "results/file/store_error.hpp"
#include "results/verdict/precision.hpp"

namespace twostage {
namespace {

// Status of the arms of all replicates, point by point.
struct Statuses {
  explicit Statuses(const Study& study, const Dataset& data)
      : values(std::get<std::vector<std::uint8_t>>(data.variable("status").data)),
        replicates(data.dimension("replicate").size()),
        arms(study.recipe.arms.size()) {}

  std::size_t not_run(std::size_t point, std::size_t first, std::size_t end) const {
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>((point * replicates + first) * arms);
    return static_cast<std::size_t>(std::count(begin,
                                               begin + static_cast<std::ptrdiff_t>((end - first) * arms),
                                               static_cast<std::uint8_t>(ArmStatus::not_run)));
  }

  const std::vector<std::uint8_t>& values;
  std::size_t replicates;
  std::size_t arms;
};

}  // namespace

std::vector<Batch> batches_of(const Study& study, std::int64_t from) {
  std::vector<Batch> out;
  for (std::int64_t first = from, end = 0; first < study.replicates; first = end) {
    end = std::min((first / study.batch + 1) * study.batch, study.replicates);
    for (std::size_t point = 0; point < study.points(); ++point) out.push_back({point, first, end - first});
  }
  return out;
}

std::vector<std::int64_t> replicates_due(const Study& study, const Dataset& data) {
  std::vector<std::int64_t> due(study.points(), study.replicates);
  if (!study.precision) return due;
  const Statuses statuses(study, data);
  const PrecisionRule rule(*study.precision, data);
  for (std::size_t point = 0; point < due.size(); ++point)
    if (statuses.not_run(point, 0, static_cast<std::size_t>(study.replicates)) == 0)
      due[point] = rule.needed(coordinates(study, point), study.replicates, study.batch);
  return due;
}

std::vector<Batch> further_batches(const Study& study, const std::vector<std::int64_t>& due) {
  std::vector<Batch> out;
  const std::int64_t most = *std::ranges::max_element(due);
  for (std::int64_t first = study.replicates; first < most; first += study.batch)
    for (std::size_t point = 0; point < due.size(); ++point)
      if (first < due[point]) out.push_back({point, first, std::min(study.batch, due[point] - first)});
  return out;
}

int shard_holding(const Batch& batch, const Study& study, int n) {
  const auto block = study.precision ? 0 : static_cast<std::size_t>(batch.first / study.batch);
  return static_cast<int>((block + batch.point) % static_cast<std::size_t>(n)) + 1;
}

int most_shards(const Study& study) {
  const std::size_t blocks =
      study.precision ? 1 : static_cast<std::size_t>((study.replicates + study.batch - 1) / study.batch);
  return static_cast<int>(study.points() + blocks - 1);
}

std::vector<Batch> shard_of(const std::vector<Batch>& all, const Study& study, int k, int n) {
  std::vector<Batch> out;
  std::ranges::copy_if(all, std::back_inserter(out),
                       [&](const Batch& batch) { return shard_holding(batch, study, n) == k; });
  return out;
}

std::size_t count_missing(const Study& study, const Dataset& data, const std::filesystem::path& path) {
  const auto due = replicates_due(study, data);
  const Statuses statuses(study, data);
  std::size_t missing = 0;
  for (std::size_t point = 0; point < due.size(); ++point) {
    const auto end = static_cast<std::size_t>(due[point]);
    if (end > statuses.replicates) {
      missing += (end - statuses.replicates) * statuses.arms;
    } else if (const std::size_t beyond = statuses.replicates - end;
               statuses.not_run(point, end, statuses.replicates) != beyond * statuses.arms) {
      throw StoreError(
          path, "holds replicates at " + point_text(study, point) + " that its study does not ask for");
    }
    missing += statuses.not_run(point, 0, std::min(end, statuses.replicates));
  }
  return missing;
}

Completeness completeness(const Study& study, const Dataset& data, const std::filesystem::path& path) {
  count_missing(study, data, path);
  const auto due = replicates_due(study, data);
  const Statuses statuses(study, data);
  Completeness out;
  out.all_points = due.size();
  for (std::size_t point = 0; point < due.size(); ++point) {
    std::size_t here = 0;
    for (std::size_t r = 0; r < statuses.replicates; ++r)
      here += statuses.not_run(point, r, r + 1) < statuses.arms;
    out.replicates += here;
    out.due += static_cast<std::size_t>(due[point]);
    out.points += here > 0;
    out.at_least |= study.precision && here < static_cast<std::size_t>(study.replicates);
  }
  return out;
}

std::string part_text(const Completeness& c) {
  if (c.replicates == c.due) return "";
  return fmt::format("{} of {}{} replicates, at {} of {} points", c.replicates, c.at_least ? "at least " : "",
                     c.due, c.points, c.all_points);
}

}  // namespace twostage
