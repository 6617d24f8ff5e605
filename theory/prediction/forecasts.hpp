// The quantities of a prediction that result files store beside the measurement, described like metrics.
#pragma once

#include "sim/measure/metric.hpp"
#include "theory/prediction/prediction.hpp"

namespace twostage {

// predicted_regret, predicted_second_order, predicted_floor, predicted_deviation, predicted_median,
// predicted_q90, kappa, predicted_existence, regime; and adjusted_regret, which takes the data, too.
const Registry<Metric>& forecasts();

// What of a prediction one of these is read from; of those that are predicted.
PredictionParts parts_of(const Entry<Metric>& forecast);

double forecast_value(const Entry<Metric>& forecast, const Prediction& prediction);

}  // namespace twostage
