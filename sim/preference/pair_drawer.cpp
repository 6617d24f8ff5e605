#include "sim/preference/pair_drawer.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>

#include "sim/numerics/elementary.hpp"
#include "sim/preference/action_sampler.hpp"
#include "sim/world/cycle.hpp"

namespace twostage {
namespace {

constexpr std::size_t kMostTogether = 64;
constexpr std::size_t kWordsTogether = 2048;  // stay near the processor

// Pairs that are drawn side by side, since their draws do not wait for each other.
struct Block {
  std::size_t pairs = 0;
  std::size_t horizon;
  std::size_t words_each;  // of a pair, in whole blocks of the generator
  // [pairs x words_each]: prompt, label, then the tokens of both completions in turn. A longer horizon
  // extends the completions and moves no other draw.
  std::vector<std::uint64_t> words;
  EdgeId* first = nullptr;  // [pairs x horizon]
  EdgeId* second = nullptr;
  std::array<StateId, kMostTogether> first_state, second_state;
  std::array<double, kMostTogether> margin;  // r*(first) - r*(second)

  explicit Block(std::size_t horizon_)
      : horizon(horizon_),
        words_each((2 + 2 * horizon_ + 3) / 4 * 4),
        words(std::clamp<std::size_t>(kWordsTogether / words_each, 1, kMostTogether) * words_each) {}

  std::size_t most_pairs() const { return words.size() / words_each; }
  const std::uint64_t* words_of(std::size_t k) const { return words.data() + k * words_each; }
};

double uniform_of(std::uint64_t word) {
  return static_cast<double>(word) * 0x1p-64;
}

// Words of a stream, without those that draw_uniform skips.
void fill_uniforms(Philox4x64 engine, std::span<std::uint64_t> words) {
  for (auto& word : words) do
      word = engine();
    while (word >= kNoUniform);
}

// Words of the pairs i .. i + block.pairs - 1.
void fill_words(const RandomSource& source, std::uint64_t replicate, std::uint64_t instance, std::size_t i,
                Block& block) {
  const std::span words = std::span(block.words).first(block.pairs * block.words_each);
  source.fill(Purpose::data, replicate, instance, i, block.words_each / 4, words);
  std::uint64_t skipped = 0;
  for (const std::uint64_t word : words) skipped |= static_cast<std::uint64_t>(word >= kNoUniform);
  if (skipped == 0) return;  // as always, except for one word in 2^54
  for (std::size_t k = 0; k < block.pairs; ++k)
    fill_uniforms(source.stream(Purpose::data, replicate, instance, i + k),
                  words.subspan(k * block.words_each, block.words_each));
}

// Both completions of each pair from its prompt on, in a graph whose states all have `actions` actions, or
// any number of them if that is 0.
template <int actions>
void draw_completions(const World& world, const ActionSampler& first_policy,
                      const ActionSampler& second_policy, Block& block) {
  const StateId* const successor = world.graph.successors().data();
  const double* const reward = world.reward.data();
  const std::size_t H = block.horizon;
  for (std::size_t h = 0; h < H; ++h)
    for (std::size_t k = 0; k < block.pairs; ++k) {
      const std::uint64_t* const word = block.words_of(k) + 2 + 2 * h;
      const EdgeId e = first_policy.draw_from<actions>(block.first_state[k], word[0]);
      const EdgeId f = second_policy.draw_from<actions>(block.second_state[k], word[1]);
      block.first[k * H + h] = e;
      block.second[k * H + h] = f;
      block.first_state[k] = successor[e];
      block.second_state[k] = successor[f];
      block.margin[k] += reward[e] - reward[f];
    }
}

void draw_completions(const World& world, const ActionSampler& first_policy,
                      const ActionSampler& second_policy, Block& block) {
  const auto stretches = world.graph.stretches();
  switch (stretches.size() == 1 ? stretches.front().actions : 0) {
    case 2:
      return draw_completions<2>(world, first_policy, second_policy, block);
    case 3:
      return draw_completions<3>(world, first_policy, second_policy, block);
    case 4:
      return draw_completions<4>(world, first_policy, second_policy, block);
    default:
      return draw_completions<0>(world, first_policy, second_policy, block);
  }
}

// The preferred completion first: one changes places with the other without a branch, which would be a guess.
void put_preferred_first(std::span<const double> probability, Block& block) {
  const std::size_t H = block.horizon;
  for (std::size_t k = 0; k < block.pairs; ++k) {
    const EdgeId mask = uniform_of(block.words_of(k)[1]) < probability[k] ? 0 : -1;
    for (std::size_t i = k * H; i < (k + 1) * H; ++i) {
      const EdgeId moved = (block.first[i] ^ block.second[i]) & mask;
      block.first[i] ^= moved;
      block.second[i] ^= moved;
    }
  }
}

}  // namespace

struct PairDrawer::Policies {
  const World& world;
  ActionSampler first;
  std::optional<ActionSampler> other;  // where the policies differ
  std::vector<std::uint64_t> prompts;  // thresholds

  const ActionSampler& second() const { return other ? *other : first; }
};

PairDrawer::PairDrawer(const World& world, std::span<const double> log_first,
                       std::span<const double> log_second) {
  const TokenGraph& graph = world.graph;
  if (log_first.size() != graph.edges() || log_second.size() != graph.edges())
    throw std::invalid_argument("sample_pairs: one log-probability per edge");
  auto policies = std::make_unique<Policies>(Policies{.world = world,
                                                      .first = ActionSampler(graph, log_first),
                                                      .other = {},
                                                      .prompts = thresholds(world.rho)});
  if (!std::ranges::equal(log_first, log_second)) policies->other.emplace(graph, log_second);
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
  const std::size_t H = data.horizon;
  data.chosen.reserve(pairs * H);
  data.rejected.reserve(pairs * H);
  Block block(H);
  for (std::size_t begin = data.size(); begin < pairs; begin += block.pairs) {
    block.pairs = std::min(block.most_pairs(), pairs - begin);
    data.chosen.resize((begin + block.pairs) * H);
    data.rejected.resize((begin + block.pairs) * H);
    block.first = data.chosen.data() + begin * H;
    block.second = data.rejected.data() + begin * H;
    fill_words(source, replicate, instance, begin, block);
    for (std::size_t k = 0; k < block.pairs; ++k) {
      block.first_state[k] = block.second_state[k] =
          static_cast<StateId>(draw_index(policies_->prompts, block.words_of(k)[0]));
      block.margin[k] = 0;
    }
    draw_completions(world, policies_->first, policies_->second(), block);
    const std::span likely = std::span(block.margin).first(block.pairs);
    if (world.cycle)
      for (std::size_t k = 0; k < block.pairs; ++k)
        likely[k] +=
            turn(world.cycle->point({block.first + k * H, H}), world.cycle->point({block.second + k * H, H}));
    num::sigmoid(likely, likely);
    put_preferred_first(likely, block);
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
