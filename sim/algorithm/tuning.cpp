#include "sim/algorithm/tuning.hpp"

#include <cmath>
#include <limits>

#include "sim/numerics/elementary.hpp"
#include "sim/plan/sweeps.hpp"

namespace twostage {
namespace {

struct Split {
  PreferenceData kept;
  PreferenceData held_out;
};

Split split(const PreferenceData& data, int folds, int fold) {
  Split out;
  out.kept.horizon = out.held_out.horizon = data.horizon;
  for (std::size_t i = 0; i < data.size(); ++i) {
    PreferenceData& part =
        static_cast<int>(i % static_cast<std::size_t>(folds)) == fold ? out.held_out : out.kept;
    const auto chosen = data.chosen_path(i);
    const auto rejected = data.rejected_path(i);
    part.chosen.insert(part.chosen.end(), chosen.begin(), chosen.end());
    part.rejected.insert(part.rejected.end(), rejected.begin(), rejected.end());
    if (!data.weight.empty()) part.weight.push_back(data.weight[i]);
  }
  return out;
}

}  // namespace

double bradley_terry_loss(const ArmSpec&, const World&, const ArmResult& fit,
                          const PreferenceData& held_out) {
  double loss = 0;
  for (std::size_t i = 0; i < held_out.size(); ++i)
    loss += held_out.weight_of(i) * num::softplus(path_sum(fit.edge_reward, held_out.rejected_path(i)) -
                                                  path_sum(fit.edge_reward, held_out.chosen_path(i)));
  return loss;
}

ArmSpec with_strength(const ArmSpec& spec, double lambda) {
  ArmSpec out = spec;
  out.penalty.set("lambda", lambda);
  out.penalty.set("tune", false);
  return out;
}

Tuned tune_penalty(const ArmSpec& spec, const ArmInput& input, const Tuning& tuning,
                   const std::function<ArmResult(const ArmSpec&, const ArmInput&)>& fit,
                   decltype(Algorithm::held_out_loss) held_out_loss) {
  Tuned out;
  out.held_out_loss.assign(tuning.grid.size(), 0.0);
  for (int fold = 0; fold < tuning.folds; ++fold) {
    const Split parts = split(input.data, tuning.folds, fold);
    ArmInput kept{input.world, parts.kept, input.source, input.replicate, false};
    kept.stop = input.stop;
    for (std::size_t g = 0; g < tuning.grid.size(); ++g) {
      const ArmSpec tried = with_strength(spec, tuning.grid[g]);
      out.held_out_loss[g] += held_out_loss(tried, input.world, fit(tried, kept), parts.held_out);
    }
  }
  std::size_t best = 0;
  for (std::size_t g = 1; g < tuning.grid.size(); ++g)
    if (out.held_out_loss[g] < out.held_out_loss[best] || std::isnan(out.held_out_loss[best])) best = g;
  out.lambda = tuning.grid[best];
  out.at_edge = best == 0 || best + 1 == tuning.grid.size();
  return out;
}

}  // namespace twostage
