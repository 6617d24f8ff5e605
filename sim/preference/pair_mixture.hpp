// What the pairs of a round are drawn from: two policies, or a mixture of such pairs of policies, drawn once
// for a whole pair, in which a pair may count more than once.
#pragma once

#include <vector>

#include "sim/preference/pair_sampler.hpp"

namespace twostage {

struct PairMixture {
  std::vector<PairPolicies> parts;
  // [parts x prompts] How likely a pair of a prompt is of a part. One part: 1.
  std::vector<double> share = {};
  std::vector<double> weight = {};  // [prompts] what a pair counts; empty: 1
  double log_weight = 0;            // of the prompt whose pairs count most; NaN where one is

  double share_of(std::size_t part, std::size_t prompt) const;
  double weight_of(std::size_t prompt) const { return weight.empty() ? 1 : weight[prompt]; }
  std::size_t prompts() const { return share.size() / parts.size(); }
};

// Of log_weight. Beyond, sums of pairs and their squares would leave the range of numbers.
constexpr double kMostLogWeight = 300;

PairMixture only(PairPolicies policies);

// The mixed samplers of online DPO (Shi, Zhou and Du 2409.19605, DPO-Mix-P and DPO-Mix-R). With u the uniform
// policy and h a reward, half of the sum of
//   both completions from u, and
//   E_u e^h E_u e^-h times: the first from u e^h, the second from u e^-h, normalised,
// so that the two of a pair meet as often as u(y) u(z) (1 + e^{h(y) - h(z)}) / 2 says: in either order
// u(y) u(z) / (2 sigmoid'(h(y) - h(z))), which takes the slope of the sigmoid out of a step's linear part.
// The weights are those of the paper over 2 K^2, K completions: at h = 0 the pairs are uniform and count one.
PairMixture guided_mixture(const World& world, std::vector<double> reward);

}  // namespace twostage
