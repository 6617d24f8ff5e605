#include "sim/preference/action_sampler.hpp"

#include <algorithm>
#include <cmath>

#include "sim/numerics/elementary.hpp"

namespace twostage {
namespace {

void fill_thresholds(std::span<const double> probability, std::span<std::uint64_t> out) {
  double sum = 0;
  std::size_t last = 0;
  for (std::size_t i = 0; i < probability.size(); ++i) {
    if (probability[i] > 0) last = i;
    out[i] = threshold(sum += probability[i]);
  }
  std::fill(out.begin() + static_cast<std::ptrdiff_t>(last), out.end(), kNoUniform);
}

}  // namespace

std::uint64_t threshold(double sum) {
  if (!(sum > 0)) return 0;
  if (!(sum < 1)) return kNoUniform;
  const double scaled = std::ceil(sum * 0x1p64);
  auto word = static_cast<std::uint64_t>(scaled);
  // Words below it may round up to it: down to the middle of the gap below, which goes to the even side.
  const auto gap = static_cast<std::uint64_t>(scaled - std::nextafter(scaled, 0.0));
  word -= gap / 2;
  return static_cast<double>(word) < scaled ? word + 1 : word;
}

std::vector<std::uint64_t> thresholds(std::span<const double> probability) {
  std::vector<std::uint64_t> out(probability.size());
  fill_thresholds(probability, out);
  return out;
}

ActionSampler::ActionSampler(const TokenGraph& graph, std::span<const double> log_policy)
    : graph_(graph), thresholds_(graph.edges()) {
  std::vector<double> probability(graph.edges());
  num::exp(log_policy, probability);
  for (StateId s = 0; s < static_cast<StateId>(graph.inner_states()); ++s) {
    const EdgeRange edges = graph.leaving(s);
    const auto begin = static_cast<std::size_t>(edges.begin);
    fill_thresholds(std::span(probability).subspan(begin, edges.size()),
                    std::span(thresholds_).subspan(begin, edges.size()));
  }
}

}  // namespace twostage
