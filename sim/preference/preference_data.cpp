#include "sim/preference/preference_data.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "sim/numerics/elementary.hpp"
#include "sim/random/draw.hpp"

namespace twostage {
namespace {

// Inverse-transform sampling from the rows of a table: row s holds A probabilities.
class CategorySampler {
 public:
  // Takes probabilities, row by row; replaces them by running sums.
  CategorySampler(std::vector<double> probability, std::size_t actions)
      : cumulative_(std::move(probability)), actions_(actions) {
    for (auto row = cumulative_.begin(); row != cumulative_.end();
         row += static_cast<std::ptrdiff_t>(actions_)) {
      const auto end = row + static_cast<std::ptrdiff_t>(actions_);
      double sum = 0;
      auto last = row;  // the last action that can happen takes what rounding leaves
      for (auto p = row; p != end; ++p) {
        if (*p > 0) last = p;
        *p = sum += *p;
      }
      std::fill(last, end, 1.0);
    }
  }

  std::size_t draw(std::size_t row, double uniform) const {
    const auto begin = cumulative_.begin() + static_cast<std::ptrdiff_t>(row * actions_);
    return static_cast<std::size_t>(
        std::upper_bound(begin, begin + static_cast<std::ptrdiff_t>(actions_) - 1, uniform) - begin);
  }

 private:
  std::vector<double> cumulative_;
  std::size_t actions_;
};

CategorySampler action_sampler(const TokenGraph& graph, std::span<const double> log_policy) {
  std::vector<double> probability(graph.edges());
  num::exp(log_policy, probability);
  return {std::move(probability), static_cast<std::size_t>(graph.actions())};
}

}  // namespace

PreferenceData PreferenceData::prefix(std::size_t pairs) const {
  if (pairs > size()) throw std::invalid_argument("preference data: prefix longer than the data");
  const auto edges = static_cast<std::ptrdiff_t>(pairs * horizon);
  return {horizon, {chosen.begin(), chosen.begin() + edges}, {rejected.begin(), rejected.begin() + edges}};
}

PreferenceData sample_pairs(const World& world, std::span<const double> log_first,
                            std::span<const double> log_second, std::size_t pairs, const RandomSource& source,
                            std::uint64_t replicate, std::uint64_t instance) {
  const TokenGraph& graph = world.graph;
  const auto H = static_cast<std::size_t>(graph.horizon());
  if (log_first.size() != graph.edges() || log_second.size() != graph.edges())
    throw std::invalid_argument("sample_pairs: one log-probability per edge");
  const CategorySampler first_policy = action_sampler(graph, log_first);
  std::optional<CategorySampler> other;  // where the policies differ
  if (!std::ranges::equal(log_first, log_second)) other = action_sampler(graph, log_second);
  const CategorySampler& second_policy = other ? *other : first_policy;
  const CategorySampler prompts(world.rho, world.rho.size());

  PreferenceData data{H, std::vector<EdgeId>(pairs * H), std::vector<EdgeId>(pairs * H)};
  for (std::size_t i = 0; i < pairs; ++i) {
    // Prompt, label, then the tokens of both completions in turn: a longer horizon extends the completions
    // and moves no other draw.
    auto engine = source.stream(Purpose::data, replicate, instance, i);
    auto s = static_cast<StateId>(prompts.draw(0, draw_uniform(engine)));
    StateId t = s;
    const double label = draw_uniform(engine);
    EdgeId* first = data.chosen.data() + i * H;
    EdgeId* second = data.rejected.data() + i * H;
    double difference = 0;
    for (std::size_t h = 0; h < H; ++h) {
      const auto step = [&](const CategorySampler& policy, StateId& state) {
        const auto a = policy.draw(static_cast<std::size_t>(state), draw_uniform(engine));
        const EdgeId e = graph.edge(state, static_cast<int>(a));
        state = graph.successor(e);
        return e;
      };
      first[h] = step(first_policy, s);
      second[h] = step(second_policy, t);
      difference += world.reward[static_cast<std::size_t>(first[h])] -
                    world.reward[static_cast<std::size_t>(second[h])];
    }
    if (!(label < num::sigmoid(difference))) std::swap_ranges(first, first + H, second);
  }
  return data;
}

}  // namespace twostage
