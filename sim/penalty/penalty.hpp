// The penalty of an arm's objective (sim/DEFINITIONS.md, "Objective"): what is added to the Bradley-Terry
// likelihood.
//
//   reference-kl     lambda E_s0 KL(P_ref || P_pi); for a reward
//                    lambda E_s0 [ log E_ref exp(r/beta) - E_ref r/beta ], the same functional of the plan
//   variance         lambda E_s0 Var_ref(r | s0) / (2 beta^2), its second-order form
//   pooled-variance  the variance over prompt and completion jointly: a control that mixes prompts
//   ridge            lambda / 2 |theta|^2 in the model's coordinates: a control
//   l1               sum_j w_j |theta_j| in the model's coordinates, for reward classes: coefficients that
//   are
//                    not needed are exactly 0. Its strength may grow with the data (sparse_fit.hpp), which
//                    the others' never does
//   none
// A policy is penalised through its implicit reward beta log pi/pi_ref. The first two are blind to constants
// per prompt, so they are one functional however the class is parametrised.
#pragma once

#include <vector>

#include "sim/catalog/registry.hpp"

namespace twostage {

enum class PenaltyKind { reference_kl, variance, pooled_variance, ridge, l1, none };

enum class L1Scaling { fixed, universal };

struct Penalty {
  PenaltyKind kind = PenaltyKind::reference_kl;
  double lambda = 4;
  L1Scaling scaling = L1Scaling::universal;  // of l1
  bool refit = false;                        // of l1: maximum likelihood on the support afterwards
};

// How lambda is chosen: as given, or from a grid by K-fold cross-validation.
struct Tuning {
  bool active = false;
  int folds = 5;
  std::vector<double> grid;  // increasing
};

const Registry<PenaltyKind>& penalties();

// Whether the penalty is a convex functional of r when evaluated at the soft plan of r.
bool convex_in_reward(PenaltyKind kind);
// Whether it is convex in theta for policies with logits linear in theta, and for plans of rewards linear in
// theta.
bool convex_in_logits(PenaltyKind kind);
bool convex_through_plan(PenaltyKind kind);

struct PenaltyChoice {
  Penalty penalty;
  Tuning tuning;
};

// From an arm's settings: "kind" (reference-kl when absent) and its knobs. Throws InputError.
PenaltyChoice read_penalty(const Settings& given);
// Its kind alone; knobs are not looked at.
PenaltyKind penalty_kind(const Settings& given);

}  // namespace twostage
