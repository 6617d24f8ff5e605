#include "experiments/runner/batch_file.hpp"

#include <algorithm>

#include "experiments/runner/say.hpp"
#include "results/store/batches.hpp"
#include "results/store/sha256.hpp"
#include "results/store/store_error.hpp"

namespace twostage {
namespace {

// A list of its own dimension, or of one that is there.
template <typename T>
void add(Dataset& file, const std::string& name, const std::string& dimension, std::vector<T> data) {
  if (std::ranges::find(file.dimensions, dimension, &Dimension::name) == file.dimensions.end())
    file.dimensions.push_back({dimension, Index{data.size()}});
  file.variables.push_back({name, {dimension}, std::move(data), {}});
}

template <typename T>
const std::vector<T>& data_of(const Dataset& file, std::string_view name) {
  return std::get<std::vector<T>>(file.variable(name).data);
}

}  // namespace

std::int64_t batch_id(const Study& study, const Batch& batch) {
  return batch.first * static_cast<std::int64_t>(study.points()) + static_cast<std::int64_t>(batch.point);
}

std::string batch_hash(const Study& study, const Columns& columns) {
  std::string text = cells_text(study);
  for (const auto* list : {&columns.arm, &columns.pair})
    for (const auto* entry : *list) text += entry->name + "\n";
  return sha256(text);
}

void save_batch(const std::filesystem::path& folder, const Study& study, const std::string& hash,
                const BatchResult& result) {
  std::vector<double> values = result.arm_values;
  values.insert(values.end(), result.pair_values.begin(), result.pair_values.end());
  values.insert(values.end(), result.status.begin(), result.status.end());

  Dataset file;
  file.attributes["config_hash"] = hash;
  file.attributes["first"] = result.batch.first;
  file.attributes["count"] = result.batch.count;
  // As a coordinate, without a variable over it: one HDF5 object costs half of what two and their link do.
  file.dimensions.push_back({"values", std::move(values)});
  if (std::ranges::any_of(result.inexact, [](const std::string& reason) { return !reason.empty(); })) {
    add(file, "inexact", "metric", result.inexact);
  }
  if (!result.errors.empty()) {
    std::vector<std::int64_t> replicates;
    std::vector<std::string> arms, messages;
    for (const CellError& error : result.errors) {
      replicates.push_back(error.replicate);
      arms.push_back(error.arm);
      messages.push_back(error.message);
    }
    add(file, "error_replicate", "error", std::move(replicates));
    add(file, "error_arm", "error", std::move(arms));
    add(file, "error_message", "error", std::move(messages));
  }
  write_batch(folder, batch_id(study, result.batch), file);
}

std::optional<BatchResult> load_batch(const std::filesystem::path& folder, const Study& study,
                                      const Columns& columns, const std::string& hash, const Batch& batch) {
  const std::int64_t id = batch_id(study, batch);
  Dataset file;
  try {
    file = read_batch(folder, id);
  } catch (const StoreError& error) {  // the price of a damaged file is to run its cells again
    say("{}; its cells are run again\n", error.what());
    return std::nullopt;
  }
  const auto attribute = [&](std::string_view name) {
    const auto it = file.attributes.find(name);
    return it == file.attributes.end() ? Attribute() : it->second;
  };
  if (attribute("config_hash") != Attribute(hash))
    throw StoreError(batch_path(folder, id), "is a batch of another configuration; start over with --force");
  if (attribute("first") != Attribute(batch.first) || attribute("count") != Attribute(batch.count))
    return std::nullopt;

  BatchResult result = empty_batch(study, columns, batch);
  const auto& values = std::get<std::vector<double>>(file.dimension("values").coordinate);
  if (values.size() != result.arm_values.size() + result.pair_values.size() + result.status.size())
    throw StoreError(batch_path(folder, id), "has another length than its batch");
  auto from = values.begin();
  for (double& value : result.arm_values) value = *from++;
  for (double& value : result.pair_values) value = *from++;
  for (std::uint8_t& status : result.status) status = static_cast<std::uint8_t>(*from++);
  if (file.has_variable("inexact")) result.inexact = data_of<std::string>(file, "inexact");
  if (file.has_variable("error_arm"))
    for (std::size_t i = 0; i < data_of<std::string>(file, "error_arm").size(); ++i)
      result.errors.push_back({batch.point, data_of<std::int64_t>(file, "error_replicate")[i],
                               data_of<std::string>(file, "error_arm")[i],
                               data_of<std::string>(file, "error_message")[i]});
  return result;
}

}  // namespace twostage
