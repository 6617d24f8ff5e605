// Advantages within groups: known answers, the enumeration of all ordered groups, and the limit of large
// ones.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "sim/policy_gradient/group_advantage.hpp"

namespace twostage {
namespace {

using Values = std::vector<double>;

// [values] E[A_1 | v_1] over all V^(G-1) ordered groups of the others, each by the definition.
Values by_enumeration(const Values& value, const Values& mass, const GroupRule& rule) {
  const std::size_t V = value.size(), G = rule.size;
  Values out(V, 0.0);
  std::size_t all = 1;
  for (std::size_t i = 1; i < G; ++i) all *= V;
  for (std::size_t first = 0; first < V; ++first)
    for (std::size_t code = 0; code < all; ++code) {
      Values group = {value[first]};
      double probability = 1;
      for (std::size_t i = 1, rest = code; i < G; ++i, rest /= V) {
        group.push_back(value[rest % V]);
        probability *= mass[rest % V];
      }
      double mean = 0, squares = 0;
      for (const double v : group) mean += v / static_cast<double>(G);
      for (const double v : group) squares += (v - mean) * (v - mean);
      const double count = static_cast<double>(rule.spread == Spread::sample ? G - 1 : G);
      const double spread = rule.spread == Spread::none ? 1 : std::sqrt(squares / count) + rule.epsilon;
      const bool alike = std::ranges::all_of(group, [&](double v) { return v == group[0]; });
      out[first] += alike ? 0 : probability * (group[0] - mean) / spread;
    }
  return out;
}

// Two of many values: only their order counts, a(v) = (F + F_- - 1) / sqrt(2).
TEST(GroupAdvantages, GoThroughManyValues) {
  constexpr std::size_t many = 1999;
  Values value(many), mass(many);
  double total = 0;
  for (std::size_t k = 0; k < many; ++k) {
    value[k] = std::sqrt(static_cast<double>(k));
    total += mass[k] = 1 + static_cast<double>(k * k % 7);
  }
  for (double& m : mass) m /= total;
  const GroupRule pairs{.size = 2};
  EXPECT_EQ(count_groups(many, pairs), 1999);
  EXPECT_EQ(count_groups(8, {.size = 64}), 1198774720);
  const Values found = group_advantages(value, mass, pairs);
  double below = 0;
  for (std::size_t k = 0; k < many; ++k) {
    EXPECT_NEAR(found[k], (2 * below + mass[k] - 1) / std::sqrt(2), 1e-12) << k;
    below += mass[k];
  }
}

TEST(GroupAdvantages, AreThoseOfTheEnumeration) {
  const Values value = {-0.3, 2.5, 0.1, 1.0}, mass = {0.1, 0.25, 0.6, 0.05};
  for (const Spread spread : {Spread::none, Spread::population, Spread::sample})
    for (const std::size_t size : {2u, 3u, 5u})
      for (const double epsilon : {0.0, 0.3}) {
        const GroupRule rule{size, spread, epsilon};
        const Values expected = by_enumeration(value, mass, rule);
        const Values actual = group_advantages(value, mass, rule);
        for (std::size_t k = 0; k < value.size(); ++k)
          EXPECT_NEAR(actual[k], expected[k], 1e-13) << size << ", " << k;
      }
}

// Of three arms with rewards 0, 1, 2 and masses 1/2, 1/3, 1/6: p (a - E a), the gradient in the logits.
TEST(GroupAdvantages, OfThreeArmsAreKnown) {
  struct Known {
    std::size_t size;
    Spread spread;
    Values gradient;
  };
  const double third = 1.0 / 3, ninth = 1.0 / 9;
  const std::vector<Known> table = {{2, Spread::none, {-third / 2, ninth / 2, ninth}},
                                    {4, Spread::none, {-third * 3 / 4, ninth * 3 / 4, 2 * ninth * 3 / 4}},
                                    {2, Spread::sample, {-.1767766953, .0785674201, .0982092752}},
                                    {4, Spread::sample, {-.3326438806, .1501069693, .1825369113}},
                                    {8, Spread::sample, {-.3986851965, .1614158804, .2372693161}},
                                    {2, Spread::population, {-.25, .1111111111, .1388888889}},
                                    {4, Spread::population, {-.3841040680, .1733285982, .2107754698}},
                                    {8, Spread::population, {-.4262124030, .1725608346, .2536515684}},
                                    {0, Spread::population, {-0.4472135955, 0.1490711985, 0.2981423970}},
                                    {0, Spread::sample, {-0.4472135955, 0.1490711985, 0.2981423970}}};
  const Values mass = {1.0 / 2, 1.0 / 3, 1.0 / 6};
  for (const Known& known : table) {
    const Values a = group_advantages(Values{0, 1, 2}, mass, {known.size, known.spread, 0});
    const double mean = a[0] * mass[0] + a[1] * mass[1] + a[2] * mass[2];
    for (std::size_t k = 0; k < 3; ++k)
      EXPECT_NEAR(mass[k] * (a[k] - mean), known.gradient[k], 1e-10) << known.size << ", " << k;
  }
}

// In a group of two the spread leaves the order alone: +-1/sqrt 2 (over G - 1 = 1), so that
// a = (P(lower) - P(higher)) / sqrt 2.
TEST(GroupAdvantages, OfTwoKnowTheOrderAlone) {
  const Values mass = {0.2, 0.5, 0.3};
  for (const Values& value : {Values{0, 1, 2}, Values{0, 1e-9, 1e9}}) {
    const Values a = group_advantages(value, mass, {2, Spread::sample, 0});
    EXPECT_NEAR(a[0], -(0.5 + 0.3) / std::sqrt(2.0), 1e-14);
    EXPECT_NEAR(a[1], (0.2 - 0.3) / std::sqrt(2.0), 1e-14);
    EXPECT_NEAR(a[2], (0.2 + 0.5) / std::sqrt(2.0), 1e-14);
  }
}

// (v - E v) / sd + O(1/G).
TEST(GroupAdvantages, OfLargeGroupsComeToTheirLimit) {
  const Values value = {0, 1}, mass = {0.7, 0.3};
  const Values limit = group_advantages(value, mass, {0, Spread::population, 0});
  EXPECT_NEAR(limit[1], 0.7 / std::sqrt(0.21), 1e-14);
  double before = 1;
  for (const std::size_t size : {16u, 64u, 256u, 1024u}) {
    const Values a = group_advantages(value, mass, {size, Spread::population, 0});
    const double gap = std::fabs(a[1] - limit[1]);
    EXPECT_LT(gap, 0.3 * before) << size;
    EXPECT_LT(gap * static_cast<double>(size), 2) << size;
    before = gap;
  }
}

TEST(GroupAdvantages, OfWhatIsNeverDrawnOrAlone) {
  // One value: there is nothing to compare.
  EXPECT_THAT(group_advantages(Values{3}, Values{1}, {8, Spread::sample, 0}), testing::ElementsAre(0.0));
  EXPECT_THAT(group_advantages(Values{3}, Values{1}, {0, Spread::sample, 0}), testing::ElementsAre(0.0));
  // The others have the one value that is drawn, so that whoever differs is alone: (1 - 1/G) over the spread
  // sqrt(1/G) of one in G, that is sqrt(G) (1 - 1/G) / sqrt(1 ...): by the enumeration.
  for (const std::size_t size : {2u, 4u}) {
    const GroupRule rule{size, Spread::sample, 0};
    const Values a = group_advantages(Values{0, 5}, Values{1, 0}, rule);
    EXPECT_EQ(a[0], 0);
    EXPECT_NEAR(a[1], by_enumeration({0, 5}, {1, 0}, rule)[1], 1e-14);
  }
  // Masses down to the smallest numbers there are.
  const Values a = group_advantages(Values{0, 1}, Values{1, 1e-308}, {1024, Spread::sample, 0});
  EXPECT_TRUE(std::isfinite(a[0]) && std::isfinite(a[1]));
}

TEST(GroupAdvantages, CountTheirGroups) {
  // Multisets of three out of four values: (3 + 3 choose 3) = 20.
  EXPECT_EQ(count_groups(4, {4, Spread::sample, 0}), 20);
  EXPECT_EQ(count_groups(4, {4, Spread::none, 0}), 1);
  EXPECT_EQ(count_groups(4, {0, Spread::sample, 0}), 1);
  const Values many(100, 0.01);
  EXPECT_THROW(group_advantages(many, many, {32, Spread::sample, 0}), std::invalid_argument);
}

// One group at hand: the same definition, and differences that are rounding are none.
TEST(GroupAdvantages, OfOneGroupFollowTheDefinition) {
  const Values group = {1, 1, 4, 2};
  Values a(4);
  group_advantages_of(group, 1e-9, {4, Spread::sample, 0}, a);
  const double spread = std::sqrt(((1 + 1 + 4 + 0) * 1.0) / 3);  // squares about the mean 2
  EXPECT_THAT(a, testing::Pointwise(testing::DoubleNear(1e-14), {-1 / spread, -1 / spread, 2 / spread, 0.0}));
  group_advantages_of(Values{1, 1 + 1e-12, 1, 1}, 1e-9, {4, Spread::sample, 0}, a);
  EXPECT_THAT(a, testing::Each(0.0));
  group_advantages_of(Values{1, 1 + 1e-12, 1, 1}, 0, {4, Spread::sample, 0}, a);
  EXPECT_GT(a[1], 1) << "the spread makes a number of order one of any difference";
}

// Passed or failed, the gap of the two advantages is beta (logit p - logit p_0) where the reverse KL is at
// rest (2503.06639). From which beta that has a solution p > p_0 at all, and where it has one, computed
// elsewhere.
TEST(GroupAdvantages, OfAVerifierHaveAKnownBifurcation) {
  const auto rests_at = [](double p, double p0, std::size_t size) {
    const Values a = group_advantages(Values{0, 1}, Values{1 - p, p}, {.size = size});
    return (a[1] - a[0]) / (std::log(p / (1 - p)) - std::log(p0 / (1 - p0)));
  };
  for (const auto& [p0, known] :
       {std::pair(0.05, 0.5711943967), std::pair(0.2, 0.8957009902), std::pair(0.5, 1.5088795615)}) {
    // One minimum: sections of a third.
    double low = p0, high = 1;
    for (int k = 0; k < 100; ++k) {
      const double left = low + (high - low) / 3, right = high - (high - low) / 3;
      if (rests_at(left, p0, 0) < rests_at(right, p0, 0))
        high = right;
      else
        low = left;
    }
    EXPECT_NEAR(rests_at(low, p0, 0), known, 1e-9);
  }
  for (const double p : {0.6813010002, 0.9346869413}) EXPECT_NEAR(rests_at(p, 0.2, 0), 1, 1e-8) << p;
  // Near the vertex ten digits of p are five of the gap.
  for (const auto& [p, accuracy] :
       {std::pair(0.6688465973, 1e-8), std::pair(0.9521391178, 1e-8), std::pair(0.9980134008, 1e-6)})
    EXPECT_NEAR(rests_at(p, 0.2, 64), 1, accuracy) << p;
}

}  // namespace
}  // namespace twostage
