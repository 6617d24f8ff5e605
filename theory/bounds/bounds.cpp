#include "theory/bounds/bounds.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "sim/numerics/elementary.hpp"
#include "theory/distributions/chi_square.hpp"

namespace twostage {
namespace {

const std::string kSquaredError = "squared error of the reward parameters in the data's semi-norm";
const std::string kRegret = "regret of the unregularised reward";
const std::string kSoftRegret = "regret of the regularised reward";

double per_pair(const BoundScale& at) {
  return at.dimension / at.pairs;
}
double root_per_pair(const BoundScale& at) {
  return at.coverage * std::sqrt(at.dimension / at.pairs);
}
double sparse(const BoundScale& at) {
  return at.sparsity * num::log(at.dimension / at.sparsity) / at.pairs;
}
double sparse_lasso(const BoundScale& at) {
  return at.sparsity * num::log(at.dimension) / at.pairs;
}

Entry<PublishedBound> entry(std::string name, std::string statement, std::string source,
                            PublishedBound bound) {
  const Status status = bound.confirmed ? Status::checked : Status::heuristic;
  return {std::move(name), std::move(statement), std::move(source), status, {}, std::move(bound)};
}

std::vector<Entry<PublishedBound>> entries() {
  std::vector<Entry<PublishedBound>> out;
  const std::string zhu = "Zhu, Jordan, Jiao 2301.11270";
  out.push_back(entry("mle-error",
                      "Bradley-Terry maximum likelihood over a linear reward has squared error d/n.",
                      zhu + ", lemma 3.1",
                      {BoundSide::upper, kSquaredError, false,
                       "abstract: the estimate converges; not the rate", -1, per_pair}));
  out.push_back(
      entry("pessimistic-mle",
            "Maximising a lower confidence bound of the reward has regret coverage sqrt(d/n), with "
            "coverage the norm of the optimal policy's mean feature in the data's inverse covariance.",
            zhu + ", theorem 3.2",
            {BoundSide::upper, kRegret, false,
             "abstract: pessimism helps under a coverage assumption; not the rate", -0.5, root_per_pair}));
  out.push_back(entry(
      "pessimistic-mle-lower", "No policy learnt from n pairs beats coverage sqrt(d/n) in the worst case.",
      zhu + ", theorem 3.10",
      {BoundSide::lower, kRegret, false, "a summary: minimax-optimal; not the rate", -0.5, root_per_pair}));
  out.push_back(
      entry("greedy-mle-lower",
            "For every n there is a bandit of four actions and a choice of pairs with which the greedy "
            "policy of the maximum-likelihood reward stays 0.1 below the optimum, with constant "
            "probability.",
            zhu + ", theorem 3.9",
            {BoundSide::lower, kRegret, true, "abstract (greedy fails) and a summary (0.1, at every n)", 0,
             [](const BoundScale&) { return 0.1; }}));

  const std::string nika = "Nika et al. 2403.01857";
  out.push_back(entry("rlhf-linear", "RM + exact RL over a linear reward: coverage sqrt(d_R/n).", nika,
                      {BoundSide::upper, kSoftRegret, false,
                       "abstract: minimax bounds in n, both dimensions and the temperature; not their form",
                       -0.5, root_per_pair}));
  out.push_back(
      entry("dpo-log-linear", "DPO over log-linear policies: coverage d_P / (beta n).", nika,
            {BoundSide::upper, kSoftRegret, false,
             "abstract: minimax bounds in n, both dimensions and the temperature; not their form", -1,
             [](const BoundScale& at) { return at.coverage * at.policy_dimension / (at.beta * at.pairs); }}));
  out.push_back(entry("rlhf-unrealisable",
                      "When no reward of the class is the truth, RM + RL keeps an additional error of the "
                      "order of the distance.",
                      nika,
                      {BoundSide::upper, kSoftRegret, true, "abstract: a constant additional error", 0,
                       [](const BoundScale& at) { return at.misspecification; }}));
  out.push_back(
      entry("dpo-unrealisable",
            "There DPO's gap still decays, by tuning the temperature: d_P / (beta n) and a term of "
            "order beta balance at sqrt(d_P/n).",
            nika,
            {BoundSide::upper, kSoftRegret, false, "abstract: it decays; the balance is recalled", -0.5,
             [](const BoundScale& at) { return std::sqrt(at.policy_dimension / at.pairs); }}));

  const std::string song = "Song et al. 2406.01462";
  out.push_back(entry("dpo-global-coverage",
                      "DPO: coverage sqrt(d/n), with coverage the largest density ratio of any policy of the "
                      "class to pi_ref (global).",
                      song,
                      {BoundSide::upper, kSoftRegret, false,
                       "abstract: global coverage suffices; not the rate", -0.5, root_per_pair}));
  out.push_back(entry("dpo-uncovered-lower",
                      "Without global coverage an offline contrastive method need not converge at all.", song,
                      {BoundSide::lower, kSoftRegret, true, "abstract: global coverage is necessary", 0,
                       [](const BoundScale&) { return 1.0; }}));
  out.push_back(entry("rlhf-local-coverage",
                      "RM + RL: coverage sqrt(d/n), with coverage over policies in a KL ball around pi_ref "
                      "only (local).",
                      song,
                      {BoundSide::upper, kSoftRegret, false,
                       "abstract: a weaker, partial coverage suffices; not the rate", -0.5, root_per_pair}));

  const std::string shi = "Shi et al. 2505.19770";
  out.push_back(
      entry("two-token-rlhf", "Two-token problem with k-sparse reward: RM error k log(d) / n.", shi,
            {BoundSide::upper, kSquaredError, false,
             "abstract: significantly fewer samples than DPO when the reward is sparse; not the rate", -1,
             sparse_lasso}));
  out.push_back(entry("two-token-dpo-lower", "There DPO has error d/n at least.", shi,
                      {BoundSide::lower, kSquaredError, false,
                       "abstract: significantly more samples than RM + RL; not the rate", -1, per_pair}));

  const std::string yao = "Yao, He, Gastpar 2501.18282";
  out.push_back(entry("dense-minimax", "Dense parameters: the minimax error d/n is reached.", yao,
                      {BoundSide::upper, kSquaredError, true, "abstract: Theta(d/n)", -1, per_pair}));
  out.push_back(entry("dense-minimax-lower", "Dense parameters: nothing beats d/n in the worst case.", yao,
                      {BoundSide::lower, kSquaredError, true, "abstract: Theta(d/n)", -1, per_pair}));
  out.push_back(
      entry("sparse-minimax", "k-sparse parameters: (k/n) log(d/k) is reached.", yao,
            {BoundSide::upper, kSquaredError, true, "abstract: Theta((k/n) log(d/k))", -1, sparse}));
  out.push_back(
      entry("sparse-minimax-lower", "k-sparse parameters: nothing beats (k/n) log(d/k) in the worst case.",
            yao, {BoundSide::lower, kSquaredError, true, "abstract: Theta((k/n) log(d/k))", -1, sparse}));
  out.push_back(entry("sparse-l1", "The l1 estimate: k log(d) / n, under assumptions on the Gram matrix.",
                      yao,
                      {BoundSide::upper, kSquaredError, false,
                       "abstract: near-optimal under mild assumptions; not the rate", -1, sparse_lasso}));

  out.push_back(
      entry("chi-po",
            "chi-PO: sqrt(coverage log|Pi| / n), with coverage the second moment of the optimal "
            "policy's density ratio to pi_ref (single-policy); d stands for log|Pi|.",
            "Huang et al. 2407.13399",
            {BoundSide::upper, kRegret, false,
             "abstract: guarantees by single-policy concentrability; not the rate", -0.5,
             [](const BoundScale& at) { return std::sqrt(at.coverage * at.dimension / at.pairs); }}));
  return out;
}

}  // namespace

const Registry<PublishedBound>& published_bounds() {
  static const Registry<PublishedBound> registry("published bound", entries());
  return registry;
}

std::vector<double> anchored_curve(const PublishedBound& bound, const BoundScale& anchor, double value,
                                   std::span<const double> pairs) {
  const double shape = bound.shape(anchor);
  if (!(shape > 0)) throw std::invalid_argument("anchored_curve: the bound is not positive at the anchor");
  std::vector<double> out;
  for (const double n : pairs) {
    BoundScale at = anchor;
    at.pairs = n;
    out.push_back(value * (bound.shape(at) / shape));
  }
  return out;
}

SlopeEstimate log_log_slope(std::span<const CurvePoint> points, double alpha) {
  if (points.size() < 2) throw std::invalid_argument("log_log_slope: at least two points");
  if (!(alpha > 0 && alpha < 1)) throw std::invalid_argument("log_log_slope: alpha lies between 0 and 1");
  std::vector<double> x, y;
  double weights = 0, mean_x = 0, mean_y = 0;
  for (const CurvePoint& p : points) {
    if (!(p.pairs > 0) || !(p.mean > 0) || !(p.log_error > 0))
      throw std::invalid_argument("log_log_slope: pairs, means and errors must be positive");
    x.push_back(num::log(p.pairs));
    y.push_back(num::log(p.mean));
    const double w = 1 / (p.log_error * p.log_error);
    weights += w;
    mean_x += w * x.back();
    mean_y += w * y.back();
  }
  mean_x /= weights;
  mean_y /= weights;
  double xx = 0, xy = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const double w = 1 / (points[i].log_error * points[i].log_error);
    xx += w * (x[i] - mean_x) * (x[i] - mean_x);
    xy += w * (x[i] - mean_x) * (y[i] - mean_y);
  }
  if (!(xx > 0)) throw std::invalid_argument("log_log_slope: two different numbers of pairs at least");

  SlopeEstimate out;
  out.slope = xy / xx;
  out.intercept = mean_y - out.slope * mean_x;
  out.standard_error = 1 / std::sqrt(xx);
  const double z = std::sqrt(chi_square_quantile(1, 1 - alpha));  // P(|N| <= z) = 1 - alpha
  out.low = out.slope - z * out.standard_error;
  out.high = out.slope + z * out.standard_error;
  if (points.size() > 2) {
    double misfit = 0;
    for (std::size_t i = 0; i < points.size(); ++i) {
      const double residual = (y[i] - out.intercept - out.slope * x[i]) / points[i].log_error;
      misfit += residual * residual;
    }
    out.misfit_p = chi_square_tails(points.size() - 2, misfit).upper;
  }
  return out;
}

SlopeVerdict slope_check(const PublishedBound& bound, const SlopeEstimate& measured, double slack) {
  if (!(slack >= 0)) throw std::invalid_argument("slope_check: slack must not be negative");
  // Mirrored, a lower bound is an upper one.
  const bool upper = bound.side == BoundSide::upper;
  const double limit = (upper ? bound.exponent : -bound.exponent) + slack;
  const double low = upper ? measured.low : -measured.high;
  const double high = upper ? measured.high : -measured.low;
  if (high <= limit) return SlopeVerdict::consistent;
  return low > limit ? SlopeVerdict::inconsistent : SlopeVerdict::undecided;
}

}  // namespace twostage
