#include "experiments/runner/batch_file.hpp"

#include "results/store/batches.hpp"
#include "results/store/store_error.hpp"

namespace twostage {
namespace {

std::vector<std::string> arm_names(const Study& study) {
  std::vector<std::string> names;
  for (const ArmSpec& arm : study.recipe.arms) names.push_back(arm.name);
  return names;
}

std::vector<std::string> column_names(const std::vector<const Entry<Metric>*>& columns) {
  std::vector<std::string> names;
  for (const auto* entry : columns) names.push_back(entry->name);
  return names;
}

// Dimensions and variables without data: what a file must agree with to be read back.
Dataset batch_shape(const Study& study, const Columns& columns, const Batch& batch, std::size_t errors) {
  std::vector<std::int64_t> replicates;
  for (std::int64_t i = 0; i < batch.count; ++i) replicates.push_back(batch.first + i);
  Dataset shape;
  shape.dimensions = {{"point", std::vector<std::int64_t>{static_cast<std::int64_t>(batch.point)}},
                      {"replicate", std::move(replicates)},
                      {"arm", arm_names(study)},
                      {"arm_b", arm_names(study)},
                      {"metric", column_names(columns.arm)},
                      {"pair_metric", column_names(columns.pair)},
                      {"error", Index{errors}}};
  shape.variables = {
      {"status", {"point", "replicate", "arm"}, std::vector<std::uint8_t>{}},
      {"arm_values", {"point", "metric", "replicate", "arm"}, std::vector<double>{}},
      {"pair_values", {"point", "pair_metric", "replicate", "arm", "arm_b"}, std::vector<double>{}},
      {"inexact", {"metric"}, std::vector<std::string>{}},
      {"error_replicate", {"error"}, std::vector<std::int64_t>{}},
      {"error_arm", {"error"}, std::vector<std::string>{}},
      {"error_message", {"error"}, std::vector<std::string>{}}};
  if (columns.pair.empty()) {
    std::erase_if(shape.dimensions, [](const Dimension& d) { return d.name == "pair_metric"; });
    std::erase_if(shape.variables, [](const Variable& v) { return v.name == "pair_values"; });
  }
  if (errors == 0) {
    std::erase_if(shape.dimensions, [](const Dimension& d) { return d.name == "error"; });
    std::erase_if(shape.variables, [](const Variable& v) { return v.name.starts_with("error_"); });
  }
  return shape;
}

template <typename T>
const std::vector<T>& data_of(const Dataset& dataset, std::string_view name) {
  static const std::vector<T> none;
  return dataset.has_variable(name) ? std::get<std::vector<T>>(dataset.variable(name).data) : none;
}

}  // namespace

std::int64_t batch_id(const Study& study, const Batch& batch) {
  return batch.first / study.batch * static_cast<std::int64_t>(study.points()) +
         static_cast<std::int64_t>(batch.point);
}

void save_batch(const std::filesystem::path& folder, const Study& study, const Columns& columns,
                const std::string& config_hash, const BatchResult& result) {
  Dataset file = batch_shape(study, columns, result.batch, result.errors.size());
  const auto set = [&](std::string_view name, auto values) {
    for (Variable& variable : file.variables)
      if (variable.name == name) variable.data = std::move(values);
  };
  set("status", result.status);
  set("arm_values", result.arm_values);
  set("pair_values", result.pair_values);
  set("inexact", result.inexact);
  std::vector<std::int64_t> replicates;
  std::vector<std::string> arms, messages;
  for (const CellError& error : result.errors) {
    replicates.push_back(error.replicate);
    arms.push_back(error.arm);
    messages.push_back(error.message);
  }
  set("error_replicate", std::move(replicates));
  set("error_arm", std::move(arms));
  set("error_message", std::move(messages));
  file.attributes["config_hash"] = config_hash;
  write_batch(folder, batch_id(study, result.batch), file);
}

std::optional<BatchResult> load_batch(const std::filesystem::path& folder, const Study& study,
                                      const Columns& columns, const std::string& config_hash,
                                      const Batch& batch) {
  const std::int64_t id = batch_id(study, batch);
  const Dataset file = read_batch(folder, id);
  const auto hash = file.attributes.find("config_hash");
  if (hash == file.attributes.end() || hash->second != Attribute(config_hash))
    throw StoreError(batch_path(folder, id), "is a batch of another configuration; start over with --force");
  const auto errors = file.has_variable("error_arm") ? data_of<std::string>(file, "error_arm").size() : 0;
  const Dataset expected = batch_shape(study, columns, batch, errors);
  for (const Dimension& dimension : expected.dimensions)
    if (file.dimension(dimension.name).coordinate.index() != dimension.coordinate.index() ||
        file.dimension(dimension.name).size() != dimension.size())
      return std::nullopt;
  BatchResult result{batch,
                     data_of<std::uint8_t>(file, "status"),
                     data_of<double>(file, "arm_values"),
                     data_of<double>(file, "pair_values"),
                     {},
                     data_of<std::string>(file, "inexact")};
  for (std::size_t i = 0; i < errors; ++i)
    result.errors.push_back({batch.point, data_of<std::int64_t>(file, "error_replicate")[i],
                             data_of<std::string>(file, "error_arm")[i],
                             data_of<std::string>(file, "error_message")[i]});
  return result;
}

}  // namespace twostage
