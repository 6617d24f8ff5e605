// Which optimiser a fit of a given size gets, how far it is driven, and which sizes are refused.
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "sim/fit/certificate.hpp"
#include "sim/minimise/lbfgs.hpp"
#include "sim/model/score_model.hpp"
#include "sim/preference/preference_data.hpp"
#include "sim/world/world.hpp"

namespace twostage {

// Numbers that a covariance of path features is worked out with: by the class, which may have a closed form,
// or with the features of every edge written out.
double covariance_numbers(const LinearModel& model, const World& world, bool written_out);

// Newton's method: a dense Hessian of up to 2000 parameters (32 MB), and up to 2^26 numbers (512 MB) for
// covariances.
bool newton_fits(const LinearModel& model, const World& world, bool written_out);

// Beyond two million parameters a fit would take hours: throws InputError naming `key` and the size.
void check_size(std::size_t parameters, std::string_view key, std::string_view class_name);

// Gradient norms for a sum over `pairs` terms of order one: driven to 1e-12 of the sum's scale, accepted as
// converged at 1e-9 when rounding ends the descent earlier. Margins that are `units` times something of order
// one in the parameters (beta for log-ratios) have a gradient and a rounding floor as much larger. So has a
// penalty that is `strength` times something of order one: a gradient of 1e-12 of it is accepted, too, where
// that is more, and leaves 1e-12 to go. The method remembers fewer steps where many parameters would make its
// memory large.
num::LbfgsOptions likelihood_options(std::size_t pairs, std::size_t parameters, double units = 1,
                                     double strength = 0);

// A step of L-BFGS, in the time of a multiplication of a large factorisation.
double lbfgs_step_price(std::size_t parameters, const World& world, const PairTable& table);

// From zero by Newton's method. Where one of its steps, of parameters^3 / 3 multiplications, costs hundreds
// of gradients, L-BFGS goes as far as its goal or the price of four such steps, and `newton` on from there.
num::Minimum minimise_by_cost(num::SmoothFunction& f, const World& world, const PairTable& table,
                              const num::LbfgsOptions& descent,
                              const std::function<num::Minimum(std::span<const double> start)>& newton);

// Takes back what a certificate claims.
void disown(Certificate& certificate);

// `proved` is what a converged stationary point is; without convergence the certificate claims nothing.
Certificate certificate_of(const num::Minimum& minimum, Optimum proved, int starts = 1);

}  // namespace twostage
