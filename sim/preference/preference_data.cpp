#include "sim/preference/preference_data.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>

#include "sim/numerics/elementary.hpp"
#include "sim/preference/action_sampler.hpp"
#include "sim/world/cycle.hpp"

namespace twostage {
namespace {

double uniform_of(std::uint64_t word) {
  return static_cast<double>(word) * 0x1p-64;
}

// Words of the stream, without those that draw_uniform skips (one in 2^54).
void fill_uniforms(Philox4x64 engine, std::span<std::uint64_t> words) {
  engine.fill(words);
  bool all = true;
  for (const std::uint64_t word : words) all &= word < kNoUniform;
  if (all) return;
  const auto kept = std::remove_if(words.begin(), words.end(), [](auto word) { return word >= kNoUniform; });
  for (auto& word : std::span(kept, words.end())) do
      word = engine();
    while (word >= kNoUniform);
}

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
  std::vector<std::uint64_t> prompts;       // thresholds

  const ActionSampler& second() const { return other ? *other : first; }
};

PairDrawer::PairDrawer(const World& world, std::span<const double> log_first,
                       std::span<const double> log_second) {
  const TokenGraph& graph = world.graph;
  if (log_first.size() != graph.edges() || log_second.size() != graph.edges())
    throw std::invalid_argument("sample_pairs: one log-probability per edge");
  auto policies = std::make_unique<Policies>(
      Policies{.world = world, .first = ActionSampler(graph, log_first), .prompts = thresholds(world.rho)});
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
  const std::span<const StateId> successors = world.graph.successors();
  const std::span<const double> reward = world.reward;
  const ActionSampler& first_policy = policies_->first;
  const ActionSampler& second_policy = policies_->second();
  const std::size_t H = data.horizon;
  data.chosen.reserve(pairs * H);
  data.rejected.reserve(pairs * H);
  // Prompt, label, then the tokens of both completions in turn: a longer horizon extends the completions and
  // moves no other draw.
  const std::size_t each = (2 + 2 * H + 3) / 4 * 4;  // words of a pair, in whole blocks of the generator
  constexpr std::size_t kTogether = 64;              // pairs, whose draws do not wait for each other
  constexpr std::size_t kWords = 2048;
  const std::size_t together = std::clamp<std::size_t>(kWords / each, 1, kTogether);
  std::vector<std::uint64_t> words(together * each);
  std::array<double, kTogether> label, likely;
  std::array<StateId, kTogether> s, t;
  for (std::size_t begin = data.size(); begin < pairs; begin += together) {
    const std::size_t count = std::min(together, pairs - begin);
    data.chosen.resize((begin + count) * H);
    data.rejected.resize((begin + count) * H);
    EdgeId* const first = data.chosen.data() + begin * H;
    EdgeId* const second = data.rejected.data() + begin * H;
    for (std::size_t k = 0; k < count; ++k) {
      const std::span own = std::span(words).subspan(k * each, each);
      fill_uniforms(source.stream(Purpose::data, replicate, instance, begin + k), own);
      s[k] = t[k] = static_cast<StateId>(draw_index(policies_->prompts, own[0]));
      label[k] = uniform_of(own[1]);
      likely[k] = 0;
    }
    for (std::size_t h = 0; h < H; ++h)
      for (std::size_t k = 0; k < count; ++k) {
        const std::uint64_t* const own = words.data() + k * each + 2 + 2 * h;
        const EdgeId e = first_policy.draw_from(s[k], own[0]);
        const EdgeId f = second_policy.draw_from(t[k], own[1]);
        first[k * H + h] = e;
        second[k * H + h] = f;
        s[k] = successors[static_cast<std::size_t>(e)];
        t[k] = successors[static_cast<std::size_t>(f)];
        likely[k] += reward[static_cast<std::size_t>(e)] - reward[static_cast<std::size_t>(f)];
      }
    if (world.cycle)
      for (std::size_t k = 0; k < count; ++k)
        likely[k] += turn(world.cycle->point({first + k * H, H}), world.cycle->point({second + k * H, H}));
    num::sigmoid(std::span(likely).first(count), std::span(likely).first(count));
    for (std::size_t k = 0; k < count; ++k) {
      // The two change places without a branch, which would be a guess.
      const EdgeId mask = label[k] < likely[k] ? 0 : -1;
      for (std::size_t i = k * H; i < (k + 1) * H; ++i) {
        const EdgeId moved = (first[i] ^ second[i]) & mask;
        first[i] ^= moved;
        second[i] ^= moved;
      }
    }
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
