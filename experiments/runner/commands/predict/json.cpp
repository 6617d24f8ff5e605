#include "experiments/runner/commands/predict/json.hpp"

#include <cmath>

namespace twostage {
namespace {

// NaN has no place in JSON.
nlohmann::json number(double x) {
  return std::isfinite(x) ? nlohmann::json(x) : nlohmann::json();
}

// The arms with theory at n.
std::vector<std::size_t> predicted(const Outlooks& outlooks, double n) {
  std::vector<std::size_t> out;
  for (std::size_t a = 0; a < outlooks.arms().size(); ++a)
    if (std::isfinite(outlooks.mean(a, n, &Prediction::regret))) out.push_back(a);
  return out;
}

}  // namespace

nlohmann::json predicted_answers(const Outlooks& outlooks, double target) {
  nlohmann::json out = nlohmann::json::array();
  const std::size_t arms = outlooks.arms().size();
  for (std::size_t a = 0; a < arms; ++a) {
    const PairsNeeded needed = outlooks.pairs_needed(outlooks.representative(a), target);
    nlohmann::json row = {{"regret_target", target}, {"pairs_needed", number(std::ceil(needed.pairs))}};
    row["pairs_needed_regime"] =
        std::isfinite(needed.pairs) ? nlohmann::json(needed.there.regime) : nlohmann::json();
    row["crossings"] = nlohmann::json::array();
    out.push_back(std::move(row));
  }
  for (std::size_t a = 0; a < arms; ++a)
    for (std::size_t b = a + 1; b < arms; ++b)
      for (const Turn& turn : outlooks.match(outlooks.representative(a), outlooks.representative(b)).turns)
        for (const auto& [one, other] : {std::pair{a, b}, std::pair{b, a}})
          out[one]["crossings"].push_back(
              {{"with", outlooks.arms()[other].name}, {"n", turn.pairs}, {"regime", turn.there.regime}});
  return out;
}

std::vector<nlohmann::json> predicted_rows(const Study& study, const Outlooks& outlooks, std::size_t point,
                                           const nlohmann::json& answers) {
  const auto n = static_cast<double>(recipe_at(study, point).pairs);
  const auto at = coordinates(study, point);
  const std::vector<std::size_t> known = predicted(outlooks, n);
  nlohmann::json winner;
  nlohmann::json winner_regime;
  if (!known.empty()) {
    // Equal arms differ by rounding: the first stands for them.
    const auto regret = [&](std::size_t a) {
      return outlooks.mean(outlooks.representative(a), n, &Prediction::regret);
    };
    std::size_t best = known[0];
    for (const std::size_t a : known)
      if (regret(a) < regret(best)) best = a;
    winner = outlooks.arms()[best].name;
    winner_regime = outlooks.standing(known, n).regime;
  }
  std::vector<nlohmann::json> out;
  for (std::size_t a = 0; a < outlooks.arms().size(); ++a) {
    nlohmann::json row = answers[a];
    row["point"] = point;
    row["arm"] = outlooks.arms()[a].name;
    row["pairs"] = n;
    for (std::size_t k = 0; k < study.axes.size(); ++k)
      row["at"][study.axes[k].name] = to_text(study.axes[k].values[at[k]]);
    const double regret = outlooks.mean(a, n, &Prediction::regret);
    row["regret"] = number(regret >= 0 ? regret : std::nan(""));  // far outside the regime
    row["second_order"] = number(outlooks.second_order(a, n));
    row["floor"] = number(outlooks.mean(a, n, &Prediction::floor));
    row["deviation"] = number(outlooks.mean(a, n, &Prediction::deviation));
    row["kappa"] = number(outlooks.mean(a, n, &Prediction::kappa));
    row["existence"] = number(outlooks.mean(a, n, &Prediction::existence));
    row["curvature"] = number(outlooks.mean(a, n, &Prediction::curvature));
    row["widest"] = number(outlooks.mean(a, n, &Prediction::widest));
    row["next_order"] = number(outlooks.mean(a, n, &Prediction::next_order));
    row["regime"] = outlooks.standing({a}, n).regime;
    row["reason"] = outlooks.reason(a, n);
    row["winner"] = winner;
    row["winner_regime"] = winner_regime;
    out.push_back(std::move(row));
  }
  return out;
}

}  // namespace twostage
