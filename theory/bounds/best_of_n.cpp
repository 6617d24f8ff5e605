#include "theory/bounds/best_of_n.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "sim/completions/completions.hpp"
#include "sim/numerics/elementary.hpp"
#include "sim/plan/sweeps.hpp"
#include "sim/policy/best_of_n.hpp"

namespace twostage {
namespace {

constexpr double kScoreTolerance = 1e-12;

// Completions of equal score.
struct ScoreLevel {
  std::size_t begin;  // in the order of scores
  std::size_t end;
  double mass;
  double below;  // reference mass of lower scores
};

std::vector<ScoreLevel> score_levels(std::span<const double> reference, std::span<const double> score,
                                     std::span<const std::size_t> order) {
  std::vector<ScoreLevel> levels;
  double below = 0;
  for (std::size_t i = 0; i < order.size();) {
    ScoreLevel level{i, i, 0, below};
    for (; level.end < order.size() && score[order[level.end]] == score[order[i]]; ++level.end)
      level.mass += reference[order[level.end]];
    below += level.mass;
    i = level.end;
    if (level.mass > 0) levels.push_back(level);
  }
  return levels;
}

// Scores of one level, up to the rounding of path sums, made equal to the lowest of them.
void merge_levels(std::vector<double>& score, double tolerance) {
  std::vector<std::size_t> order(score.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&score](std::size_t a, std::size_t b) { return score[a] < score[b]; });
  double level = 0, before = 0;
  for (std::size_t k = 0; k < order.size(); ++k) {
    const double here = score[order[k]];
    if (k == 0 || here - before > tolerance) level = here;
    before = here;
    score[order[k]] = level;
  }
}

}  // namespace

BestOfN best_of_n(std::span<const double> reference, std::span<const double> score,
                  std::span<const double> reward, double n) {
  if (reference.size() != score.size() || reference.size() != reward.size())
    throw std::invalid_argument("best_of_n: one score and one reward for each completion");
  if (!(n >= 1)) throw std::invalid_argument("best_of_n: n must be at least 1");
  std::vector<std::size_t> order(reference.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [score](std::size_t a, std::size_t b) {
    return score[a] < score[b] || (score[a] == score[b] && a < b);
  });
  BestOfN out;
  out.probability.assign(reference.size(), 0.0);
  const std::vector<ScoreLevel> levels = score_levels(reference, score, order);
  std::vector<double> mass;
  for (const ScoreLevel& level : levels) mass.push_back(level.mass);
  const std::vector<double> log_kept = best_of_n_log_masses(mass, n);
  for (std::size_t l = 0; l < levels.size(); ++l) {
    const ScoreLevel& level = levels[l];
    const double log_q = log_kept[l];
    const double q = num::exp(log_q);
    if (q > 0) out.kl += q * (log_q - num::log(level.mass));
    out.win_rate += q * (level.below + level.mass / 2);
    for (std::size_t k = level.begin; k < level.end; ++k) {
      const std::size_t i = order[k];
      out.probability[i] = q * (reference[i] / level.mass);
      const double moved = out.probability[i] - reference[i];
      out.score_gain += moved * score[i];
      out.reward_gain += moved * reward[i];
    }
  }
  return out;
}

BestOfN best_of_n(const World& world, std::span<const double> edge_scores, double n) {
  const Completions completions = all_completions(world.graph, 4096);
  BestOfN average;
  std::vector<double> magnitude(edge_scores.begin(), edge_scores.end());
  for (double& m : magnitude) m = std::fabs(m);
  for (std::size_t p = 0; p < world.graph.prompts(); ++p) {
    std::vector<double> reference, score, reward;
    double largest = 0;
    for (std::size_t i = completions.first(p), end = completions.first(p + 1); i < end; ++i) {
      const auto path = completions.path(i);
      reference.push_back(num::exp(path_sum(world.log_reference, path)));
      score.push_back(path_sum(edge_scores, path));
      // A path of probability 0 has a score of -infinity, which rounding leaves alone.
      if (const double sum = path_sum(magnitude, path); std::isfinite(sum)) largest = std::max(largest, sum);
      reward.push_back(path_sum(world.reward, path));
    }
    merge_levels(score, kScoreTolerance * largest);
    const BestOfN here = best_of_n(reference, score, reward, n);
    average.probability.insert(average.probability.end(), here.probability.begin(), here.probability.end());
    average.kl += world.rho[p] * here.kl;
    average.win_rate += world.rho[p] * here.win_rate;
    average.score_gain += world.rho[p] * here.score_gain;
    average.reward_gain += world.rho[p] * here.reward_gain;
  }
  return average;
}

double best_of_n_kl_bound(double n) {
  return num::log(n) - (n - 1) / n;
}

double best_of_n_atomless_win_rate(double n) {
  return n / (n + 1);
}

}  // namespace twostage
