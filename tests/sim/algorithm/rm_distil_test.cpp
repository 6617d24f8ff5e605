// The plan distilled into a class that cannot hold it: known answers, a grid of the whole class, and where
// the four divergences agree.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/loss/distillation.hpp"
#include "sim/plan/divergence.hpp"
#include "tests/support/arms.hpp"
#include "tests/support/two_tokens.hpp"

namespace twostage {
namespace {

using test::integer;
using test::model_class;
using test::penalty;
using test::two_tokens;

ArmSpec distil(const Settings& policy, const char* direction, const char* prefixes) {
  ArmSpec out = test::reward_arm("rm+distil", model_class("dense"), penalty("none"));
  out.policy = policy;
  out.options = test::settings({{"direction", direction}, {"prefixes", prefixes}});
  return out;
}

ArmResult fit(const ArmSpec& spec, const World& world) {
  validate_arm(spec, world);
  return run_arm(spec, {world, test::population(world), RandomSource(11, "tests"), 0, true});
}

// Computed elsewhere, by a root of the derivative to 25 digits; the first and the last are known of rm+rwr
// and of rm+project. Both mixed ones lie between these two in what they are worth, and both of the teacher's
// prefixes have the marginal of its first token, to which the second does not matter.
TEST(Distillations, HaveKnownAnswersInTheProductClass) {
  struct Known {
    const char* direction;
    const char* prefixes;
    std::array<double, 2> theta;
    double divergence, soft_return;
  };
  for (const Known& known :
       {Known{"forward", "teacher", {1.05241995404, -0.560017069554}, 0.177897860948, 0.878204287265},
        Known{"forward", "student", {1.30624770242, -0.719933620762}, 0.172840215052, 0.893158924623},
        Known{"reverse", "teacher", {1.05241995404, -0.968971749326}, 0.186517013708, 0.89385020891},
        Known{"reverse", "student", {1.52319172174, -1.26070034952}, 0.168959709553, 0.911407513065}}) {
    const World world = two_tokens();
    const ArmResult result = fit(distil(model_class("degree", 1), known.direction, known.prefixes), world);
    EXPECT_TRUE(result.certificate.converged);
    EXPECT_EQ(result.certificate.optimum, Optimum::stationary);
    for (const std::size_t k : {0u, 1u})
      EXPECT_NEAR(test::product_parameters(result.log_policy())[k], known.theta[k], 1e-7) << known.direction;
    EXPECT_NEAR(result.certificate.objective, known.divergence, 1e-9) << known.direction;
    EXPECT_NEAR(soft_return(world, result.log_policy()), known.soft_return, 1e-8) << known.direction;
  }
}

// No point of a grid over the class is nearer to the plan.
TEST(Distillations, AreLeastOfTheWholeClass) {
  const World world = two_tokens();
  SoftPlan plan;
  soft_plan(world.graph, world.log_reference, world.reward, world.beta, plan);
  const auto model = make_linear_model(model_class("degree", 1), world, Role::policy);
  ASSERT_EQ(model->parameters(), 2u);
  std::vector<double> unused(2);
  for (const char* direction : {"forward", "reverse"})
    for (const char* prefixes : {"teacher", "student"}) {
      const double least =
          fit(distil(model_class("degree", 1), direction, prefixes), world).certificate.objective;
      Distillation f(*model, world, plan.log_policy,
                     *direction == 'f' ? KlDirection::forward : KlDirection::reverse,
                     *prefixes == 't' ? Prefixes::teacher : Prefixes::student);
      for (double x = -6; x <= 6; x += 0.25)
        for (double y = -6; y <= 6; y += 0.25)
          EXPECT_GE(f.evaluate(std::vector<double>{x, y}, unused), least - 1e-9) << x << ", " << y;
    }
}

// Over all policies, each of them is the plan; and two of them are second stages of their own.
TEST(Distillations, AgreeWithWhatTheyAreCasesOf) {
  const World world = test::world({{"family", "tokens"},
                                   {"horizon", integer(3)},
                                   {"degree", integer(2)},
                                   {"prompts", integer(2)},
                                   {"shared_classes", false},
                                   {"reference", "random"},
                                   {"beta", 0.6}});
  const PreferenceData data = test::reference_pairs(world, 80);
  const auto run = [&](ArmSpec spec) {
    spec.reward = model_class("dense");
    spec.penalty = penalty("reference-kl", 1);
    validate_arm(spec, world);
    return run_arm(spec, {world, data, RandomSource(11, "tests"), 0, true});
  };
  const ArmResult plan = run(test::reward_arm("rm+plan", {}, {}));
  for (const char* direction : {"forward", "reverse"})
    for (const char* prefixes : {"teacher", "student"}) {
      const ArmResult all = run(distil(model_class("tabular"), direction, prefixes));
      EXPECT_EQ(all.certificate.optimum, Optimum::global);
      EXPECT_LT(kl_divergence(world.graph, world.rho, all.log_policy(), plan.log_policy()), 1e-12);
    }
  const Settings small = model_class("degree", 1);
  ArmSpec project = test::reward_arm("rm+project", {}, {});
  project.policy = small;
  EXPECT_LT(kl_divergence(world.graph, world.rho, run(distil(small, "reverse", "student")).log_policy(),
                          run(project).log_policy()),
            1e-12);
  ArmSpec rwr = test::reward_arm("rm+rwr", {}, {});
  rwr.policy = small;
  rwr.course = test::settings({{"kind", "rounds"}, {"steps", integer(1)}});
  EXPECT_LT(kl_divergence(world.graph, world.rho, run(distil(small, "forward", "teacher")).log_policy(),
                          run(rwr).log_policy()),
            1e-12);
}

TEST(Distillations, BearExtremeKnobs) {
  for (const double beta : {50.0, 0.02}) {
    World world = two_tokens();
    world.beta = beta;
    for (const char* direction : {"forward", "reverse"})
      for (const char* prefixes : {"teacher", "student"})
        for (const Settings& policy : {model_class("degree", 1), model_class("tabular")})
          EXPECT_TRUE(all_finite(fit(distil(policy, direction, prefixes), world).policy))
              << direction << beta;
  }
}

}  // namespace
}  // namespace twostage
