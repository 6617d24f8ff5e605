#include "theory/asymptotics/score_response.hpp"

namespace twostage {

double ScoreResponse::control(const Eigen::VectorXd& score) const {
  const Eigen::VectorXd noise = score - mean_score;
  return slope.dot(noise) + noise.dot(bend * noise) / 2 - mean;
}

}  // namespace twostage
