#include "results/store/batches.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "results/store/store.hpp"

namespace twostage {
namespace {

constexpr std::string_view prefix = "batch-";
constexpr std::string_view suffix = ".h5";

}  // namespace

std::filesystem::path batch_path(const std::filesystem::path& folder, std::int64_t id) {
  return folder / (std::string(prefix) + std::to_string(id) + std::string(suffix));
}

void write_batch(const std::filesystem::path& folder, std::int64_t id, const Dataset& part) {
  if (id < 0) throw std::invalid_argument("write_batch: the id is negative");
  if (!part.attributes.contains("config_hash"))
    throw std::invalid_argument("write_batch: the batch has no config_hash");
  write_dataset(batch_path(folder, id), part, Packing::plain);
}

Dataset read_batch(const std::filesystem::path& folder, std::int64_t id) {
  return read_dataset(batch_path(folder, id));
}

std::optional<std::int64_t> batch_number(std::string_view name) {
  if (name.size() < prefix.size() + suffix.size() || !name.starts_with(prefix) || !name.ends_with(suffix))
    return std::nullopt;
  std::int64_t id = -1;
  const char* first = name.data() + prefix.size();
  const char* last = name.data() + name.size() - suffix.size();
  const auto [end, error] = std::from_chars(first, last, id);
  return error == std::errc() && end == last && id >= 0 ? std::optional(id) : std::nullopt;
}

std::vector<std::int64_t> list_batches(const std::filesystem::path& folder) {
  std::vector<std::int64_t> ids;
  if (!std::filesystem::is_directory(folder)) return ids;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (const auto id = batch_number(entry.path().filename().native())) ids.push_back(*id);
  std::ranges::sort(ids);
  return ids;
}

}  // namespace twostage
