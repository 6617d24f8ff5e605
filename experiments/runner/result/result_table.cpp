#include "experiments/runner/result/result_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace twostage {
namespace {

std::string gigabytes(double bytes) {
  return fmt::format("{:.3g} GB", bytes / 1e9);
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

double table_bytes(const Study& study, const Columns& columns, std::int64_t replicates) {
  const auto arms = static_cast<double>(study.recipe.arms.size());
  const auto bytes_each = [](const Entry<Metric>* column) {
    return column->extra.flag_meanings.empty() ? sizeof(double) : sizeof(std::uint8_t);
  };
  double bytes = sizeof(std::uint8_t);  // the status
  for (const auto* column : columns.arm) bytes += static_cast<double>(bytes_each(column));
  for (const auto* column : columns.pair) bytes += static_cast<double>(bytes_each(column)) * arms;
  const auto each = static_cast<double>(replicates);
  return static_cast<double>(study.points()) * each * arms * bytes + each * sizeof(std::int64_t);
}

void check_table(const Study& study, const Columns& columns, std::int64_t replicates, double max_bytes) {
  const double bytes = 2 * table_bytes(study, columns, replicates);
  if (bytes <= max_bytes) return;
  fail_at(place_of(study, "replicates", 0), "replicates",
          fmt::format(
              "the results of {} points x {} replicates need {}, more than the {} this run may use; lower "
              "replicates or raise --memory",
              study.points(), replicates, gigabytes(bytes), gigabytes(max_bytes)));
}

ResultTable::ResultTable(const Study& study, const Columns& columns, double max_bytes)
    : study_(study),
      columns_(columns),
      replicates_(static_cast<std::size_t>(study.replicates)),
      arms_(study.recipe.arms.size()),
      max_bytes_(max_bytes),
      data_(result_shape(study, columns)),
      arm_columns_(columns.arm.size()),
      inexact_(columns.arm.size()) {
  check_table(study, columns, study.replicates, max_bytes);
  for (Variable& variable : data_.variables) {
    const std::size_t size = volume(data_.shape(variable));
    if (auto* reals = std::get_if<std::vector<double>>(&variable.data))
      reals->assign(size, std::numeric_limits<double>::quiet_NaN());
    else
      std::get<std::vector<std::uint8_t>>(variable.data).assign(size, 255);
  }
}

void ResultTable::keep(const Dataset& former) {
  const std::size_t narrow = former.dimension("replicate").size();
  for (Variable& variable : data_.variables) {
    const Variable& theirs = former.variable(variable.name);
    const std::size_t width = size(variable) / (study_.points() * replicates_);  // of a replicate
    std::visit(
        [&](auto& values) {
          const auto& from = std::get<std::decay_t<decltype(values)>>(theirs.data);
          for (std::size_t point = 0; point < study_.points(); ++point)
            std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(point * narrow * width), narrow * width,
                        values.begin() + static_cast<std::ptrdiff_t>(point * replicates_ * width));
        },
        variable.data);
    if (const auto comment = theirs.attributes.find("comment"); comment != theirs.attributes.end())
      add_comment(variable, std::get<std::string>(comment->second));
  }
  failed_ += static_cast<std::size_t>(
      std::ranges::count(std::get<std::vector<std::uint8_t>>(former.variable("status").data),
                         static_cast<std::uint8_t>(ArmStatus::failed)));
}

void ResultTable::widen(std::int64_t replicates) {
  const auto wide = static_cast<std::size_t>(replicates);
  check_table(study_, columns_, replicates, max_bytes_);
  twostage::widen(data_, wide);
  replicates_ = wide;
}

void widen(Dataset& data, std::size_t replicates) {
  auto dimension = std::ranges::find(data.dimensions, "replicate", &Dimension::name);
  const std::size_t narrow = dimension->size();
  if (replicates <= narrow) return;
  for (Variable& variable : data.variables) {
    const auto at = std::ranges::find(variable.dimensions, "replicate");
    if (at == variable.dimensions.end()) continue;
    const std::vector<std::size_t> shape = data.shape(variable);
    const auto place = at - variable.dimensions.begin();
    const std::size_t rows = volume({shape.begin(), shape.begin() + place});
    const std::size_t width = volume({shape.begin() + place + 1, shape.end()});
    std::visit(
        [&]<typename Item>(std::vector<Item>& values) {
          Item missing{};
          if constexpr (std::is_same_v<Item, double>) missing = std::numeric_limits<double>::quiet_NaN();
          if constexpr (std::is_same_v<Item, std::uint8_t>) missing = 255;
          std::vector<Item> wide(rows * replicates * width, missing);
          for (std::size_t row = 0; row < rows; ++row)
            std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(row * narrow * width), narrow * width,
                        wide.begin() + static_cast<std::ptrdiff_t>(row * replicates * width));
          values = std::move(wide);
        },
        variable.data);
  }
  std::vector<std::int64_t> labels(replicates);
  std::iota(labels.begin(), labels.end(), std::int64_t{0});
  dimension->coordinate = std::move(labels);
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
  const std::size_t replicate =
      result.batch.point * replicates_ + static_cast<std::size_t>(result.batch.first);
  const auto count = static_cast<std::size_t>(result.batch.count);
  auto& status = std::get<std::vector<std::uint8_t>>(data_.variables[0].data);
  std::ranges::copy(result.status, status.begin() + static_cast<std::ptrdiff_t>(replicate * arms_));
  for (std::size_t k = 1; k < data_.variables.size(); ++k) {
    const bool pair = k > arm_columns_;
    const std::size_t width = pair ? arms_ * arms_ : arms_;
    const std::size_t column = pair ? k - 1 - arm_columns_ : k - 1;
    const auto& source = pair ? result.pair_values : result.arm_values;
    put(data_.variables[k], replicate * width,
        std::span(source).subspan(column * count * width, count * width));
  }
  for (std::size_t k = 0; k < arm_columns_; ++k)
    if (!result.inexact[k].empty()) inexact_[k].insert(result.inexact[k]);
  errors_.insert(errors_.end(), result.errors.begin(), result.errors.end());
  failed_ += static_cast<std::size_t>(
      std::ranges::count(result.status, static_cast<std::uint8_t>(ArmStatus::failed)));
}

Dataset ResultTable::take() {
  for (std::size_t k = 0; k < arm_columns_; ++k) {
    for (const std::string& reason : inexact_[k]) add_comment(data_.variables[k + 1], reason);
  }
  return std::move(data_);
}

}  // namespace twostage
