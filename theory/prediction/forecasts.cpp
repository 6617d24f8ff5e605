#include "theory/prediction/forecasts.hpp"

#include <array>
#include <limits>
#include <stdexcept>
#include <string_view>

namespace twostage {
namespace {

struct Quantity {
  const char* name;
  const char* long_name;
  const char* units;
  const char* definition;
  double (*value)(const Prediction&);
  MetricRange range = {};
};

constexpr std::array<Quantity, 9> kQuantities = {{
    {"predicted_regret", "expected regret by theory", "reward",
     "E[J(pi*) - J(pi)] after n pairs, before any data: pseudo-true regret + slope . first-order bias + "
     "tr(R'' V) / 2 with the sandwich covariance V; in a class that holds the truth, without a penalty, "
     "tr(I^-1 C) / (2 beta n). NaN where there is no formula. See kappa and regime for how far to trust it: "
     "far outside the regime the expansion may even be negative.",
     [](const Prediction& p) { return p.regret; }},
    {"predicted_second_order", "expected regret by theory, with the term in 1/n^2", "reward",
     "predicted_regret and the next order of the expansion, by enumeration of pairs of completions. NaN for "
     "policy classes that are no reward class, and where that would take more than some 1e9 operations, "
     "or 1e6 where each replicate draws its own world.",
     [](const Prediction& p) { return p.second; }},
    {"predicted_floor", "regret that more data do not remove, by theory", "reward",
     "Regret of the pseudo-true parameter of the arm's class, which many pairs converge to; 0 in a class "
     "that "
     "holds the truth.",
     [](const Prediction& p) { return p.floor; }, kNotNegative},
    {"predicted_deviation", "standard deviation of the regret by theory", "reward",
     "Over data sets of n pairs, to the order of predicted_regret.",
     [](const Prediction& p) { return p.deviation; }, kNotNegative},
    {"predicted_median", "median of the regret by theory", "reward",
     "Median of the limit law sum_j lambda_j chi^2_1 / (2 beta n), lambda the eigenvalues of I^-1/2 C "
     "I^-1/2. NaN but for classes that hold the truth (of policies: pi*), without a penalty.",
     [](const Prediction& p) { return p.median; }, kNotNegative},
    {"predicted_q90", "90 % quantile of the regret by theory", "reward", "As predicted_median.",
     [](const Prediction& p) { return p.upper; }, kNotNegative},
    {"kappa", "most weight of one pair in the fit", "1",
     "max over same-prompt pairs of sigma'(D) x^T A^-1 x, A the expected Hessian of the objective: how far "
     "from its first-order limit a fit is. NaN where completions are too many to look at every pair.",
     [](const Prediction& p) { return p.kappa; }, kNotNegative},
    {"predicted_existence", "probability that the estimate exists, at least", "1",
     "Lower bound on the probability that the arm's estimate exists: that "
     "the optimum is attained and unique; for policy classes smaller than all policies, whose likelihood is "
     "not concave, that an optimum is attained. 1 under a penalty, which makes sure of it.",
     [](const Prediction& p) { return p.existence; }, kShare},
    {"regime", "whether the prediction may be trusted", "1",
     "within: kappa at most .02, an estimate that exists with probability .999, and a next order that is at "
     "most a tenth of the first; else what is missing.",
     [](const Prediction& p) { return static_cast<double>(p.regime); }, kNotNegative},
}};

Entry<Metric> entry_of(const Quantity& quantity) {
  Metric metric;
  metric.kind = MetricKind::predicted;
  metric.long_name = quantity.long_name;
  metric.units = quantity.units;
  metric.definition = quantity.definition;
  metric.range = quantity.range;
  if (std::string_view(quantity.name) == "regime") metric.flag_meanings = regime_names();
  return {quantity.name,    quantity.long_name, "theory/prediction/prediction.hpp", Status::exact, {},
          std::move(metric)};
}

// Of no prediction alone: it takes the data, too.
Entry<Metric> control_entry() {
  return {
      "adjusted_regret",
      "regret less a control variate: the same mean, and less variance",
      "theory/asymptotics/score_response.hpp",
      Status::exact,
      {},
      {.kind = MetricKind::control,
       .long_name = "regret less its control variate",
       .units = "reward",
       .definition =
           "regret - (q(s) - E q(s)), where q(s) = R' A^-1 s + s^T A^-1 R'' A^-1 s / 2 is what the noise of "
           "these very data does to the regret to second order: s is the score of the sample at the "
           "pseudo-true parameter, less its mean. E q(s) = tr(A^-1 R'' A^-1 K) / 2 is exact at every n, so "
           "that the mean is that of regret, whatever the regime; within it most of the variance is gone. "
           "Single values may be negative. NaN where there is no formula."}};
}

}  // namespace

const Registry<Metric>& forecasts() {
  static const Registry<Metric> registry("forecast", [] {
    std::vector<Entry<Metric>> entries;
    for (const Quantity& quantity : kQuantities) entries.push_back(entry_of(quantity));
    entries.push_back(control_entry());
    return entries;
  }());
  return registry;
}

PredictionParts parts_of(const Entry<Metric>& forecast) {
  const std::string_view name = forecast.name;
  return {.second_order = name == "predicted_second_order",
          .quantiles = name == "predicted_median" || name == "predicted_q90",
          .existence = name == "predicted_existence",
          .regime = name == "regime"};
}

double forecast_value(const Entry<Metric>& forecast, const Prediction& prediction) {
  for (const Quantity& quantity : kQuantities)
    if (forecast.name == quantity.name) return quantity.value(prediction);
  throw std::logic_error("no forecast '" + forecast.name + "'");
}

}  // namespace twostage
