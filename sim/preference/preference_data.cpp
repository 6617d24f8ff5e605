#include "sim/preference/preference_data.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "sim/numerics/elementary.hpp"
#include "sim/random/draw.hpp"

namespace twostage {
namespace {

// Inverse-transform sampling: probabilities become running sums, from which `draw` takes one of them.
void accumulate(std::span<double> probability) {
  double sum = 0;
  std::size_t last = 0;  // the last one that can happen takes what rounding leaves
  for (std::size_t i = 0; i < probability.size(); ++i) {
    if (probability[i] > 0) last = i;
    probability[i] = sum += probability[i];
  }
  std::fill(probability.begin() + static_cast<std::ptrdiff_t>(last), probability.end(), 1.0);
}

int draw(std::span<const double> cumulative, double uniform) {
  return static_cast<int>(std::upper_bound(cumulative.begin(), cumulative.end() - 1, uniform) -
                          cumulative.begin());
}

class ActionSampler {
 public:
  ActionSampler(const TokenGraph& graph, std::span<const double> log_policy)
      : graph_(graph), cumulative_(graph.edges()) {
    num::exp(log_policy, cumulative_);
    for (StateId s = 0; s < static_cast<StateId>(graph.inner_states()); ++s) {
      const EdgeRange edges = graph.leaving(s);
      accumulate(std::span(cumulative_).subspan(static_cast<std::size_t>(edges.begin), edges.size()));
    }
  }

  EdgeId draw_from(StateId s, double uniform) const {
    const EdgeRange edges = graph_.leaving(s);
    const std::span row(cumulative_.data() + edges.begin, edges.size());
    return edges.begin + draw(row, uniform);
  }

 private:
  const TokenGraph& graph_;
  std::vector<double> cumulative_;
};

}  // namespace

PreferenceData PreferenceData::prefix(std::size_t pairs) const {
  if (pairs > size()) throw std::invalid_argument("preference data: prefix longer than the data");
  const auto edges = static_cast<std::ptrdiff_t>(pairs * horizon);
  PreferenceData out{
      horizon, {chosen.begin(), chosen.begin() + edges}, {rejected.begin(), rejected.begin() + edges}, {}};
  if (!weight.empty()) out.weight.assign(weight.begin(), weight.begin() + static_cast<std::ptrdiff_t>(pairs));
  return out;
}

struct PairDrawer::Policies {
  const World& world;
  ActionSampler first;
  std::optional<ActionSampler> other = {};  // where the policies differ
  std::vector<double> prompts;              // running sums

  const ActionSampler& second() const { return other ? *other : first; }
};

PairDrawer::PairDrawer(const World& world, std::span<const double> log_first,
                       std::span<const double> log_second) {
  const TokenGraph& graph = world.graph;
  if (log_first.size() != graph.edges() || log_second.size() != graph.edges())
    throw std::invalid_argument("sample_pairs: one log-probability per edge");
  auto policies = std::make_unique<Policies>(
      Policies{.world = world, .first = ActionSampler(graph, log_first), .prompts = world.rho});
  if (!std::ranges::equal(log_first, log_second)) policies->other.emplace(graph, log_second);
  accumulate(policies->prompts);
  policies_ = std::move(policies);
}

PairDrawer::~PairDrawer() = default;
PairDrawer::PairDrawer(PairDrawer&&) noexcept = default;
PairDrawer& PairDrawer::operator=(PairDrawer&&) noexcept = default;

PreferenceData PairDrawer::none() const {
  return {static_cast<std::size_t>(policies_->world.graph.horizon()), {}, {}, {}};
}

void PairDrawer::extend(PreferenceData& data, std::size_t pairs, const RandomSource& source,
                        std::uint64_t replicate, std::uint64_t instance) const {
  const World& world = policies_->world;
  const ActionSampler& first_policy = policies_->first;
  const ActionSampler& second_policy = policies_->second();
  const std::size_t H = data.horizon;
  const std::size_t begin = data.size();
  data.chosen.resize(pairs * H);
  data.rejected.resize(pairs * H);
  for (std::size_t i = begin; i < pairs; ++i) {
    // Prompt, label, then the tokens of both completions in turn: a longer horizon extends the completions
    // and moves no other draw.
    auto engine = source.stream(Purpose::data, replicate, instance, i);
    StateId s = draw(policies_->prompts, draw_uniform(engine));
    StateId t = s;
    const double label = draw_uniform(engine);
    EdgeId* first = data.chosen.data() + i * H;
    EdgeId* second = data.rejected.data() + i * H;
    double difference = 0;
    for (std::size_t h = 0; h < H; ++h) {
      const auto step = [&](const ActionSampler& policy, StateId& state) {
        const EdgeId e = policy.draw_from(state, draw_uniform(engine));
        state = world.graph.successor(e);
        return e;
      };
      first[h] = step(first_policy, s);
      second[h] = step(second_policy, t);
      difference += world.reward[static_cast<std::size_t>(first[h])] -
                    world.reward[static_cast<std::size_t>(second[h])];
    }
    if (!(label < num::sigmoid(difference))) std::swap_ranges(first, first + H, second);
  }
}

PreferenceData sample_pairs(const World& world, std::span<const double> log_first,
                            std::span<const double> log_second, std::size_t pairs, const RandomSource& source,
                            std::uint64_t replicate, std::uint64_t instance) {
  const PairDrawer drawer(world, log_first, log_second);
  PreferenceData data = drawer.none();
  drawer.extend(data, pairs, source, replicate, instance);
  return data;
}

}  // namespace twostage
