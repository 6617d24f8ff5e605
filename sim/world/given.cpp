// Given: a world written down number by number, so that a counter-example of the literature is a study of ten
// lines. A prefix tree with actions[h] choices of token h; rewards, reference policy, prompt weights and
// features as the study states them, as in
//
//   world = { family = "given", actions = [3], reward = [2, 3, 1], features = [[1], [-1], [0]], beta = 10 }
//
// (The runner reads the lists from an HDF5 file, too: experiments/README.md.)
// A list of rewards or reference probabilities has one number for each completion (in lexicographic order)
// or for each edge (layer by layer), and that once for all prompts or for one prompt after the other. The
// probabilities of completions are those of whole sequences, those of edges are conditional. Features have a
// row for each completion (they sit on its last edge) or for each edge, likewise, and so has a cycle: rows
// [u, v] of points in the plane (cycle.hpp), as they are.
#include <algorithm>
#include <cmath>

#include "sim/basis/feature_basis.hpp"
#include "sim/world/custom.hpp"
#include "sim/world/cycle.hpp"
#include "sim/world/family.hpp"

namespace twostage {
namespace {

constexpr double kMaxActions = 1 << 12;
constexpr double kLargestReward = 1e4;
constexpr double kLargestFeature = 1e6;
constexpr double kLargestPoint = 100;

const char* const kLengths = " numbers; valid: one for each completion (";

std::vector<int> actions_of(const Settings& resolved) {
  const auto& given = resolved.reals("actions");
  const auto horizon = static_cast<std::size_t>(resolved.integer("horizon"));
  std::vector<int> actions(horizon);
  for (std::size_t h = 0; h < horizon; ++h) actions[h] = static_cast<int>(given[given.size() == 1 ? 0 : h]);
  return actions;
}

struct TreeSize {
  double completions;
  double edges;
};

TreeSize tree_size(const Settings& resolved) {
  TreeSize size{1, 0};
  for (const int here : actions_of(resolved)) size.edges += size.completions *= here;
  return size;
}

bool is_of_rows(const std::string& name) {
  return name == "features" || name == "cycle";
}

// How a list of `rows` rows lies over a forest: on the last edges or on all, once or for each prompt.
struct Spread {
  bool last_edges;
  bool each_prompt;
};

Spread spread_of(const std::string& name, std::size_t rows, const Settings& resolved) {
  const auto [completions, edges] = tree_size(resolved);
  const auto prompts = static_cast<double>(resolved.integer("prompts"));
  const auto n = static_cast<double>(rows);
  if (n == completions) return {true, false};
  if (n == edges) return {false, false};
  if (n == prompts * completions) return {true, true};
  if (n == prompts * edges) return {false, true};
  throw InputError(name, "world 'given': " + name + " has " + std::to_string(rows) +
                             (is_of_rows(name) ? " rows; valid: one for each completion (" : kLengths) +
                             to_text(completions) + ")" +
                             (edges != completions ? " or edge (" + to_text(edges) + ")" : "") +
                             (prompts > 1 ? ", once or for each of " + to_text(prompts) + " prompts" : ""));
}

// values[row] of width `width` onto the edges of the forest; `fill` elsewhere.
std::vector<double> on_edges(const std::string& name, const std::vector<double>& values, std::size_t width,
                             double fill, const Settings& resolved, const TokenGraph& tree,
                             const TokenGraph& graph) {
  const Spread spread = spread_of(name, values.size() / width, resolved);
  std::vector<double> out(graph.edges() * width, fill);
  const int last = tree.horizon() - 1;
  std::size_t row = 0;
  for (std::size_t p = 0; p < graph.prompts(); ++p) {
    if (!spread.each_prompt) row = 0;
    for (int h = spread.last_edges ? last : 0; h <= last; ++h) {
      const EdgeRange to = graph.prompt_edges(h, p);
      std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(row * width), to.size() * width,
                  out.begin() + static_cast<std::ptrdiff_t>(to.begin) * static_cast<std::ptrdiff_t>(width));
      row += to.size();
    }
  }
  return out;
}

// Probabilities of whole completions, on the last edges, become conditional ones: the mass below an edge over
// that below its state.
void make_conditional(const TokenGraph& graph, std::vector<double>& probability) {
  std::vector<double> mass(graph.states(), 0.0);
  for (int h = graph.horizon(); h-- > 0;)
    for (StateId s = graph.layer_begin(h); s < graph.layer_end(h); ++s) {
      const EdgeRange edges = graph.leaving(s);
      double& here = mass[static_cast<std::size_t>(s)];
      for (EdgeId e = edges.begin; e < edges.end; ++e) {
        double& p = probability[static_cast<std::size_t>(e)];
        if (h + 1 < graph.horizon()) p = mass[static_cast<std::size_t>(graph.successor(e))];
        here += p;
      }
      for (EdgeId e = edges.begin; e < edges.end; ++e) probability[static_cast<std::size_t>(e)] /= here;
    }
  for (std::size_t p = 0; p < graph.prompts(); ++p)
    if (!(std::fabs(mass[p] - 1) <= kProbabilitySlack))
      throw InputError("reference", "world 'given': the reference probabilities of prompt " +
                                        std::to_string(p) + " sum to " + to_text(mass[p]) + ", not to 1");
}

std::vector<double> reference_of(const Settings& resolved, const TokenGraph& tree, const TokenGraph& graph) {
  const auto& given = resolved.reals("reference");
  if (given.empty()) return {};
  for (const double p : given)
    if (!(p > 0))
      throw InputError("reference", "world 'given': reference holds " + to_text(p) +
                                        "; every probability must be above 0");
  auto probability = on_edges("reference", given, 1, 0, resolved, tree, graph);
  if (spread_of("reference", given.size(), resolved).last_edges) make_conditional(graph, probability);
  return probability;
}

// [u, v, u, v, ...] of the study; empty: preferences are those of Bradley and Terry.
std::vector<double> points_of(const Settings& resolved) {
  return resolved.has("cycle") ? resolved.reals("cycle") : std::vector<double>{};
}

std::shared_ptr<const Cycle> cycle_of(const Settings& resolved, const TokenGraph& tree,
                                      const TokenGraph& graph) {
  const std::vector<double> given = points_of(resolved);
  if (std::ranges::all_of(given, [](double x) { return x == 0; })) return nullptr;
  const std::vector<double> points = on_edges("cycle", given, 2, 0, resolved, tree, graph);
  std::vector<double> u(graph.edges()), v(graph.edges());
  for (std::size_t e = 0; e < u.size(); ++e) {
    u[e] = points[2 * e];
    v[e] = points[2 * e + 1];
  }
  return std::make_shared<const Cycle>(std::move(u), std::move(v));
}

World make(const Settings& resolved, const WorldSeed&) {
  const TokenGraph tree = prefix_tree(actions_of(resolved));
  TokenGraph graph = forest(tree, static_cast<std::size_t>(resolved.integer("prompts")));
  const auto width = static_cast<std::size_t>(resolved.integer("functions"));
  std::shared_ptr<const EdgeBasis> basis;
  if (const auto& features = resolved.reals("features"); !features.empty())
    basis = std::make_shared<FeatureBasis>(FeatureBasis::as_given(
        width, graph, on_edges("features", features, width, 0, resolved, tree, graph)));
  auto reward = on_edges("reward", resolved.reals("reward"), 1, 0, resolved, tree, graph);
  auto reference = reference_of(resolved, tree, graph);
  auto cycle = cycle_of(resolved, tree, graph);
  World world = custom_world({.graph = std::move(graph),
                              .reward = std::move(reward),
                              .reference = std::move(reference),
                              .rho = resolved.reals("rho"),
                              .beta = resolved.real("beta"),
                              .shared_classes = resolved.boolean("shared_classes"),
                              .basis = std::move(basis)});
  world.family = "given";
  world.cycle = std::move(cycle);
  scale_truth(world, resolved);
  return world;
}

void check(const Settings& resolved) {
  const auto refuse = [](const std::string& key, const std::string& why) {
    throw InputError(key, "world 'given': " + key + " " + why);
  };
  const auto& actions = resolved.reals("actions");
  const auto horizon = static_cast<std::size_t>(resolved.integer("horizon"));
  if (actions.size() != 1 && actions.size() != horizon)
    refuse("actions", "has " + std::to_string(actions.size()) + " numbers; valid: one, or horizon = " +
                          std::to_string(horizon) + ", the choices of each token");
  for (const double a : actions)
    if (a != std::floor(a)) refuse("actions", "holds " + to_text(a) + "; it must hold whole numbers");
  if (!(static_cast<double>(resolved.integer("prompts")) * tree_size(resolved).edges <= kMaxEdges))
    return;  // make_world says so
  const auto& reward = resolved.reals("reward");
  spread_of("reward", reward.size(), resolved);
  if (const auto& reference = resolved.reals("reference"); !reference.empty())
    spread_of("reference", reference.size(), resolved);
  if (const auto& rho = resolved.reals("rho");
      !rho.empty() && rho.size() != static_cast<std::size_t>(resolved.integer("prompts")))
    refuse("rho", "has " + std::to_string(rho.size()) + " numbers; it needs one for each prompt: prompts = " +
                      to_text(resolved.integer("prompts")));
  if (const auto& features = resolved.reals("features"); !features.empty()) {
    const auto width = static_cast<std::size_t>(resolved.integer("functions"));
    if (features.size() % width != 0)
      refuse("features", "has " + std::to_string(features.size()) + " numbers, no multiple of functions = " +
                             std::to_string(width) + ", the length of a row");
    spread_of("features", features.size() / width, resolved);
  }
  if (const auto points = points_of(resolved); !points.empty()) {
    if (points.size() % 2 != 0)
      refuse("cycle", "has " + std::to_string(points.size()) + " numbers; it needs two in each row, [u, v]");
    spread_of("cycle", points.size() / 2, resolved);
  }
}

double edges(const Settings& resolved) {
  return static_cast<double>(resolved.integer("prompts")) * tree_size(resolved).edges;
}

double basis_bytes(const Settings& resolved) {
  double numbers =
      resolved.reals("features").empty() ? 0 : static_cast<double>(resolved.integer("functions"));
  if (!points_of(resolved).empty()) numbers += 2;
  return edges(resolved) * numbers * sizeof(double);
}

Knob list_knob(const char* name, double min, double max, const char* help) {
  return {name, std::vector<double>{}, min, max, {}, help};
}

}  // namespace

Entry<WorldFamily> given_family() {
  return {
      "given",
      "rewards, reference, features and prompt weights written down number by number",
      "sim/DEFINITIONS.md: worlds",
      Status::exact,
      {{"horizon", std::int64_t{1}, 1, 64, {}, "tokens in a completion, H"},
       {"actions",
        std::vector<double>{2.0},
        2,
        kMaxActions,
        {},
        "choices of each token, or one number for all"},
       {"reward",
        std::vector<double>{0.0, 1.0},
        -kLargestReward,
        kLargestReward,
        {},
        "true reward of each completion (or edge), for all prompts or one after the other"},
       list_knob("reference", 0, 1,
                 "reference probability of each completion (or, conditional, edge); none: uniform"),
       list_knob("rho", 0, 1, "weight of each prompt, sum 1; none: equal"),
       list_knob("features", -kLargestFeature, kLargestFeature,
                 "features of each completion (or edge), row by row: the classes first and degree"),
       {"cycle",
        std::vector<double>{},
        -kLargestPoint,
        kLargestPoint,
        {},
        "rows [u, v] of each completion (or edge): preferences that no reward gives; none: Bradley and Terry",
        true},
       {"functions", std::int64_t{1}, 1, 1 << 12, {}, "numbers in a row of features"},
       {"prompts", std::int64_t{1}, 1, static_cast<double>(kMaxPrompts), {}, "number of prompts"},
       {"shared_classes", true, 0, 0, {}, "one parameter vector for all prompts, or one for each"},
       {"beta", 1.0, 1e-3, 1e3, {}, "temperature of the KL term"},
       {"headroom", 0.0, 0, 1e3, {}, "rescales the truth to this J(pi*) - J(pi_ref); 0: keeps its own scale"},
       {"scale", 1.0, 0, 1e3, {}, "factor on the truth (without effect when headroom is set)"},
       {"instance", "fixed", 0, 0, {"fixed"}, "a given world is one for all replicates"},
       {"number", std::int64_t{0}, 0, 0, {}, "and there is one of it"}},
      {make, check, edges, basis_bytes, {"horizon", "actions", "prompts"}}};
}

}  // namespace twostage
