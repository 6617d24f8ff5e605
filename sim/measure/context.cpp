// The context of a replicate: the distinct completions of its data, sorted as paths.
#include <algorithm>
#include <bit>
#include <cstdint>

#include "sim/measure/metric.hpp"

namespace twostage {
namespace {

// Bits that tell edges apart.
int edge_bits(const PairTable& table) {
  EdgeId last = 0;
  for (const EdgeId e : table.completions) last = std::max(last, e);
  return static_cast<int>(std::bit_width(static_cast<std::uint64_t>(last)));
}

// The edges of a path as the digits of one number, whose order is that of paths.
std::vector<EdgeId> sorted_as_numbers(const PairTable& table, int bits) {
  std::vector<std::uint64_t> numbers(table.completion_count(), 0);
  for (std::size_t c = 0; c < numbers.size(); ++c)
    for (const EdgeId e : table.completion(c))
      numbers[c] = numbers[c] << bits | static_cast<std::uint64_t>(e);
  std::sort(numbers.begin(), numbers.end());
  const std::uint64_t digit = (std::uint64_t{1} << bits) - 1;
  std::vector<EdgeId> out;
  out.reserve(numbers.size() * table.horizon);
  for (const std::uint64_t number : numbers)
    for (std::size_t h = table.horizon; h-- > 0;)
      out.push_back(static_cast<EdgeId>(number >> (static_cast<int>(h) * bits) & digit));
  return out;
}

std::vector<EdgeId> sorted_as_lists(const PairTable& table) {
  std::vector<std::span<const EdgeId>> paths;
  for (std::size_t c = 0; c < table.completion_count(); ++c) paths.push_back(table.completion(c));
  std::sort(paths.begin(), paths.end(),
            [](auto a, auto b) { return std::ranges::lexicographical_compare(a, b); });
  std::vector<EdgeId> out;
  out.reserve(paths.size() * table.horizon);
  for (const auto path : paths) out.insert(out.end(), path.begin(), path.end());
  return out;
}

std::vector<EdgeId> sorted_completions(const PairTable& table) {
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
  if (!seen_) seen_ = sorted_completions(table_ ? *table_ : tabulate(data));
  return *seen_;
}

}  // namespace twostage
