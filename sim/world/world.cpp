#include "sim/world/world.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "sim/numerics/elementary.hpp"
#include "sim/world/cycle.hpp"
#include "sim/world/family.hpp"

namespace twostage {
namespace {

std::string gigabytes(double bytes) {
  std::array<char, 32> buffer{};
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), bytes / 1e9, std::chars_format::general, 4);
  return std::string(buffer.data(), end.ptr) + " GB";
}

// Cycles are drawn like everything else, whatever the family; a given world states its own.
std::vector<Entry<WorldFamily>> with_cycles(std::vector<Entry<WorldFamily>> families) {
  for (Entry<WorldFamily>& family : families)
    if (family.name != "given") family.knobs.push_back(intransitivity_knob());
  return families;
}

bool shares_truth(const Settings& resolved) {
  return resolved.has("shared_truth") && resolved.boolean("shared_truth");
}

std::string alternatives(const std::vector<std::string>& words) {
  std::string out = words.front();
  for (std::size_t i = 1; i < words.size(); ++i) out += (i + 1 == words.size() ? " or " : ", ") + words[i];
  return out;
}

}  // namespace

double completion_length(const World& world, std::span<const EdgeId> path) {
  if (world.edge_length.empty()) return static_cast<double>(path.size());
  double length = 0;
  for (const EdgeId e : path) length += world.edge_length[static_cast<std::size_t>(e)];
  return length;
}

LengthRange completion_lengths(const World& world) {
  const TokenGraph& graph = world.graph;
  const auto tokens = static_cast<double>(graph.horizon());
  if (world.edge_length.empty()) return {tokens, tokens};
  std::vector<LengthRange> from(graph.states(), {0, 0});
  for (auto s = static_cast<StateId>(graph.inner_states()); s-- > 0;) {
    const EdgeRange edges = graph.leaving(s);
    LengthRange& here = from[static_cast<std::size_t>(s)];
    here = {std::numeric_limits<double>::infinity(), 0};
    for (EdgeId e = edges.begin; e < edges.end; ++e) {
      const double length = world.edge_length[static_cast<std::size_t>(e)];
      const LengthRange& on = from[static_cast<std::size_t>(graph.successor(e))];
      here.shortest = std::min(here.shortest, length + on.shortest);
      here.longest = std::max(here.longest, length + on.longest);
    }
  }
  LengthRange all = from.front();
  for (std::size_t p = 1; p < graph.prompts(); ++p) {
    all.shortest = std::min(all.shortest, from[p].shortest);
    all.longest = std::max(all.longest, from[p].longest);
  }
  return all;
}

std::vector<double> uniform_policy(const TokenGraph& graph) {
  std::vector<double> log_policy(graph.edges());
  for (const Stretch& stretch : graph.stretches())
    std::fill(log_policy.begin() + stretch.first_edge, log_policy.begin() + stretch.edge(stretch.end),
              -num::log(static_cast<double>(stretch.actions)));
  return log_policy;
}

const Registry<WorldFamily>& worlds() {
  static const Registry<WorldFamily> registry(
      "world", with_cycles({bandit_family(), given_family(), maze_family(), summary_family(), tokens_family(),
                            two_token_family(), walk_family()}));
  return registry;
}

Settings resolve_world(const Settings& given) {
  // The family first, since it decides which knobs there are.
  const Knob family_knob{"family", std::string(), 0, 0, worlds().names(), "world family"};
  Settings named;
  Settings rest;
  for (const auto& [key, value] : given.values()) (key == family_knob.name ? named : rest).set(key, value);
  if (!named.has("family"))
    throw InputError("family", "a world needs a family; valid: " + alternatives(worlds().names()));
  const std::string family = resolve({family_knob}, named, "world").text("family");
  const auto& entry = worlds().at(family, "family");
  Settings out = resolve(entry.knobs, rest, "world '" + family + "'");
  out.set("family", family);
  if (prompt_count(out) > static_cast<std::size_t>(kMaxPrompts))
    throw InputError("held_out", "world '" + family + "': prompts and held_out are " +
                                     std::to_string(prompt_count(out)) + " together; valid: up to " +
                                     std::to_string(kMaxPrompts));
  entry.extra.check(out);
  return out;
}

double world_bytes(const Settings& resolved) {
  const WorldFamily& family = worlds().at(resolved.text("family"), "family").extra;
  constexpr double kGraph = 2 * sizeof(StateId) + sizeof(EdgeId);
  constexpr double kReferenceAndReward = 2 * sizeof(double);
  constexpr double kReplicate = 13 * sizeof(double);
  const double cycle = intransitivity_of(resolved) > 0 ? 2 * sizeof(double) : 0;
  return family.edges(resolved) * (kGraph + kReferenceAndReward + kReplicate + cycle) +
         family.bytes(resolved);
}

World make_world(const Settings& resolved, const WorldSeed& seed, double max_bytes) {
  const std::string& name = resolved.text("family");
  const WorldFamily& family = worlds().at(name, "family").extra;
  const auto refuse = [&](const std::string& size, const std::string& limit) {
    throw InputError(family.size_knobs.front(), "world '" + name + "' is too large: it needs " + size +
                                                    " and may take " + limit + "; lower " +
                                                    alternatives(family.size_knobs));
  };
  if (const double bytes = world_bytes(resolved); !(bytes <= max_bytes))
    refuse(gigabytes(bytes) + " of memory", gigabytes(max_bytes));
  const double edges = family.edges(resolved);
  if (edges > kMaxEdges) refuse(to_text(edges) + " edges", to_text(kMaxEdges));
  const double per_prompt = edges / static_cast<double>(prompt_count(resolved));
  if (per_prompt > kMaxPromptEdges)
    refuse(to_text(per_prompt) + " edges for each prompt", to_text(kMaxPromptEdges));
  constexpr std::uint64_t attempts = 1000;
  for (WorldSeed fresh = seed;; ++fresh.attempt) try {
      World world = family.make(resolved, fresh);
      if (const double strength = intransitivity_of(resolved); strength > 0)
        world.cycle =
            draw_cycle(world, shares_truth(resolved) && world.graph.prompts_are_copies(), strength, fresh);
      world.redraws = static_cast<int>(fresh.attempt);
      return world;
    } catch (const Undrawable& undrawable) {
      if (fresh.attempt + 1 == attempts)
        throw InputError(undrawable.knob, "world '" + name + "': in each of " + std::to_string(attempts) +
                                              " draws " + undrawable.why);
    }
}

}  // namespace twostage
