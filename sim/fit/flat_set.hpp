// Where the likelihood alone is attained on a whole set, because the comparisons tell nothing about some
// directions of the class (`flat`, existence.hpp): the member of that set which is returned. It is the one
// with the least E_s0 KL(P_ref || P_pi), the limit of the default estimate as its penalty goes to zero. That
// is a functional of the policy, strictly convex on the set and coercive, so there is exactly one such
// policy, the same in every parametrisation and by every route: where the data are silent it stays as near to
// the reference as what they say allows.
//
// The set is theta + {d : X d = 0}, X the rows that the likelihood sees theta through, and its dimension
// comes from the rank that the existence test proves, not from a tolerance. Newton's method within it.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "sim/fit/certificate.hpp"
#include "sim/model/dense_model.hpp"
#include "sim/model/score_model.hpp"
#include "sim/preference/preference_data.hpp"
#include "sim/world/world.hpp"

namespace twostage {

struct FlatMember {
  std::vector<double> theta;
  int iterations = 0;
  std::vector<double> edge_error = {};  // as in ArmResult
};

// `theta` is any point of the set, `rank` the rank of the rows. Nothing where the set is too large for the
// method or the method does not converge.
//
// Of rewards: the penalty is that of the soft plan of r_theta, the rows are those of the comparisons.
std::optional<FlatMember> least_penalty_reward(const LinearModel& model, const World& world,
                                               const PairTable& table, std::size_t rank,
                                               std::span<const double> theta);

// Of policies with logits linear in theta, whose likelihood is a function of X theta for the rows given
// ([rows x parameters]).
std::optional<FlatMember> least_penalty_policy(const LinearModel& model, const World& world,
                                               const std::vector<double>& rows, std::size_t rank,
                                               std::span<const double> theta);

// Of all policies, given one of the set, on edges: margins of log pi/pi_ref are those of a dense reward
// (sim/DEFINITIONS.md, "Score models"). `log_policy` is replaced by that of the member, and theta holds its
// logits.
std::optional<FlatMember> least_penalty_tabular(const DenseModel& model, const World& world,
                                                const PairTable& table, std::size_t rank,
                                                std::vector<double>& log_policy);

// psi(first) - psi(second) of each row of the table, [rows x parameters].
std::vector<double> comparison_matrix(const LinearModel& model, const PairTable& table);

// Puts the member in place of theta and adds its error, or says in the certificate that none was singled out.
void settle_on(std::optional<FlatMember> member, std::vector<double>& theta, Certificate& certificate,
               std::vector<double>& edge_error);

}  // namespace twostage
