#include "sim/algorithm/interactive/spin_pairs.hpp"

#include <cmath>

#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/interactive/pair_rounds.hpp"
#include "sim/algorithm/target.hpp"
#include "sim/numerics/elementary.hpp"
#include "sim/plan/sweeps.hpp"
#include "sim/preference/path_index.hpp"

namespace twostage {

SpinPairs::SpinPairs(const ArmSpec& spec, const ArmInput& input)
    : world_(input.world), from_{.source = input.source, .replicate = input.replicate}, stop_(input.stop) {
  const PreferenceData& data = input.data;
  check_spin_pairs(spec, data.size());
  if (arm_options(spec).text("expectation") == "sampled") {
    winners_ = {.horizon = data.horizon, .chosen = data.chosen, .rejected = {}, .weight = data.weight};
    return;
  }
  listed_.emplace(input.world);
  std::vector<EdgeId> completions = listed_->all.edges;
  PathIndex index(listed_->all.horizon, completions);
  won_.assign(listed_->all.rows(), 0.0);
  for (std::size_t i = 0; i < data.size(); ++i) won_[index.number(data.chosen_path(i))] += data.weight_of(i);
}

PairTable SpinPairs::of_round(std::span<const double> log_policy, std::uint64_t round) {
  return listed_ ? expected(log_policy) : drawn(log_policy, round);
}

PairTable SpinPairs::expected(std::span<const double> log_policy) {
  const Completions& all = listed_->all;
  std::vector<double> said(all.rows());
  path_sums(log_policy, all.edges, all.horizon, said);
  num::exp(said, said);
  std::size_t begin = 0;
  for (std::vector<double>& wins : listed_->wins) {
    const std::size_t count = all.count(static_cast<std::size_t>(&wins - listed_->wins.data()));
    for (std::size_t y = 0; y < count; ++y)
      for (std::size_t z = 0; z < count; ++z) wins[y * count + z] = won_[begin + y] * said[begin + z];
    begin += count;
  }
  return table_of(*listed_);
}

PairTable SpinPairs::drawn(std::span<const double> log_policy, std::uint64_t round) {
  std::vector<std::size_t> prompts;
  for (std::size_t i = 0; i < winners_.size(); ++i)
    prompts.push_back(static_cast<std::size_t>(world_.graph.source(winners_.chosen_path(i).front())));
  Rollouts answers = answer_prompts(world_, log_policy, std::move(prompts), from_, round, [this] {
    if (stop_ && stop_()) throw Stopped{};
  });
  rollouts_ += answers.size();
  winners_.rejected = std::move(answers.edges);
  return tabulate(winners_);
}

void check_spin_pairs(const ArmSpec& spec, std::uint64_t pairs) {
  if (arm_options(spec).text("expectation") != "sampled" || pairs <= kMostRollouts) return;
  throw InputError("expectation", "arm '" + spec.name + "': a round would draw an answer to each of " +
                                      std::to_string(pairs) + " winners; valid: up to " +
                                      std::to_string(kMostRollouts) + " pairs, or expectation = \"exact\"");
}

double spin_pairs_bytes(const ArmSpec& spec, const World& world) {
  const double comparisons = (population_pairs(world.graph) + count_completions(world.graph)) / 2;
  if (arm_options(spec).text("expectation") == "exact")
    return listed_pairs_bytes(world) +
           pair_rounds_bytes(spec, world, std::fmin(comparisons, kMostPopulationPairs)) +
           32 * static_cast<double>(world.graph.edges());
  constexpr double of_pair = 3;  // two completions and an answer
  const auto drawn = static_cast<double>(kMostRollouts);
  return of_pair * sizeof(EdgeId) * static_cast<double>(world.graph.horizon()) * drawn +
         pair_rounds_bytes(spec, world, std::fmin(comparisons, drawn));
}

}  // namespace twostage
