// The context of a replicate: the distinct completions of its data, sorted as paths.
#include <algorithm>
#include <bit>
#include <cstdint>

#include "sim/measure/metric.hpp"
#include "sim/preference/path_index.hpp"

namespace twostage {
namespace {

// Bits that tell edges apart.
int edge_bits(const PairTable& table) {
  EdgeId last = 0;
  for (const auto* paths : {&table.first, &table.second})
    for (const EdgeId e : *paths) last = std::max(last, e);
  return static_cast<int>(std::bit_width(static_cast<std::uint64_t>(last)));
}

// The edges of a path as the digits of one number, whose order is that of paths.
std::vector<EdgeId> sorted_as_numbers(const PairTable& table, int bits) {
  std::vector<std::uint64_t> numbers;
  numbers.reserve(2 * table.rows());
  const auto add = [&](std::span<const EdgeId> path) {
    std::uint64_t number = 0;
    for (const EdgeId e : path) number = number << bits | static_cast<std::uint64_t>(e);
    numbers.push_back(number);
  };
  for (std::size_t k = 0; k < table.rows(); ++k) {
    add(table.first_path(k));
    add(table.second_path(k));
  }
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  const std::uint64_t digit = (std::uint64_t{1} << bits) - 1;
  std::vector<EdgeId> out;
  out.reserve(numbers.size() * table.horizon);
  for (const std::uint64_t number : numbers)
    for (std::size_t h = table.horizon; h-- > 0;)
      out.push_back(static_cast<EdgeId>(number >> (static_cast<int>(h) * bits) & digit));
  return out;
}

std::vector<EdgeId> sorted_as_lists(const PairTable& table) {
  PathIndex index(table.horizon);
  for (std::size_t k = 0; k < table.rows(); ++k) {
    index.number(table.first_path(k));
    index.number(table.second_path(k));
  }
  std::vector<std::span<const EdgeId>> paths;
  paths.reserve(index.size());
  for (std::size_t k = 0; k < index.size(); ++k) paths.push_back(index.path(k));
  std::sort(paths.begin(), paths.end(),
            [](auto a, auto b) { return std::ranges::lexicographical_compare(a, b); });
  std::vector<EdgeId> out;
  out.reserve(paths.size() * table.horizon);
  for (const auto path : paths) out.insert(out.end(), path.begin(), path.end());
  return out;
}

// From the table, where equal pairs stand once: there is less to sort.
std::vector<EdgeId> distinct_completions(const PairTable& table) {
  const int bits = edge_bits(table);
  const bool fit = bits > 0 && bits < 64 && static_cast<std::size_t>(bits) * table.horizon <= 64;
  return fit ? sorted_as_numbers(table, bits) : sorted_as_lists(table);
}

}  // namespace

Context::Context(const World& w, const PreferenceData& d, const SoftPlan& plan, const Yardsticks& against)
    : world(w), data(d), optimum(plan), yardsticks(against) {}

Context::Context(const World& w, const PreferenceData& d, const PairTable& table, const SoftPlan& plan,
                 const Yardsticks& against)
    : world(w), data(d), optimum(plan), yardsticks(against), table_(&table) {}

std::span<const EdgeId> Context::seen() const {
  if (!seen_) seen_ = distinct_completions(table_ ? *table_ : tabulate(data));
  return *seen_;
}

}  // namespace twostage
