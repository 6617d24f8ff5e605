// DPO at high temperature: its margins are beta times what the parameters change, so that gradients are large
// where the parameters are as well known as ever. The fit says that it has converged, and it has.
#include <gtest/gtest.h>

#include <cmath>

#include "sim/plan/sweeps.hpp"
#include "tests/support/arms.hpp"

namespace twostage {
namespace {

using test::integer;

// One token of two: with k losses of the better one among n unequal pairs, the maximum-likelihood difference
// of implied rewards is log((n - k) / k), whatever beta.
TEST(HotWorlds, DpoOfOneTokenHasItsClosedFormAtEveryTemperature) {
  for (const double beta : {1.0, 30.0, 575.0, 1000.0}) {
    const World world = make_world(resolve_world(test::settings({{"family", "tokens"},
                                                                 {"horizon", integer(1)},
                                                                 {"degree", integer(1)},
                                                                 {"beta", beta},
                                                                 {"scale", 2.0}})),
                                   test::world_seed(3), 1e9);
    for (std::uint64_t replicate = 0; replicate < 100; ++replicate) {
      const PreferenceData data = test::reference_pairs(world, 300, replicate);
      double first_won = 0, unequal = 0;
      for (std::size_t i = 0; i < data.size(); ++i)
        if (data.chosen_path(i)[0] != data.rejected_path(i)[0]) {
          unequal += 1;
          if (data.chosen_path(i)[0] == 0) first_won += 1;
        }
      ASSERT_GT(first_won, 0);
      ASSERT_LT(first_won, unequal);
      const ArmResult fit = test::fit(
          test::policy_arm("dpo", test::model_class("degree", 1), test::penalty("none")), world, data);
      EXPECT_TRUE(fit.certificate.converged) << beta << ", " << replicate;
      EXPECT_NEAR(fit.edge_reward[0] - fit.edge_reward[1], std::log(first_won / (unequal - first_won)), 1e-7)
          << beta << ", " << replicate;
    }
  }
}

}  // namespace
}  // namespace twostage
