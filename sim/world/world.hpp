// World: everything that is true before data exist. A token graph, prompt weights, a reference policy, the
// true reward on edges, the temperature beta of the KL term, and (where the family has one) the ordered basis
// from which rewards and classes of graded complexity are built.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sim/basis/edge_basis.hpp"
#include "sim/catalog/registry.hpp"
#include "sim/graph/token_graph.hpp"
#include "sim/random/stream.hpp"

namespace twostage {

class Cycle;

// Prompts that are texts, and what is known of each: the features through which classes are shared by
// prompts.
struct PromptTexts {
  int alphabet = 0;                      // tokens are 0 .. alphabet - 1, those of completions, too
  std::vector<std::vector<int>> prompt;  // [prompts] equally long
  std::vector<std::vector<int>>
      reference;     // [prompts] what a completion is held against; hidden from classes
  int known_by = 0;  // so many tokens of a prompt decide one of its reference
};

struct World {
  std::string family;
  TokenGraph graph;
  std::vector<double> rho;  // [prompts] weights, sum 1; 0 for those that are held out, which come last
  std::vector<double> log_reference;  // [edges] log pi_ref(a|s), finite; sums to one over a in each state
  std::vector<double> reward;         // [edges] true reward r*(e), in the units of beta
  double beta;                        // temperature of the KL term, > 0
  bool shared_classes;                // one parameter vector for all prompts, or one per prompt
  // [states] where classes are shared, states of a layer with one label use the same parameters; they have
  // equally many actions. Empty: prompts have copies of one graph, and share in place.
  std::vector<StateId> state_label = {};
  // [edges] how many tokens an edge stands for, 0 for one that only pads a completion to H edges. Empty: one
  // each.
  std::vector<double> edge_length = {};
  std::shared_ptr<const EdgeBasis> basis;  // null when the family has no ordered basis
  bool edges_are_distinct_prefixes;        // true for prefix forests: the last edge determines the path
  int truth_degree = 0;                    // degree of the true reward in the basis; 0 without a basis
  int redraws = 0;                         // draws before this one that made no world (see Undrawable)
  // [prompts] weights of all prompts where some are held out, positive, sum 1. Empty: none are.
  std::vector<double> every_prompt = {};
  std::shared_ptr<const PromptTexts> texts = nullptr;  // where prompts are texts
  // [states x coordinates] where states are places: their coordinates, between -1 and 1. Empty elsewhere.
  std::vector<double> places = {};
  // What of preferences `reward` does not give (cycle.hpp). Null: nothing, they are those of Bradley and
  // Terry.
  std::shared_ptr<const Cycle> cycle = nullptr;
};

// The tokens of a completion, |xi|: the sum of the lengths of its edges.
double completion_length(const World& world, std::span<const EdgeId> path);

// The least and the greatest of them in a world.
struct LengthRange {
  double shortest;
  double longest;
};
LengthRange completion_lengths(const World& world);

// log pi of the policy that takes every action of a state equally often, [edges].
std::vector<double> uniform_policy(const TokenGraph& graph);

// The draws that make world `instance`: everything random about it comes from `stream(k)`. Each attempt has
// addresses of its own.
struct WorldSeed {
  RandomSource source;
  std::uint64_t instance;
  std::uint64_t attempt = 0;
  Philox4x64 stream(std::uint64_t part) const {
    return source.stream(Purpose::world, attempt, instance, part);
  }
};

// Thrown by a family's `make`: these draws make no world (say, walls that close in a start), others may.
// make_world then draws anew.
struct Undrawable {
  std::string knob;  // what to change: "walls"
  std::string why;   // "walls left too few cells; lower walls"
};

struct WorldFamily {
  World (*make)(const Settings& resolved, const WorldSeed& seed);
  void (*check)(const Settings& resolved);    // throws InputError when knobs exclude each other
  double (*edges)(const Settings& resolved);  // at most, over all prompts, before anything is allocated
  double (*bytes)(const Settings& resolved);  // of the basis, and of lengths that are not 1
  std::vector<std::string> size_knobs;        // what to lower when the world is too large
};

const Registry<WorldFamily>& worlds();

// Resolves `given` (which holds "family") against the family's knobs; throws InputError, also when the
// settings exclude each other (say a degree above the horizon).
Settings resolve_world(const Settings& given);

// Bytes that work on such a world takes: its own arrays, and thirteen doubles per edge for a replicate's
// plans, policies, samplers and occupancies.
double world_bytes(const Settings& resolved);

// `resolved` from resolve_world. Throws InputError, before it allocates, when the world needs more than
// `max_bytes` (it says how much), and when a thousand draws make no world.
World make_world(const Settings& resolved, const WorldSeed& seed, double max_bytes);

}  // namespace twostage
