// The direct losses against numbers that were computed elsewhere (value and gradient at a point, population
// optima), closed forms for two arms, finite differences, and what each says where there is no minimum.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "sim/algorithm/direct/points/point_fit.hpp"
#include "sim/fit/tabular_policies.hpp"
#include "sim/loss/policy_objective.hpp"
#include "sim/plan/sweeps.hpp"
#include "tests/support/arms.hpp"
#include "tests/support/gradients.hpp"
#include "tests/support/hand_made.hpp"
#include "tests/support/three_arms.hpp"

namespace twostage {
namespace {

using test::integer;
using test::model_class;
using test::penalty;
using test::policy_arm;
using test::three_arms;
using test::three_arms_population;
using Options = std::map<std::string, double>;
using Words = std::map<std::string, std::string>;
using Three = std::array<double, 3>;

ArmSpec arm(const std::string& algorithm, const Options& options, const Settings& with = penalty("none"),
            const Words& words = {}) {
  ArmSpec out = policy_arm(algorithm, model_class("tabular"), with);
  for (const auto& [name, value] : options) out.options.set(name, value);
  for (const auto& [name, value] : words) out.options.set(name, value);
  return out;
}

ArmResult fit(const ArmSpec& spec, const World& world, const PreferenceData& data) {
  return run_arm(spec, {world, data, RandomSource(11, "tests"), 0, true});
}

std::unique_ptr<PolicyLoss> loss_of(const ArmSpec& spec, const World& world, const PreferenceData& data) {
  return algorithms().at(spec.algorithm).extra.loss(spec, world, tabulate(data));
}

std::vector<std::string> losses() {
  std::vector<std::string> out;
  for (const auto& entry : algorithms().entries())
    if (entry.extra.loss) out.push_back(entry.name);
  return out;
}

// At pi ∝ exp(.1, -.2, .3), and dL/dlogit = g - (sum g) pi with g = dL/dlog pi.
TEST(DirectLosses, AreThoseComputedElsewhereAtAPoint) {
  struct Known {
    std::string algorithm;
    Options options;
    double value;
    Three gradient;
    Words words = {};
  };
  const std::vector<Known> table = {
      {"simpo", {{"beta", 2}, {"gamma", 1}}, 1.3316310099, {0.4558513533, -0.2695734071, -0.1862779462}},
      {"cpo", {{"beta", 0.1}, {"alpha", 1}}, 1.8431673529, {-0.0077145350, -0.1401143838, 0.1478289189}},
      {"rdpo", {{"eps", 0.1}}, 0.5937552523, {0.1192262872, -0.0851027015, -0.0341235856}},
      {"exo", {{"eps", 0.1}}, 0.4382023204, {0.0861362260, -0.0791421551, -0.0069940709}},
      {"chipo", {}, 0.6499720927, {0.0624791495, -0.1658160816, 0.1033369320}},
      {"hypo", {{"lambda", 0.1}}, 0.6409520303, {0.06513841, -0.08367924, 0.01854083}},
      {"orpo", {{"lambda", 0.1}}, 1.2205312286, {0.0022747317, -0.1489124704, 0.1466377386}},
      {"ipo", {{"tau", 0.5}}, 0.9582602338, {0.0587619885, -0.4002191491, 0.3414571605}},
      {"kto", {{"beta", 0.1}}, 0.9939436837, {0.0070181242, -0.0025664413, -0.0044516830}},
      {"bco", {}, 1.3185225884, {0.0802171968, -0.0739538818, -0.0062633150}},
      {"nca", {}, 1.3914884442, {0.0020776349, -0.0656601338, 0.0635824989}},
      {"sppo", {{"eta", 2}}, 1.9981360850, {-0.0329713817, -0.4472362473, 0.4802076290}},
      {"sppo", {{"eta", 1}}, 0.7404815057, {-0.3139427934, -0.3445435457, 0.6584863391}},
      {"apo", {{"beta", 1}}, 0.9422640015, {0.0656082500, -0.0266272648, -0.0389809853}},
      {"apo", {{"beta", 1}}, 0.9379326858, {0.0675735485, 0.0066687935, -0.0742423420}, {{"anchor", "down"}}},
      {"alphapo",
       {{"alpha", 0.25}, {"beta", 2}, {"gamma", 1}},
       1.3532834832,
       {0.6247966278, -0.4301968135, -0.1945998143}},
      {"alphapo",
       {{"alpha", -0.5}, {"beta", 1}, {"gamma", 0.5}},
       0.9732369536,
       {0.1058341685, -0.0421783108, -0.0636558577}},
      {"alphapo",  // as simpo
       {{"alpha", 0}, {"beta", 2}, {"gamma", 1}},
       1.3316310099,
       {0.4558513533, -0.2695734071, -0.1862779462}},
      {"fdpo",
       {},
       0.6251025008,
       {0.1172006232, -0.0929295181, -0.0242711052},
       {{"divergence", "forward-kl"}}},
      {"fdpo", {}, 0.6496032755, {0.0610417407, -0.0387138332, -0.0223279075}},
      {"fdpo",
       {{"alpha", 0.5}},
       0.6247765035,
       {0.1000547809, -0.0816614988, -0.0183932821},
       {{"divergence", "alpha"}}}};
  const World world = three_arms();
  std::vector<double> log_policy = {0.1, -0.2, 0.3};
  double total = 0;
  for (const double t : log_policy) total += std::exp(t);
  for (double& l : log_policy) l -= std::log(total);
  std::set<std::string> tested;
  for (const Known& known : table) {
    tested.insert(known.algorithm);
    std::vector<double> g(3, 0.0);
    const auto loss = loss_of(arm(known.algorithm, known.options, penalty("none"), known.words), world,
                              three_arms_population());
    EXPECT_NEAR(loss->evaluate(log_policy, g), known.value, 1e-10) << known.algorithm;
    const double sum = g[0] + g[1] + g[2];
    const double rounded = known.algorithm == "hypo" ? 1e-8 : 1e-10;
    for (std::size_t y = 0; y < 3; ++y)
      EXPECT_NEAR(g[y] - sum * std::exp(log_policy[y]), known.gradient[y], rounded) << known.algorithm << y;
  }
  EXPECT_THAT(tested, testing::UnorderedElementsAreArray(losses()));
}

TEST(DirectLosses, HavePopulationOptimaComputedElsewhere) {
  struct Known {
    std::string algorithm;
    Options options;
    Three policy;
    Optimum optimum;
    Existence existence;
    Words words = {};
    Three reward = test::kThreeRewards;
  };
  const auto proved = std::pair(Optimum::global, Existence::unique);
  const auto descended = std::pair(Optimum::stationary, Existence::no_exact_test);
  const auto row = [](const char* name, Options options, Three policy, std::pair<Optimum, Existence> told,
                      Words words = {}, Three reward = test::kThreeRewards) {
    return Known{name, std::move(options), policy, told.first, told.second, std::move(words), reward};
  };
  const Three uneven{0, 0.5, 2};
  const std::vector<Known> table = {
      row("simpo", {{"beta", 2}, {"gamma", 1}}, {0.1267349854, 0.2811851476, 0.5920798670}, proved),
      row("cpo", {{"beta", 0.1}, {"alpha", 1}}, {0.3454553875, 0.3896069812, 0.2649376313}, proved),
      row("cpo", {{"beta", 0.1}, {"alpha", 0.1}}, {0.2261290159, 0.4300496721, 0.3438213120}, proved),
      row("exo", {{"eps", 0.1}}, {0.2061928601, 0.3612201668, 0.4325869731}, descended),
      row("exo", {{"eps", 1e-3}}, {0.0050955037, 0.0806475934, 0.9142569029}, descended),
      row("chipo", {}, {0.3341049332, 0.3789403532, 0.2869547136}, descended),
      row("hypo", {{"lambda", 0.1}}, {0.2502556620, 0.3930963759, 0.3566479622}, descended),
      row("hypo", {{"lambda", 1}}, {0.4051089241, 0.3698686936, 0.2250223823}, descended),
      row("orpo", {{"lambda", 0.1}}, {0.3393986811, 0.3883907652, 0.2722105537}, descended),
      row("orpo", {{"lambda", 1}}, {0.2567646203, 0.3816028305, 0.3616325493}, descended),
      row("ipo", {{"tau", 0.25}}, {0.2328099680, 0.3704721796, 0.3967178523}, proved),
      // the law of the winners, 2 ref p(y > ref)
      row("nca", {}, {0.3595142941, 0.3846796841, 0.2558060217}, descended),
      row("nca", {}, {0.3957140433, 0.3388670575, 0.2654188992}, descended, {}, uneven),
      row("bco", {}, {0.2221655781, 0.3574094863, 0.4204249356}, descended),
      row("bco", {}, {0.2574434361, 0.2693917447, 0.4731648192}, descended, {}, uneven),
      row("sppo", {{"eta", 2}}, {0.3652875866, 0.3698639397, 0.2648484737}, descended),
      row("sppo", {{"eta", 1}}, {0.4463102573, 0.3326324137, 0.2210573290}, descended, {}, uneven),
      row("alphapo", {{"alpha", 0}}, {0.1267349854, 0.2811851476, 0.5920798670}, descended),
      row("alphapo", {}, {0.1708416530, 0.2955959648, 0.5335623822}, descended),
      row("alphapo", {}, {0.1836564393, 0.2456941964, 0.5706493643}, descended, {}, uneven),
      row("fdpo", {}, {0.2160505367, 0.2536255739, 0.5303238893}, descended, {{"divergence", "forward-kl"}}),
      row("fdpo", {}, {0.0629335899, 0.1455198330, 0.7915465771}, descended),
      row("fdpo", {}, {0.0639227676, 0.0766146748, 0.8594625576}, descended, {}, uneven),
      row("fdpo", {}, {0.2021533464, 0.2896850939, 0.5081615597}, descended, {{"divergence", "alpha"}})};
  for (const Known& known : table) {
    const World world = three_arms(known.reward);
    const ArmResult result = fit(arm(known.algorithm, known.options, penalty("none"), known.words), world,
                                 three_arms_population(known.reward));
    EXPECT_TRUE(result.certificate.converged) << known.algorithm;
    EXPECT_EQ(result.ended, Ended::optimum) << known.algorithm;
    EXPECT_EQ(result.certificate.optimum, known.optimum) << known.algorithm;
    EXPECT_EQ(result.existence, known.existence) << known.algorithm;
    for (std::size_t y = 0; y < 3; ++y)
      EXPECT_NEAR(std::exp(result.log_policy()[y]), known.policy[y], 1e-9) << known.algorithm << y;
  }
}

// Of labels that were flipped at the rate it knows rdpo returns the optimum of the true ones, pi*: also where
// rewards are not equally spaced, which would hide mistakes.
TEST(DirectLosses, RdpoUndoesFlips) {
  for (const Three& reward : {Three{0, 1, 2}, Three{0, 0.5, 2}}) {
    const World world = three_arms(reward);
    const ArmResult result = fit(arm("rdpo", {{"eps", 0.1}}), world, three_arms_population(reward, 0.1));
    EXPECT_EQ(result.certificate.optimum, Optimum::global);
    EXPECT_EQ(result.existence, Existence::unique);
    double total = 0;
    for (std::size_t y = 0; y < 3; ++y) total += test::kThreeReference[y] * std::exp(reward[y]);
    for (std::size_t y = 0; y < 3; ++y)
      EXPECT_NEAR(std::exp(result.log_policy()[y]), test::kThreeReference[y] * std::exp(reward[y]) / total,
                  1e-11);
  }
}

// Neighbours in rewards are a margin of 1 apart, whatever the rewards: a weak penalty does not move a corner,
// and leaves the least sum of hinges. With r = (0, 1, 2) this happens to be pi*, with r = (0, .5, 2) it is
// not.
TEST(DirectLosses, SlicWantsMarginsOfOne) {
  for (const auto& [reward, least] :
       {std::pair(Three{0, 1, 2}, 0.6875493911), std::pair(Three{0, 0.5, 2}, 0.7407231344)}) {
    const World world = three_arms(reward);
    constexpr double lambda = 1e-4;
    const ArmResult result =
        fit(arm("slic", {}, penalty("reference-kl", lambda)), world, three_arms_population(reward));
    EXPECT_TRUE(result.certificate.converged);
    EXPECT_EQ(result.certificate.optimum, Optimum::global);
    const auto u = [&](std::size_t y) { return result.log_policy()[y] - world.log_reference[y]; };
    EXPECT_NEAR(u(1) - u(0), 1, 1e-8);
    EXPECT_NEAR(u(2) - u(1), 1, 1e-8);
    double divergence = 0;
    for (std::size_t y = 0; y < 3; ++y) divergence -= test::kThreeReference[y] * u(y);
    EXPECT_NEAR(result.certificate.objective - lambda * divergence, least, 1e-8);
  }
}

// Between two arms it wants 1 / beta as soon as one wins more often; where neither does, any margin up to 1
// costs the same, and the penalty chooses none.
TEST(DirectLosses, SlicForgetsTheOdds) {
  const World world = test::arms_world({0, 0}, 0.4);
  const auto ratio = [&](int wins, int losses) {
    const ArmResult result = fit(arm("slic", {}, penalty("reference-kl", 0.01)), world,
                                 test::compare_arms({{0, 1, wins}, {1, 0, losses}}));
    EXPECT_TRUE(result.certificate.converged);
    return result.log_policy()[0] - result.log_policy()[1];
  };
  for (const int wins : {6, 7, 30}) EXPECT_NEAR(ratio(wins, 5), 1 / 0.4, 1e-7) << wins;
  EXPECT_NEAR(ratio(5, 5), 0, 1e-7);
  EXPECT_THROW(validate_arm(arm("slic", {}), world), InputError);
}

// Where the penalty is as strong as the hinge the minimum is on its slope: w beta = lambda (pi - 1/2), here.
TEST(DirectLosses, SlicOnItsSlopeBalancesThePenalty) {
  const World world = test::arms_world({0, 0}, 0.4);
  const ArmResult result =
      fit(arm("slic", {}, penalty("reference-kl", 16)), world, test::compare_arms({{0, 1, 7}, {1, 0, 3}}));
  EXPECT_TRUE(result.certificate.converged);
  EXPECT_NEAR(std::exp(result.log_policy()[0]), 0.5 + 4 * 0.4 / 16, 1e-9);
}

// With a likelihood and without a reference, as in SLiC-HF: some margins stay on their corner, 1, others are
// where the two pulls balance. Minimised elsewhere by direct search.
TEST(DirectLosses, SlicTakesALikelihoodForItsReference) {
  struct Known {
    double sft;
    Three reward, policy;
  };
  for (const auto& [sft, reward, policy] : {Known{0.05, {0, 1, 2}, {0.09003057, 0.24472847, 0.66524096}},
                                            Known{0.2, {0, 1, 2}, {0.15536240, 0.42231880, 0.42231880}},
                                            Known{0.2, {0, 0.5, 2}, {0.12937597, 0.35168036, 0.51894366}},
                                            Known{0.5, {0, 0.5, 2}, {0.17185304, 0.36100196, 0.46714500}}}) {
    const ArmResult result = fit(arm("slic", {{"sft", sft}}, penalty("none"), {{"reference", "none"}}),
                                 three_arms(reward), three_arms_population(reward));
    EXPECT_EQ(result.certificate.optimum, Optimum::global);
    EXPECT_EQ(result.existence, Existence::unique);
    for (std::size_t y = 0; y < 3; ++y) EXPECT_NEAR(std::exp(result.log_policy()[y]), policy[y], 3e-8);
  }
}

// Without penalty the likelihood has to have a maximum.
TEST(DirectLosses, SlicIsHeldByItsLikelihoodWhereThatHasAMaximum) {
  const World world = test::arms_world({0, 0}, 1);
  const ArmResult always = fit(arm("slic", {{"sft", 0.5}}), world, test::compare_arms({{0, 1, 12}}));
  EXPECT_FALSE(always.certificate.converged);
  // The likelihood has its maximum at log(7 / 3), the hinges theirs on the corner, which the weak pull of the
  // other does not move.
  const ArmResult mostly =
      fit(arm("slic", {{"sft", 0.01}}), world, test::compare_arms({{0, 1, 7}, {1, 0, 3}}));
  EXPECT_NEAR(mostly.log_policy()[0] - mostly.log_policy()[1], 1, 1e-8);
  EXPECT_EQ(mostly.certificate.optimum, Optimum::global);
}

// One arm wins seven times of ten.
TEST(DirectLosses, HaveClosedFormsForTwoArms) {
  const World world = test::arms_world({0, 0}, 1);
  const PreferenceData data = test::compare_arms({{0, 1, 7}, {1, 0, 3}});
  const auto odds = [&](const std::string& algorithm, const Options& options) {
    const ArmResult result = fit(arm(algorithm, options), world, data);
    EXPECT_TRUE(result.certificate.converged) << algorithm;
    return result.log_policy()[0] - result.log_policy()[1];
  };
  const auto of_share = [](double p) { return std::log(p / (1 - p)); };
  for (const auto& [beta, gamma] : {std::pair(2.0, 1.0), std::pair(1.0, 0.5)}) {
    const double g = std::exp(gamma), p = 0.7;
    const double x =
        ((2 * p - 1) * g + std::sqrt((2 * p - 1) * (2 * p - 1) * g * g + 4 * p * (1 - p))) / (2 * (1 - p));
    EXPECT_NEAR(odds("simpo", {{"beta", beta}, {"gamma", gamma}}), std::log(x) / beta, 1e-9);
  }
  EXPECT_NEAR(odds("simpo", {{"beta", 2}, {"gamma", 1}}), 0.7154288219, 1e-9);
  EXPECT_NEAR(odds("cpo", {{"beta", 0.1}, {"alpha", 1}}), of_share(0.7176693649), 1e-9);
  EXPECT_NEAR(odds("rdpo", {{"eps", 0.1}}), of_share((0.7 - 0.1) / 0.8), 1e-9);
  for (const double eps : {0.1, 1e-3})
    EXPECT_NEAR(odds("exo", {{"eps", eps}}), 0.4 * std::log((1 - eps) / eps), 1e-9);
  EXPECT_NEAR(odds("chipo", {}), of_share(0.6051167008), 1e-9);
  EXPECT_NEAR(odds("orpo", {{"lambda", 0.1}}), of_share(0.6770660834), 1e-9);
  EXPECT_NEAR(odds("orpo", {{"lambda", 1}}), of_share(0.6260220023), 1e-9);
}

// On a tree, where completions share edges, through the logits and through the planner.
TEST(DirectLosses, HaveTheirGradients) {
  const World world = test::world({{"family", "tokens"},
                                   {"alphabet", integer(2)},
                                   {"horizon", integer(3)},
                                   {"reference", "random"},
                                   {"beta", 0.7}});
  Settings plans = model_class("planned");
  plans.set("of", std::string("dense"));
  const PreferenceData data = test::reference_pairs(world, 40);
  for (const std::string& name : losses())
    for (const Settings& policy : {model_class("tabular"), plans}) {
      const auto model = make_model(policy, world, Role::policy);
      const auto loss = loss_of(arm(name, {}), world, data);
      if (auto* of_point = dynamic_cast<PointLoss*>(loss.get())) of_point->hold(0.3);
      PolicyObjective objective(*model, world, *loss, {.kind = PenaltyKind::none});
      SCOPED_TRACE(name);
      test::expect_gradient(objective, test::normal_vector(model->parameters(), 3, 0.4), 2e-7);
    }
}

// Those of margins have second derivatives, too, by which Newton's method goes.
TEST(DirectLosses, OfMarginsHaveTheirHessians) {
  const World world = test::world({{"family", "tokens"},
                                   {"alphabet", integer(2)},
                                   {"horizon", integer(2)},
                                   {"reference", "random"},
                                   {"beta", 0.7}});
  const PreferenceData data = test::reference_pairs(world, 40);
  const auto model = make_model(model_class("tabular"), world, Role::policy);
  std::vector<std::string> of_margins;
  for (const std::string& name : losses()) {
    const auto loss = loss_of(arm(name, {}), world, data);
    auto* margins = dynamic_cast<LogRatioLoss*>(loss.get());
    if (!margins) continue;
    of_margins.push_back(name);
    TabularPolicies objective(world, *model->every_action(), *margins, {.kind = PenaltyKind::none});
    SCOPED_TRACE(name);
    test::expect_hessian(objective, test::normal_vector(model->parameters(), 5, 0.4), 1e-6);
  }
  EXPECT_THAT(of_margins, testing::UnorderedElementsAre("ipo", "simpo", "rdpo", "exo"));
}

TEST(DirectLosses, ACourseLeadsToTheExactFit) {
  const World world = three_arms();
  for (const std::string& name : losses()) {
    ArmSpec spec = arm(name, {}, penalty("reference-kl", 20));
    const PreferenceData data = test::reference_pairs(world, 50);
    const ArmResult exact = fit(spec, world, data);
    EXPECT_TRUE(exact.certificate.converged) << name;
    spec.course = test::settings({{"kind", "gradient"}, {"rate", 0.4}, {"steps", integer(20000)}});
    const ArmResult walked = fit(spec, world, data);
    EXPECT_EQ(walked.ended, Ended::optimum) << name;
    for (std::size_t y = 0; y < 3; ++y)
      EXPECT_NEAR(walked.log_policy()[y], exact.log_policy()[y], 1e-8) << name;
  }
}

// A row whose loser wins a share below eps has a count below zero.
TEST(DirectLosses, RdpoSaysWhereItHasNoMinimum) {
  const World world = test::arms_world({0, 0}, 1);
  const auto of = [&](int wins, int losses, const Settings& with = penalty("none")) {
    return fit(arm("rdpo", {{"eps", 0.1}}, with), world, test::compare_arms({{0, 1, wins}, {1, 0, losses}}));
  };
  EXPECT_EQ(of(17, 3).existence, Existence::unique);
  EXPECT_EQ(of(17, 3).certificate.optimum, Optimum::global);
  const ArmResult exactly = of(18, 2);  // a count of zero: falls for ever, but not without bound
  EXPECT_EQ(exactly.existence, Existence::not_attained);
  EXPECT_EQ(exactly.ended, Ended::not_attained);
  EXPECT_FALSE(exactly.certificate.converged);
  const ArmResult below = of(19, 1);
  EXPECT_EQ(below.ended, Ended::unbounded);
  EXPECT_FALSE(below.certificate.converged);
  EXPECT_LE(below.certificate.iterations, 100);  // and says so soon
  // The loser's count is 1 - 18 / 8, and KL(ref || pi) rises by 1/2 of a unit of the margin: linear both.
  EXPECT_EQ(of(19, 1, penalty("reference-kl", 2.4)).ended, Ended::unbounded);
  const ArmResult held = of(19, 1, penalty("reference-kl", 2.6));
  EXPECT_EQ(held.ended, Ended::optimum);
  EXPECT_EQ(held.certificate.optimum, Optimum::global);
}

// On a tree the fall is found by descent, and under a penalty of 4 with 60 pairs, as two completions of three
// tokens mostly meet once.
TEST(DirectLosses, RdpoFallsForEverOnTrees) {
  const World world = test::world({{"family", "tokens"}, {"horizon", integer(3)}, {"prompts", integer(2)}});
  const PreferenceData data = test::reference_pairs(world, 60);
  Settings plans = model_class("planned");
  plans.set("of", std::string("dense"));
  for (const Settings& policy : {model_class("tabular"), plans}) {
    const ArmResult result = fit(policy_arm("rdpo", policy, penalty("reference-kl", 4)), world, data);
    EXPECT_EQ(result.ended, Ended::unbounded);
    EXPECT_FALSE(result.certificate.converged);
    EXPECT_LE(result.certificate.iterations, 100);
    EXPECT_EQ(fit(policy_arm("rdpo", policy, penalty("reference-kl", 400)), world, data).ended,
              Ended::optimum);
  }
}

// The first arm beats the second 20 times of 20, which alone is unbounded; through the third both are tied.
TEST(DirectLosses, RdpoIsHeldByOtherComparisons) {
  const PreferenceData data =
      test::compare_arms({{0, 1, 20}, {0, 2, 10}, {2, 0, 10}, {1, 2, 10}, {2, 1, 10}});
  const ArmResult result = fit(arm("rdpo", {{"eps", 0.1}}), three_arms(), data);
  EXPECT_EQ(result.existence, Existence::no_exact_test);
  EXPECT_EQ(result.certificate.optimum, Optimum::stationary);
  EXPECT_EQ(result.ended, Ended::optimum);
}

// An arm that is never chosen, and pairs that one arm wins: no estimate, and none is claimed.
TEST(DirectLosses, ClaimNoEstimateWhereThereIsNone) {
  const World world = test::arms_world({0, 0}, 0.5);
  const PreferenceData always = test::compare_arms({{0, 1, 12}});
  for (const std::string& name : losses()) {
    if (name == "exo" || name == "ipo" || name == "sppo") continue;  // want a margin
    const ArmResult result = fit(arm(name, {}), world, always);
    if (name == "chipo") {  // nothing pulls beyond its clip: one of many
      EXPECT_EQ(result.certificate.optimum, Optimum::not_unique);
      continue;
    }
    EXPECT_FALSE(result.certificate.converged) << name;
    const bool proved = name == "simpo" || name == "cpo" || name == "kto" || name == "apo";
    const Ended expected = name == "rdpo" ? Ended::unbounded : proved ? Ended::not_attained : Ended::failed;
    EXPECT_EQ(result.ended, expected) << name;
    const ArmResult held = fit(arm(name, {}, penalty("reference-kl", 12)), world, always);
    EXPECT_EQ(held.ended, Ended::optimum) << name;
  }
  const ArmResult wanted = fit(arm("exo", {{"eps", 0.1}}), world, always);
  EXPECT_TRUE(wanted.certificate.converged);
  EXPECT_NEAR((wanted.log_policy()[0] - wanted.log_policy()[1]) * 0.5, std::log(9), 1e-8);
}

// The third arm is in no pair: one of many minima, unless the least divergent is singled out.
TEST(DirectLosses, SayWhereTheDataAreSilent) {
  const World world = three_arms();
  const PreferenceData data = test::compare_arms({{0, 1, 3}, {1, 0, 2}});
  for (const char* name : {"simpo", "rdpo"}) {
    const ArmResult result = fit(arm(name, {}), world, data);
    EXPECT_EQ(result.existence, Existence::flat) << name;
    EXPECT_NEAR(std::exp(result.log_policy()[2]), test::kThreeReference[2], 1e-9) << name;
  }
  for (const char* name : {"exo", "chipo"})
    EXPECT_EQ(fit(arm(name, {}), world, data).certificate.optimum, Optimum::not_unique) << name;
  EXPECT_EQ(fit(arm("cpo", {}), world, data).existence, Existence::not_attained);
  EXPECT_FALSE(fit(arm("orpo", {}), world, data).certificate.converged);
}

TEST(DirectLosses, RefuseWhatNobodyTests) {
  const World world = test::world({{"family", "tokens"}, {"horizon", integer(2)}, {"reference", "random"}});
  Settings plans = model_class("planned");
  plans.set("of", std::string("dense"));
  for (const std::string& name : losses()) {
    if (name == "ipo") continue;  // is always attained where that can be told
    const std::set<std::string> of_choices = {"cpo", "orpo", "nca", "bco", "sppo"};
    const bool choices = of_choices.contains(name);
    ArmSpec spec = policy_arm(name, choices ? plans : model_class("degree", 1), penalty("none"));
    try {
      validate_arm(spec, world);
      ADD_FAILURE() << name << " was accepted";
    } catch (const InputError& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr("nobody tests whether '" + name + "' without penalty"));
      EXPECT_THAT(error.what(), testing::HasSubstr("valid: a penalty, such as reference-kl"));
    }
    spec.penalty = penalty("reference-kl", 1);
    EXPECT_NO_THROW(validate_arm(spec, world)) << name;
    spec.penalty = penalty("none");
    spec.course = test::settings({{"kind", "gradient"}, {"steps", integer(3)}});
    EXPECT_NO_THROW(validate_arm(spec, world)) << name;
  }
}

// Pairs held out are scored by the algorithm's own loss.
TEST(DirectLosses, ScoreHeldOutPairsByThemselves) {
  const World world = three_arms();
  const ArmSpec spec = arm("cpo", {{"beta", 0.4}, {"alpha", 0.3}}, penalty("reference-kl", 1));
  const PreferenceData data = test::reference_pairs(world, 30), other = test::reference_pairs(world, 9, 1);
  const ArmResult result = fit(spec, world, data);
  double expected = 0;
  for (std::size_t i = 0; i < other.size(); ++i) {
    const double win = result.log_policy()[static_cast<std::size_t>(other.chosen[i])];
    const double lose = result.log_policy()[static_cast<std::size_t>(other.rejected[i])];
    expected += std::log1p(std::exp(0.4 * (lose - win))) - 0.3 * win;
  }
  EXPECT_NEAR(algorithms().at("cpo").extra.held_out_loss(spec, world, result, other), expected, 1e-12);
}

}  // namespace
}  // namespace twostage
