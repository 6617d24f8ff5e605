// The best and the worst of n: of n completions drawn from one policy, the pair of the one with the highest
// score and the one with the lowest. With A(lo, hi) the probability that all n have levels lo .. hi, that the
// best has level y and the worst level z < y is
//   w(y, z) = A(z, y) - A(z+1, y) - A(z, y-1) + A(z+1, y-1),
// and w(y, y) = A(y, y). Completions of one level share its part in proportion to the policy; where all n
// have one level, two of them are the pair, whichever. So n = 2 are two draws. Source: the pairs of online
// DPO in 2503.01067 (n = 25) and Guo et al. 2402.04792 (n = 2).
#pragma once

#include <span>
#include <vector>

namespace twostage {

// [levels x levels] w(y, z) at y * levels + z, 0 where z > y. `mass` sums to one, from the lowest level up;
// n >= 2.
std::vector<double> top_bottom_law(std::span<const double> mass, double n);

}  // namespace twostage
