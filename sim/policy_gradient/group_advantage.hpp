// The advantage of a completion within its group, in expectation over the others: with values v_1 .. v_V of a
// completion and their masses p under the policy,
//   a(v) = E[ A_1 | the first of G i.i.d. completions has value v ],   A_1 = (v_1 - mean) / spread,
// where mean and spread are those of the group, itself included. A group whose members all have one value
// contributes nothing.
//
// Source: Shao et al. 2402.03300 (GRPO); without a spread Liu et al. 2503.20783 (Dr. GRPO). In a group of two
// the spread leaves nothing but the order; with large groups a(v) tends to (v - E v) / sd(v).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace twostage {

// What the difference to the mean is divided by: 1, the root of the mean square (G), or that with G - 1.
enum class Spread { none, population, sample };

// Of the group of completions that an advantage is measured in. `size` 0: the limit of large groups.
struct GroupRule {
  std::size_t size = 8;
  Spread spread = Spread::sample;
  double epsilon = 0;  // added to the spread
};

// How many different groups of the others there are: multisets of size - 1 values.
double count_groups(std::size_t values, const GroupRule& rule);
// So many are gone through for one prompt at most, times its values.
inline constexpr double kMostGroups = 4e6;

// [values] a(v), by summation over all groups of the others. `mass` sums to one; values that are not drawn
// have mass 0 and an advantage all the same. std::invalid_argument for more groups than kMostGroups.
std::vector<double> group_advantages(std::span<const double> value, std::span<const double> mass,
                                     const GroupRule& rule);

// The advantages in one group, [members]; differences up to `tolerance` are none.
void group_advantages_of(std::span<const double> value, double tolerance, const GroupRule& rule,
                         std::span<double> out);

}  // namespace twostage
