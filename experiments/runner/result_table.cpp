#include "experiments/runner/result_table.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace twostage {
namespace {

std::string gigabytes(double bytes) {
  return to_text(std::round(bytes / 1e8) / 10) + " GB";
}

// Writes doubles into a variable from `offset` on; flag variables hold them as bytes, 255 for missing.
void put(Variable& variable, std::size_t offset, std::span<const double> values) {
  if (auto* reals = std::get_if<std::vector<double>>(&variable.data)) {
    std::ranges::copy(values, reals->begin() + static_cast<std::ptrdiff_t>(offset));
    return;
  }
  auto& bytes = std::get<std::vector<std::uint8_t>>(variable.data);
  for (std::size_t i = 0; i < values.size(); ++i)
    bytes[offset + i] = std::isnan(values[i]) ? std::uint8_t{255} : static_cast<std::uint8_t>(values[i]);
}

}  // namespace

ResultTable::ResultTable(const Study& study, const Columns& columns, double max_bytes)
    : replicates_(static_cast<std::size_t>(study.replicates)),
      arms_(study.recipe.arms.size()),
      data_(result_shape(study, columns)),
      arm_columns_(columns.arm.size()),
      inexact_(columns.arm.size()) {
  double bytes = 0;
  for (const Variable& variable : data_.variables)
    bytes += static_cast<double>(volume(data_.shape(variable))) *
             (std::holds_alternative<std::vector<double>>(variable.data) ? 8 : 1);
  if (bytes > max_bytes)
    throw InputError("replicates", "the results of " + std::to_string(study.points()) + " points x " +
                                       std::to_string(study.replicates) + " replicates need " +
                                       gigabytes(bytes) + ", more than the " + gigabytes(max_bytes) +
                                       " this run may use; lower replicates or raise --memory");
  for (Variable& variable : data_.variables) {
    const std::size_t size = volume(data_.shape(variable));
    if (auto* reals = std::get_if<std::vector<double>>(&variable.data))
      reals->assign(size, std::numeric_limits<double>::quiet_NaN());
    else
      std::get<std::vector<std::uint8_t>>(variable.data).assign(size, 255);
  }
}

void add_comment(Variable& variable, const std::string& lines) {
  std::set<std::string> all;
  const auto insert = [&](std::string_view text) {
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = std::min(text.find('\n', begin), text.size());
      all.emplace(text.substr(begin, end - begin));
      begin = end + 1;
    }
  };
  if (const auto it = variable.attributes.find("comment"); it != variable.attributes.end())
    insert(std::get<std::string>(it->second));
  insert(lines);
  std::string joined;
  for (const std::string& line : all) joined += (joined.empty() ? "" : "\n") + line;
  if (!joined.empty()) variable.attributes["comment"] = joined;
}

void ResultTable::add(const BatchResult& result) {
  const std::size_t cell = result.batch.point * replicates_ + static_cast<std::size_t>(result.batch.first);
  const auto count = static_cast<std::size_t>(result.batch.count);
  auto& status = std::get<std::vector<std::uint8_t>>(data_.variables[0].data);
  std::ranges::copy(result.status, status.begin() + static_cast<std::ptrdiff_t>(cell * arms_));
  for (std::size_t k = 1; k < data_.variables.size(); ++k) {
    const bool pair = k > arm_columns_;
    const std::size_t width = pair ? arms_ * arms_ : arms_;
    const std::size_t column = pair ? k - 1 - arm_columns_ : k - 1;
    const auto& source = pair ? result.pair_values : result.arm_values;
    put(data_.variables[k], cell * width, std::span(source).subspan(column * count * width, count * width));
  }
  for (std::size_t k = 0; k < arm_columns_; ++k)
    if (!result.inexact[k].empty()) inexact_[k].insert(result.inexact[k]);
  errors_.insert(errors_.end(), result.errors.begin(), result.errors.end());
  failed_ += static_cast<std::size_t>(
      std::ranges::count(result.status, static_cast<std::uint8_t>(CellStatus::failed)));
}

Dataset ResultTable::take() {
  for (std::size_t k = 0; k < arm_columns_; ++k) {
    for (const std::string& reason : inexact_[k]) add_comment(data_.variables[k + 1], reason);
  }
  return std::move(data_);
}

std::vector<Batch> batches_of(const Study& study) {
  std::vector<Batch> out;
  for (std::int64_t first = 0; first < study.replicates; first += study.batch)
    for (std::size_t point = 0; point < study.points(); ++point)
      out.push_back({point, first, std::min(study.batch, study.replicates - first)});
  return out;
}

std::vector<Batch> shard_of(const std::vector<Batch>& all, const Study& study, int k, int n) {
  std::vector<Batch> out;
  for (const Batch& batch : all) {
    const auto block = static_cast<std::size_t>(batch.first / study.batch);
    if ((block + batch.point) % static_cast<std::size_t>(n) == static_cast<std::size_t>(k - 1))
      out.push_back(batch);
  }
  return out;
}

}  // namespace twostage
