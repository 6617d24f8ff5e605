#include "experiments/runner/result/batch_file.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "experiments/runner/terminal/say.hpp"
#include "results/file/sha256.hpp"
#include "results/file/store_error.hpp"
#include "results/store/batches.hpp"

namespace twostage {
namespace {

// A list of its own dimension, or of one that is there.
template <typename T>
void add(Dataset& file, const std::string& name, const std::string& dimension, std::vector<T> data) {
  if (std::ranges::find(file.dimensions, dimension, &Dimension::name) == file.dimensions.end())
    file.dimensions.push_back({dimension, Index{data.size()}});
  file.variables.push_back({name, {dimension}, std::move(data), {}});
}

Attributes address_of(const Study& study, const std::string& hash, const Batch& batch) {
  return {{"config_hash", hash},
          {"study", study.name},
          {"seed", study.seed},
          {"point", static_cast<std::int64_t>(batch.point)},
          {"coordinates", point_text(study, batch.point)},
          {"first", batch.first},
          {"count", batch.count}};
}

// What is wrong with a batch that its content hash says is as it was written.
class Misfit : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A list along a dimension of the file; empty when it is absent.
template <typename T>
std::vector<T> list_of(const Dataset& file, std::string_view name) {
  if (!file.has_variable(name)) return {};
  const auto* list = std::get_if<std::vector<T>>(&file.variable(name).data);
  if (!list) throw Misfit(fmt::format("'{}' has another type than in a batch", name));
  return *list;
}

void read_values(const Dataset& file, const Columns& columns, BatchResult& result) {
  const auto* values = file.dimensions.empty() || file.dimensions.front().name != "values"
                           ? nullptr
                           : std::get_if<std::vector<double>>(&file.dimensions.front().coordinate);
  if (!values ||
      values->size() != result.arm_values.size() + result.pair_values.size() + result.status.size())
    throw Misfit("it has not the values of its batch");
  auto from = values->begin();
  for (double& value : result.arm_values) value = *from++;
  for (double& value : result.pair_values) value = *from++;
  for (std::uint8_t& status : result.status) {
    const double flag = *from++;
    if (!(flag >= 0 && flag <= static_cast<double>(ArmStatus::failed)) || flag != std::floor(flag))
      throw Misfit(fmt::format("{} is no status of a fit", flag));
    status = static_cast<std::uint8_t>(flag);
  }
  // Flags are stored as the bytes that they become.
  const std::size_t width = columns.arm.empty() ? 0 : result.arm_values.size() / columns.arm.size();
  for (std::size_t k = 0; k < columns.arm.size(); ++k) {
    const std::size_t meanings = columns.arm[k]->extra.flag_meanings.size();
    for (std::size_t i = 0; meanings > 0 && i < width; ++i)
      if (const double flag = result.arm_values[k * width + i];
          !std::isnan(flag) &&
          (!(flag >= 0 && flag < static_cast<double>(meanings)) || flag != std::floor(flag)))
        throw Misfit(fmt::format("{} is no flag of '{}'", flag, columns.arm[k]->name));
  }
}

void read_remarks(const Dataset& file, const Study& study, const Columns& columns, BatchResult& result) {
  for (const Variable& variable : file.variables)
    if (variable.name != "inexact" && !variable.name.starts_with("error_"))
      throw Misfit(fmt::format("'{}' has no place in a batch", variable.name));
  if (file.has_variable("inexact")) {
    result.inexact = list_of<std::string>(file, "inexact");
    if (result.inexact.size() != columns.arm.size()) throw Misfit("'inexact' is not one text a metric");
  }
  const auto replicates = list_of<std::int64_t>(file, "error_replicate");
  const auto arms = list_of<std::string>(file, "error_arm");
  const auto messages = list_of<std::string>(file, "error_message");
  if (arms.size() != replicates.size() || messages.size() != replicates.size())
    throw Misfit("its errors are incomplete");
  for (std::size_t i = 0; i < arms.size(); ++i) {
    const Batch& batch = result.batch;
    if (replicates[i] < batch.first || replicates[i] >= batch.first + batch.count)
      throw Misfit("it has an error of a replicate of another batch");
    if (!arms[i].empty() &&
        std::ranges::find(study.recipe.arms, arms[i], &ArmSpec::name) == study.recipe.arms.end())
      throw Misfit("it has an error of an unknown arm");
    result.errors.push_back({batch.point, replicates[i], arms[i], messages[i]});
  }
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
  file.attributes = address_of(study, hash, result.batch);
  // As a coordinate, without a variable over it: one HDF5 object costs half of what two and their link do.
  file.dimensions.push_back({"values", std::move(values)});
  if (std::ranges::any_of(result.inexact, [](const std::string& reason) { return !reason.empty(); })) {
    add(file, "inexact", "metric", result.inexact);
  }
  if (!result.errors.empty()) {
    std::vector<std::int64_t> replicates;
    std::vector<std::string> arms, messages;
    for (const ReplicateError& error : result.errors) {
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
  const std::filesystem::path path = batch_path(folder, batch_id(study, batch));
  const auto again = [](const std::string& why) {  // the price of a file that is of no use
    say("{}; its replicates are run again\n", why);
    return std::nullopt;
  };
  Dataset file;
  try {
    file = read_batch(folder, batch_id(study, batch));
  } catch (const StoreError& error) {
    return again(error.what());
  }
  const Attributes address = address_of(study, hash, batch);
  const auto agrees = [&](const char* name) {
    const auto it = file.attributes.find(name);
    return it != file.attributes.end() && it->second == address.at(name);
  };
  for (const char* name : {"config_hash", "study", "seed"})
    if (!agrees(name)) throw StoreError(path, "is a batch of another configuration; start over with --force");
  for (const char* name : {"point", "coordinates", "first"})
    if (!agrees(name)) return again(StoreError(path, "holds other replicates than its name says").what());
  if (!agrees("count")) return std::nullopt;
  try {
    BatchResult result = empty_batch(study, columns, batch);
    read_values(file, columns, result);
    read_remarks(file, study, columns, result);
    return result;
  } catch (const Misfit& misfit) {
    return again(StoreError(path, misfit.what()).what());
  }
}

}  // namespace twostage
