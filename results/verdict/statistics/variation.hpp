// Whether a sample varies enough to say anything. Where all rows agree, theirs is the law's value but for
// what happens rarely, and of that the sample shows nothing, neither how often nor how far: twenty ones are
// as well a Bernoulli mean of .99. So too where but few rows differ from the others: with a share p of
// differing rows, n rows show none with probability (1 - p)^n.
//
// Rows agree when they add the same to the statistic, or when they have the same value of it by themselves
// (sum_k w_k x_k, under the logarithm sum_k w_k log x_k: two arms that are one have the ratio 1 in every
// row), but for the noise of solvers: 1e-8 of the terms that cancel, which is as near as identities are said
// to hold.
#pragma once

#include <span>

#include "results/verdict/statistics/sample.hpp"

namespace twostage {

inline constexpr double solver_noise = 1e-8;

// Rows that differ from the most frequent one. `added`: what each row adds to the statistic (its derivative
// by the row's weight); `scale`: the size of the terms of which that is a sum.
std::size_t differing_rows(const Sample& sample, std::span<const double> added, double scale);

// Whether a sample with this many differing rows would be as good as never constant: (1 - m / n)^n <= tail.
bool varies(std::size_t differing, std::size_t rows, double tail);

}  // namespace twostage
