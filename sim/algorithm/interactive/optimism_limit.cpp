#include "sim/algorithm/interactive/optimism_limit.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "sim/completions/completions.hpp"
#include "sim/numerics/reduce.hpp"

namespace twostage {
namespace {

constexpr double kMostOfPrompt = 16;
constexpr double kMostSets = 1 << 18;

// Of one prompt.
class Sets {
 public:
  std::size_t count;
  std::vector<double> wins;  // [count x count] times scale
  std::vector<double> pull, hold;

  // Each set comes from the one before by one completion that joins or leaves (a Gray code), whose sums alone
  // change. What rounding makes of these decides which sets may have the least ratio, and those are summed
  // anew.
  void limit(OptimismLimit& out) const {
    const double all_against = num::sum(hold) + num::sum(wins), all_pulled = num::sum(pull);
    constexpr double drift = 1e-9;
    const std::size_t whole = (std::size_t{1} << count) - 1;
    double against = 0, pulled = 0;
    std::size_t set = 0;
    for (std::size_t step = 1; step <= whole; ++step) {
      const auto y = static_cast<std::size_t>(std::countr_zero(step));
      set ^= std::size_t{1} << y;
      const double sign = (set >> y & 1) == 1 ? 1 : -1;
      against += sign * change_by(y, set);
      pulled += sign * pull[y];
      const bool may_be_least = against - drift * all_against <= out.most * pulled;
      if (set != whole && (may_be_least || pulled <= drift * all_pulled)) sum_up(set, out);
    }
  }

 private:
  // Of what stands against a set, by y in it or not.
  double change_by(std::size_t y, std::size_t set) const {
    double change = hold[y];
    for (std::size_t z = 0; z < count; ++z)
      if (z != y) change += (set >> z & 1) == 1 ? -wins[z * count + y] : wins[y * count + z];
    return change;
  }

  void sum_up(std::size_t set, OptimismLimit& out) const {
    double against = 0, pulled = 0;
    for (std::size_t y = 0; y < count; ++y) {
      if ((set >> y & 1) == 0) continue;
      against += hold[y];
      pulled += pull[y];
      for (std::size_t z = 0; z < count; ++z)
        if ((set >> z & 1) == 0) against += wins[y * count + z];
    }
    if (pulled > 0)
      out.most = std::fmin(out.most, against / pulled);
    else if (against == 0)
      out.level = true;
  }
};

}  // namespace

bool sets_are_few(const World& world) {
  if (!world.edges_are_distinct_prefixes) return false;
  const std::vector<double> of_prompt = completions_from(world.graph);
  double sets = 0;
  for (std::size_t p = 0; p < world.graph.prompts(); ++p) {
    if (!(of_prompt[p] <= kMostOfPrompt)) return false;
    sets += std::ldexp(1, static_cast<int>(of_prompt[p]));
  }
  return sets <= kMostSets;
}

OptimismLimit optimism_limit(const World& world, const PairTable& table, double scale,
                             std::span<const double> pull, std::span<const double> hold) {
  if (!sets_are_few(world)) throw std::invalid_argument("optimism_limit: no tree, or too many completions");
  const Completions all = all_completions(world.graph);
  std::vector<Sets> prompts(world.graph.prompts());
  std::vector<std::size_t> place(world.graph.edges());  // of the completion that ends with an edge
  for (std::size_t i = 0; i < all.rows(); ++i) {
    const auto last = static_cast<std::size_t>(all.path(i).back());
    Sets& of = prompts[all.prompt[i]];
    place[last] = i - all.first(all.prompt[i]);
    of.pull.push_back(pull[last]);
    of.hold.push_back(hold[last]);
  }
  for (Sets& of : prompts) {
    of.count = of.pull.size();
    of.wins.assign(of.count * of.count, 0.0);
  }
  for (std::size_t k = 0; k < table.rows(); ++k) {
    const auto first = table.first_path(k), second = table.second_path(k);
    const auto p = static_cast<std::size_t>(world.graph.source(first.front()));
    const std::size_t y = place[static_cast<std::size_t>(first.back())],
                      z = place[static_cast<std::size_t>(second.back())];
    prompts[p].wins[y * prompts[p].count + z] += scale * table.wins[k];
    prompts[p].wins[z * prompts[p].count + y] += scale * table.losses[k];
  }
  OptimismLimit out{.most = std::numeric_limits<double>::infinity()};
  for (const Sets& of : prompts) of.limit(out);
  return out;
}

bool falls_without_an_edge(const World& world, const PairTable& table, double scale,
                           std::span<const double> pull, std::span<const double> hold) {
  constexpr double rounding = 1e-9;
  const TokenGraph& graph = world.graph;
  std::vector<double> against(hold.begin(), hold.end());
  for (std::size_t k = 0; k < table.rows(); ++k) {
    const auto first = table.first_path(k), second = table.second_path(k);
    for (std::size_t h = 0; h < table.horizon; ++h) {
      if (first[h] == second[h]) continue;  // both cross it, and layers have no edge in common
      against[static_cast<std::size_t>(first[h])] += scale * table.wins[k];
      against[static_cast<std::size_t>(second[h])] += scale * table.losses[k];
    }
  }
  for (std::size_t e = 0; e < against.size(); ++e)
    if (graph.actions(graph.source(static_cast<EdgeId>(e))) > 1 && pull[e] > (1 + rounding) * against[e])
      return true;
  return false;
}

}  // namespace twostage
