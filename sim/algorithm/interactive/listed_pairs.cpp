#include "sim/algorithm/interactive/listed_pairs.hpp"

#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/target.hpp"

namespace twostage {

ListedPairs::ListedPairs(const World& world)
    : all(all_completions(world.graph)), wins(world.graph.prompts()) {
  for (std::size_t p = 0; p < wins.size(); ++p) wins[p].assign(all.count(p) * all.count(p), 0.0);
}

PairTable table_of(const ListedPairs& pairs) {
  PairTable out;
  out.horizon = pairs.all.horizon;
  out.completions = pairs.all.edges;
  std::size_t most = 0, begin = 0;
  for (std::size_t p = 0; p < pairs.wins.size(); ++p)
    most += pairs.all.count(p) * (pairs.all.count(p) + 1) / 2;
  for (auto* of : {&out.first, &out.second}) of->reserve(most);
  for (auto* of : {&out.wins, &out.losses}) of->reserve(most);
  for (std::size_t p = 0; p < pairs.wins.size(); ++p) {
    const std::vector<double>& wins = pairs.wins[p];
    const std::size_t count = pairs.all.count(p);
    for (std::size_t y = 0; y < count; ++y)
      for (std::size_t z = 0; z <= y; ++z) {
        const double of_first = wins[y * count + z], of_second = y == z ? 0 : wins[z * count + y];
        if (of_first == 0 && of_second == 0) continue;
        out.first.push_back(static_cast<std::uint32_t>(begin + y));
        out.second.push_back(static_cast<std::uint32_t>(begin + z));
        out.wins.push_back(of_first);
        out.losses.push_back(of_second);
      }
    begin += count;
  }
  out.pairs = out.rows();
  return out;
}

void check_listed_pairs(const ArmSpec& spec, const World& world) {
  if (arm_options(spec).text("expectation") != "exact") return;
  const double pairs = population_pairs(world.graph);
  if (pairs <= kMostPopulationPairs) return;
  throw InputError("expectation", "arm '" + spec.name + "': in expectation '" + spec.algorithm +
                                      "' goes through all pairs of completions, " + to_text(pairs) +
                                      " here; valid: up to " + to_text(kMostPopulationPairs) +
                                      ": lower the horizon or the number of prompts, or expectation = "
                                      "\"sampled\"");
}

double listed_pairs_bytes(const World& world) {
  constexpr double of_completion = 60, of_pair = sizeof(double);
  const auto horizon = static_cast<double>(world.graph.horizon());
  return of_pair * population_pairs(world.graph) +
         (of_completion + sizeof(EdgeId) * horizon) * count_completions(world.graph);
}

Knob exact_or_sampled_knob() {
  return {"expectation",
          "exact",
          0,
          0,
          {"exact", "sampled"},
          "whether the pairs of a round are all there are, as often as is to be expected, or drawn"};
}

}  // namespace twostage
