#include "results/store/batches.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <functional>
#include <stdexcept>
#include <unordered_map>

#include "results/store/store.hpp"

namespace twostage {
namespace {

constexpr std::string_view prefix = "batch-";
constexpr std::string_view suffix = ".h5";

std::string config_hash(const Dataset& dataset) {
  const auto it = dataset.attributes.find("config_hash");
  const auto* hash = it == dataset.attributes.end() ? nullptr : std::get_if<std::string>(&it->second);
  return hash ? *hash : "none";
}

// Position of each of `part`'s coordinates in the whole's; throws the text of what does not fit.
std::vector<std::size_t> positions(const Dimension& part, const Dimension& whole) {
  const auto misfit = [&](const std::string& what) {
    return std::invalid_argument("dimension '" + part.name + "' " + what);
  };
  if (part.coordinate.index() != whole.coordinate.index()) throw misfit("has a coordinate of another type");
  return std::visit(
      [&](const auto& values) {
        using Values = std::decay_t<decltype(values)>;
        const auto& all = std::get<Values>(whole.coordinate);
        std::vector<std::size_t> result(values.size());
        if constexpr (std::is_same_v<Values, Index>) {
          if (values.size() != all.size()) throw misfit("has another length");
          for (std::size_t i = 0; i < result.size(); ++i) result[i] = i;
        } else {
          std::unordered_map<typename Values::value_type, std::size_t> place;
          for (std::size_t i = 0; i < all.size(); ++i) place.emplace(all[i], i);
          for (std::size_t i = 0; i < result.size(); ++i) {
            const auto it = place.find(values[i]);
            if (it == place.end()) throw misfit("has a coordinate that the whole has not");
            result[i] = it->second;
          }
        }
        return result;
      },
      part.coordinate);
}

bool same_bits(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}
template <typename T>
bool same_bits(const T& a, const T& b) {
  return a == b;
}

// For every element of `part`, in its order, the element of `whole` it belongs to.
std::vector<std::size_t> destinations(const Dataset& part, const Variable& variable, const Dataset& whole) {
  std::vector<std::size_t> result{0};
  for (const auto& name : variable.dimensions) {
    const auto place = positions(part.dimension(name), whole.dimension(name));
    const std::size_t extent = whole.dimension(name).size();
    std::vector<std::size_t> next;
    next.reserve(result.size() * place.size());
    for (const auto base : result) {
      for (const auto p : place) next.push_back(base * extent + p);
    }
    result = std::move(next);
  }
  return result;
}

}  // namespace

std::filesystem::path batch_path(const std::filesystem::path& folder, std::int64_t id) {
  return folder / (std::string(prefix) + std::to_string(id) + std::string(suffix));
}

void write_batch(const std::filesystem::path& folder, std::int64_t id, const Dataset& part) {
  if (id < 0) throw std::invalid_argument("write_batch: the id is negative");
  if (config_hash(part) == "none") throw std::invalid_argument("write_batch: the batch has no config_hash");
  write_dataset(batch_path(folder, id), part, Packing::plain);
}

Dataset read_batch(const std::filesystem::path& folder, std::int64_t id) {
  return read_dataset(batch_path(folder, id));
}

std::vector<std::int64_t> list_batches(const std::filesystem::path& folder) {
  std::vector<std::int64_t> ids;
  if (!std::filesystem::exists(folder)) return ids;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename();
    if (!name.starts_with(prefix) || !name.ends_with(suffix)) continue;
    std::int64_t id = -1;
    const char* first = name.data() + prefix.size();
    const char* last = name.data() + name.size() - suffix.size();
    const auto [end, error] = std::from_chars(first, last, id);
    if (error == std::errc() && end == last && id >= 0) ids.push_back(id);
  }
  std::ranges::sort(ids);
  return ids;
}

Assembly::Assembly(Dataset whole) : whole_(std::move(whole)) {
  validate(whole_);
  for (const auto& variable : whole_.variables) given_.emplace_back(size(variable), false);
}

void Assembly::add(const Dataset& part, const std::filesystem::path& source) {
  if (config_hash(part) != config_hash(whole_)) {
    throw StoreError(source, "belongs to configuration " + config_hash(part) + ", not to " +
                                 config_hash(whole_) +
                                 "; continue with the settings it was made with, or in another folder");
  }
  try {
    validate(part);
    for (const auto& piece : part.variables) {
      const Variable& known = whole_.variable(piece.name);
      const std::string owner = "variable '" + piece.name + "' ";
      if (piece.dimensions != known.dimensions || piece.data.index() != known.data.index()) {
        throw std::invalid_argument(owner + "has another type or other dimensions");
      }
      const auto which = static_cast<std::size_t>(&known - whole_.variables.data());
      const auto places = destinations(part, piece, whole_);
      std::visit(
          [&](const auto& values) {
            auto& all = std::get<std::decay_t<decltype(values)>>(whole_.variables[which].data);
            for (std::size_t i = 0; i < values.size(); ++i) {
              if (given_[which][places[i]] && !same_bits(all[places[i]], values[i])) {
                throw std::invalid_argument(owner + "disagrees with another batch about the same replicate");
              }
            }
            for (std::size_t i = 0; i < values.size(); ++i) {
              all[places[i]] = values[i];
              given_[which][places[i]] = true;
            }
          },
          piece.data);
    }
  } catch (const std::logic_error& misfit) {
    throw StoreError(source, std::string("does not fit into the whole: ") + misfit.what());
  }
}

}  // namespace twostage
