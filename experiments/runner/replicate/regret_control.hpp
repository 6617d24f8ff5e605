// The control variate of a regret: theory's word on how the data at hand move it, which has mean zero
// (theory/asymptotics/score_response.hpp).
#pragma once

#include "sim/measure/metric.hpp"
#include "sim/preference/preference_data.hpp"
#include "theory/prediction/prediction.hpp"

namespace twostage {

// The gradient of the log-likelihood of the table at that parameter: [parameters].
Eigen::VectorXd score_of(const PairTable& table, const ClassOnEdges& at);

// Missing, with theory's reason, where theory says nothing of the arm. `table`: the pairs that it was fitted
// to.
Measured regret_control(Predictor& predictor, const PairTable& table);

}  // namespace twostage
