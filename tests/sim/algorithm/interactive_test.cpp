// Rounds without a reward (spin, iterative-dpo, xpo): closed forms and numbers from elsewhere, what is said
// where a round has no minimum, what they use up, and that what they draw depends on its address alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <map>

#include "sim/algorithm/interactive/annotated_pairs.hpp"
#include "sim/algorithm/interactive/optimism_limit.hpp"
#include "sim/algorithm/interactive/pair_rounds.hpp"
#include "sim/algorithm/interactive/spin_pairs.hpp"
#include "sim/algorithm/learner.hpp"
#include "sim/basis/feature_basis.hpp"
#include "sim/loss/policy_objective.hpp"
#include "sim/plan/divergence.hpp"
#include "sim/plan/sweeps.hpp"
#include "tests/support/arms.hpp"
#include "tests/support/gradients.hpp"
#include "tests/support/hand_made.hpp"
#include "tests/support/three_arms.hpp"
#include "tests/support/two_tokens.hpp"

namespace twostage {
namespace {

using test::completions;
using test::integer;
using test::model_class;
using test::penalty;
using test::population;
using test::sum_along;
using test::three_arms;
using test::three_arms_population;
using test::two_tokens;
using testing::HasSubstr;
using Values = std::vector<double>;
using Options = std::initializer_list<std::pair<std::string, Value>>;

const Values kOptimum = {0.1895660357, 0.3435292735, 0.4669046908};  // ref exp(r), normalised
const std::vector<std::string> kSamplers = {"on-policy",      "policy-guided",  "reward-guided",
                                            "policy-mixture", "reward-mixture", "reference",
                                            "uniform"};

ArmSpec arm(const std::string& algorithm, std::int64_t rounds, Options options = {},
            const Settings& with = penalty("none"), const Settings& policy = model_class("tabular")) {
  ArmSpec out = test::policy_arm(algorithm, policy, with);
  out.options = test::settings(options);
  out.course = test::settings({{"kind", "rounds"}, {"steps", rounds}});
  return out;
}

const RandomSource& source() {
  static const RandomSource the_source(11, "tests");
  return the_source;
}

ArmResult fit(const ArmSpec& spec, const World& world, const PreferenceData& data,
              std::unique_ptr<Learner>* kept = nullptr, std::uint64_t replicate = 0) {
  validate_arm(spec, world);
  return run_arm(spec, {world, data, source(), replicate, true}, kept);
}

PreferenceData nothing(const World& world) {
  return {.horizon = static_cast<std::size_t>(world.graph.horizon()), .chosen = {}, .rejected = {}};
}

Values probabilities(const ArmResult& result) {
  Values out;
  for (const double log_p : result.log_policy()) out.push_back(std::exp(log_p));
  return out;
}

void expect_probabilities(const ArmResult& result, const Values& known, double accuracy,
                          const std::string& what) {
  EXPECT_TRUE(result.certificate.converged) << what;
  EXPECT_EQ(result.ended, Ended::budget) << what;
  for (std::size_t k = 0; k < known.size(); ++k)
    EXPECT_NEAR(probabilities(result)[k], known[k], accuracy) << what << ", " << k;
}

void expect_nothing_claimed(const ArmResult& result, Ended ended, const std::string& what) {
  EXPECT_FALSE(result.certificate.converged) << what;
  EXPECT_EQ(result.certificate.optimum, Optimum::none) << what;
  EXPECT_EQ(result.ended, ended) << what;
}

std::string refusal(const ArmSpec& spec, const World& world) {
  try {
    validate_arm(spec, world);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

// Arms chosen so often, of what the losers are nothing depends.
PreferenceData winners(const Values& often) {
  PreferenceData data;
  data.horizon = 1;
  for (std::size_t k = 0; k < often.size(); ++k) {
    if (often[k] == 0) continue;
    data.chosen.push_back(static_cast<EdgeId>(k));
    data.rejected.push_back(0);
    data.weight.push_back(often[k]);
  }
  return data;
}

// ---- spin

// pi_{t+1} ∝ pi_t (q / pi_t)^(1 / lambda): of an unordered pair y is the winner with odds q(y) pi_t(z) /
// (q(z) pi_t(y)), which lambda times the difference of the log-ratios to pi_t has to be the logarithm of.
Values spun(Values pi, const Values& q, double lambda) {
  double total = 0;
  for (std::size_t k = 0; k < pi.size(); ++k) total += pi[k] *= std::pow(q[k] / pi[k], 1 / lambda);
  for (double& p : pi) p /= total;
  return pi;
}

TEST(Spin, GoesPartOfTheWayToTheWinnersInEachRound) {
  const World world = three_arms();
  const Values q = {.2, .3, .5};
  const PreferenceData data = winners(q);
  // Computed elsewhere.
  expect_probabilities(fit(arm("spin", 1, {{"lambda", 2.0}}), world, data),
                       {0.3433039171, 0.3433039171, 0.3133921658}, 1e-9, "one");
  expect_probabilities(fit(arm("spin", 2, {{"lambda", 2.0}}), world, data),
                       {0.2677066126, 0.3278723008, 0.4044210865}, 1e-9, "two");
  expect_probabilities(fit(arm("spin", 1), world, data), q, 1e-9, "lambda 1");
  expect_probabilities(fit(arm("spin", 3), world, data), q, 1e-9, "and stays");
}

TEST(Spin, OfThePopulationComesToTheLawOfItsWinners) {
  expect_probabilities(fit(arm("spin", 1), three_arms(), three_arms_population()),
                       {0.3595142941, 0.3846796841, 0.2558060217}, 1e-9, "where sft aims");
  const World world = two_tokens();
  const PreferenceData data = population(world);
  const ArmResult spin = fit(arm("spin", 1), world, data);
  const ArmResult sft = run_arm(test::policy_arm("sft", model_class("tabular"), penalty("none")),
                                {world, data, source(), 0, true});
  EXPECT_LT(kl_divergence(world.graph, world.rho, spin.log_policy(), sft.log_policy()), 1e-12);
  EXPECT_EQ(spin.certificate.optimum, Optimum::global);
  EXPECT_EQ(spin.existence, Existence::unique);
}

// In every class the gradient at pi = pi_t is lambda / 2 times that of sft, since sigmoid(0) = 1/2 and the
// policy's own completions have a mean grad log pi of 0.
TEST(Spin, BeginsAlongTheGradientOfSft) {
  const World world = two_tokens();
  PreferenceData data = nothing(world);  // winners like pi*
  SoftPlan optimum;
  soft_plan(world.graph, world.log_reference, world.reward, world.beta, optimum);
  for (const auto& y : completions(world.graph)) {
    data.chosen.insert(data.chosen.end(), y.begin(), y.end());
    data.rejected.insert(data.rejected.end(), y.begin(), y.end());
    data.weight.push_back(std::exp(sum_along(optimum.log_policy, y)));
  }
  const ArmInput input{world, data, source(), 0, true};
  const ArmSpec spec = arm("spin", 1, {{"lambda", 0.5}}, penalty("none"), model_class("degree", 1));
  const auto model = make_model(spec.policy, world, Role::policy);
  const Values theta = {.3, -.7};
  World from = world;
  from.log_reference = policy_at(*model, world, theta);
  SpinPairs pairs(spec, input);
  DpoLoss loss(from, pairs.of_round(from.log_reference, 0), 0.5);
  PolicyObjective spin(*model, world, loss, {.kind = PenaltyKind::none});
  Values gradient(2), of_sft(2);
  spin.evaluate(theta, gradient);
  EXPECT_NEAR(gradient[0], -0.0456664454, 1e-10);  // computed elsewhere
  EXPECT_NEAR(gradient[1], -0.0067661541, 1e-10);
  SftLoss likelihood(world, data);
  PolicyObjective(*model, world, likelihood, {.kind = PenaltyKind::none}).evaluate(theta, of_sft);
  for (std::size_t k = 0; k < 2; ++k) EXPECT_NEAR(gradient[k], 0.25 * of_sft[k], 1e-14);
  test::expect_gradient(spin, {-.2, .6}, 1e-9);
}

// So where it stays, in a class that cannot have the law of the winners, is where sft is.
TEST(Spin, RestsWhereSftDoes) {
  const World world = two_tokens();
  const PreferenceData data = population(world);
  const ArmResult spin =
      fit(arm("spin", 80, {{"lambda", 1.5}}, penalty("none"), model_class("degree", 1)), world, data);
  const ArmResult sft = run_arm(test::policy_arm("sft", model_class("degree", 1), penalty("none")),
                                {world, data, source(), 0, true});
  EXPECT_LT(kl_divergence(world.graph, world.rho, spin.log_policy(), sft.log_policy()), 1e-12);
}

// A completion that never won loses its mass, at every lambda, and no minimum is claimed; a penalty makes
// one.
TEST(Spin, HasNoMinimumWhereACompletionNeverWon) {
  const World world = three_arms();
  const PreferenceData data = winners({0, 3, 5});
  for (const double lambda : {0.01, 1.0, 100.0}) {
    const ArmResult alone = fit(arm("spin", 5, {{"lambda", lambda}}), world, data);
    expect_nothing_claimed(alone, Ended::not_attained, std::to_string(lambda));
    EXPECT_EQ(alone.existence, Existence::not_attained);
    EXPECT_EQ(alone.certificate.iterations, 1) << "the course ends there";
    const ArmResult held = fit(arm("spin", 1, {{"lambda", lambda}}, penalty("reference-kl", 1)), world, data);
    EXPECT_TRUE(held.certificate.converged) << lambda;
    EXPECT_GT(probabilities(held)[0], 1e-6) << lambda;
  }
  EXPECT_LT(probabilities(fit(arm("spin", 1), world, data))[0], 1e-4);
}

TEST(Spin, HoldsAtExtremeScales) {
  const World world = three_arms();
  const Values q = {.2, .3, .5};
  const PreferenceData data = winners(q);
  const Values reference(test::kThreeReference.begin(), test::kThreeReference.end());
  expect_probabilities(fit(arm("spin", 1, {{"lambda", 0.01}}), world, data), spun(reference, q, 0.01), 1e-7,
                       "far beyond the winners");
  Values slowly = reference;
  for (int t = 0; t < 4; ++t) slowly = spun(slowly, q, 100);
  expect_probabilities(fit(arm("spin", 4, {{"lambda", 100.0}}), world, data), slowly, 1e-9, "slowly");
  // log pi/q grows by 1 - 1/lambda = -99 in each round: sooner or later the numbers cannot hold it, and then
  // nothing is claimed.
  const ArmResult beyond = fit(arm("spin", 6, {{"lambda", 0.01}}), world, data);
  expect_nothing_claimed(beyond, beyond.ended, "beyond");
  EXPECT_NE(beyond.ended, Ended::budget);
}

// Each winner meets one completion of the policy: of 65536 pairs, 9 counts lie within 5.5 of their standard
// deviations, which by chance fails once in 10^6 times.
TEST(Spin, DrawsWhatItExpects) {
  const World world = three_arms();
  PreferenceData data;
  data.horizon = 1;
  for (std::size_t i = 0; i < 65536; ++i) {
    data.chosen.push_back(static_cast<EdgeId>(i % 4 == 0 ? 0 : 2));
    data.rejected.push_back(1);
  }
  const ArmInput input{world, data, source(), 0, true};
  SpinPairs exact(arm("spin", 1), input), sampled(arm("spin", 1, {{"expectation", "sampled"}}), input);
  const Values log_policy = {std::log(.2), std::log(.7), std::log(.1)};
  const auto counts = [](const PairTable& table) {
    std::map<std::pair<EdgeId, EdgeId>, double> out;
    for (std::size_t k = 0; k < table.rows(); ++k) {
      out[{table.first_path(k)[0], table.second_path(k)[0]}] += table.wins[k];
      out[{table.second_path(k)[0], table.first_path(k)[0]}] += table.losses[k];
    }
    return out;
  };
  auto expected = counts(exact.of_round(log_policy, 3)), drawn = counts(sampled.of_round(log_policy, 3));
  for (const auto& [pair, mean] : expected)
    EXPECT_NEAR(drawn[pair], mean, 5.5 * std::sqrt(mean)) << pair.first << " " << pair.second;
  EXPECT_EQ(sampled.rollouts(), 65536u);
  EXPECT_EQ(exact.rollouts(), 0u);
  data.chosen.push_back(0);
  data.rejected.push_back(1);
  EXPECT_THROW(SpinPairs(arm("spin", 1, {{"expectation", "sampled"}}), {world, data, source(), 0, true}),
               InputError);
}

TEST(Spin, CountsItsRolloutsAndTheLabelsOfItsData) {
  const World world = two_tokens();
  const PreferenceData data = test::reference_pairs(world, 40);
  const Settings held = penalty("reference-kl", 2);
  const ArmResult exact = fit(arm("spin", 3, {}, held), world, data);
  EXPECT_EQ(exact.cost.labels, 40u);
  EXPECT_EQ(exact.cost.rollouts, 0u);
  const ArmResult sampled = fit(arm("spin", 3, {{"expectation", "sampled"}}, held), world, data);
  EXPECT_EQ(sampled.cost.labels, 40u);
  EXPECT_EQ(sampled.cost.rollouts, 120u);
  EXPECT_EQ(sampled.cost.reward_calls, 0u);
  EXPECT_TRUE(sampled.certificate.converged);
}

// ---- iterative-dpo

// In expectation and over all policies pi* is the one minimum of every sampler that reaches all completions.
TEST(IterativeDpo, ComesToTheOptimumInOneRoundWhateverTheSampler) {
  const World world = three_arms();
  const PreferenceData data = test::reference_pairs(world, 20);  // not used
  for (const std::string& sampler : kSamplers)
    for (const std::string keep : {"fresh", "round"})
      for (const int rounds : {1, 3}) {
        const ArmResult result =
            fit(arm("iterative-dpo", rounds, {{"sampler", sampler}, {"keep", keep}}), world, data);
        expect_probabilities(result, kOptimum, 1e-8, sampler + ", " + keep);
        EXPECT_EQ(result.certificate.optimum, Optimum::global);
        EXPECT_EQ(result.existence, Existence::unique);
        EXPECT_EQ(result.cost.labels, 0u);
        EXPECT_EQ(result.cost.rollouts, 0u);
      }
}

TEST(IterativeDpo, HoldsAtExtremeTemperaturesAndInWorldsOfOneCompletion) {
  for (const double beta : {50.0, 1.0, 0.02})
    for (const std::string& sampler : kSamplers) {
      const World world = test::arms_world({0, .3, 1}, beta);
      const ArmResult result =
          fit(arm("iterative-dpo", 2, {{"sampler", sampler}, {"keep", "round"}}), world, nothing(world));
      SoftPlan plan;
      soft_plan(world.graph, world.log_reference, world.reward, beta, plan);
      if (result.ended == Ended::budget)
        EXPECT_NEAR(kl_divergence(world.graph, world.rho, result.log_policy(), plan.log_policy), 0, 1e-9)
            << beta << ", " << sampler;
      else
        EXPECT_EQ(beta, 0.02) << sampler;  // pi* says the worst arm once in e^50 times
    }
  const World one = test::arms_world({1}, 1);
  for (const std::string algorithm : {"spin", "iterative-dpo", "xpo"})
    for (const std::string expectation : {"exact", "sampled"}) {
      const ArmResult result = fit(arm(algorithm, 2, {{"expectation", expectation}}), one, winners({4}));
      EXPECT_TRUE(result.certificate.converged) << algorithm << ", " << expectation;
      EXPECT_NEAR(result.log_policy()[0], 0, 1e-15);
    }
}

// A class that cannot have the reward is moved by what its own pairs show: where offline pairs leave it dpo's
// policy, on-policy ones bring it to where online dpo comes to rest on the labels of the true reward.
TEST(IterativeDpo, InASmallClassDependsOnItsSampler) {
  const World world = two_tokens();
  const auto theta = [&](const ArmResult& result) {
    const auto log_odds = [&](std::size_t zero) {
      return result.log_policy()[zero + 1] - result.log_policy()[zero] - std::log(.4 / .6);
    };
    return Values{log_odds(0), log_odds(2)};
  };
  const auto run = [&](const std::string& sampler, int rounds) {
    return fit(arm("iterative-dpo", rounds, {{"sampler", sampler}, {"keep", "round"}}, penalty("none"),
                   model_class("degree", 1)),
               world, nothing(world));
  };
  const ArmResult offline = run("reference", 2), online = run("on-policy", 60);
  EXPECT_NEAR(theta(offline)[0], 0.6450733055, 1e-8);  // all computed elsewhere
  EXPECT_NEAR(theta(offline)[1], -0.1394984671, 1e-8);
  EXPECT_NEAR(soft_return(world, offline.log_policy()), 0.8160770024, 1e-8);
  EXPECT_NEAR(theta(online)[0], 1.4177175805, 1e-7);
  EXPECT_NEAR(theta(online)[1], -1.1777507136, 1e-7);
  EXPECT_NEAR(soft_return(world, online.log_policy()), 0.9105486099, 1e-9);
}

// The loss of a round is that of dpo on the data and the fresh pairs together.
TEST(IterativeDpo, OfAllItsPairsIsDpoOnThem) {
  const World world = two_tokens();
  const Settings held = penalty("reference-kl", 3);
  PreferenceData data = test::reference_pairs(world, 60);
  const ArmResult online =
      fit(arm("iterative-dpo", 2, {{"sampler", "reference"}, {"pairs_per_round", integer(25)}}, held), world,
          data);
  data.weight.assign(data.size(), 1.0);
  const PreferenceData law = population(world);
  data.chosen.insert(data.chosen.end(), law.chosen.begin(), law.chosen.end());
  data.rejected.insert(data.rejected.end(), law.rejected.begin(), law.rejected.end());
  for (const double w : law.weight) data.weight.push_back(2 * 25 * w);
  const ArmResult together =
      run_arm(test::policy_arm("dpo", model_class("tabular"), held), {world, data, source(), 0, true});
  EXPECT_LT(kl_divergence(world.graph, world.rho, online.log_policy(), together.log_policy()), 1e-16);
  EXPECT_NEAR(online.certificate.objective, together.certificate.objective, 1e-9);
  EXPECT_EQ(online.cost.labels, 60u) << "of the data: expectations ask nobody";
}

// Deterministic labels: no minimum but for a penalty, of kappa for each pair. Policies computed elsewhere.
TEST(IterativeDpo, OfTheBetterAlwaysIsHeldByItsPenaltyAlone) {
  const World world = three_arms();
  const PreferenceData data = nothing(world);
  const ArmResult alone = fit(arm("iterative-dpo", 3, {{"labels", "best"}}), world, data);
  expect_nothing_claimed(alone, Ended::not_attained, "alone");
  const std::map<double, Values> known = {{.1, {.0710631080, .3933027081, .5356341839}},
                                          {.01, {.0025856056, .1177061092, .8797082852}},
                                          {.001, {.0000327657, .0145956518, .9853715825}}};
  for (const auto& [kappa, policy] : known)
    expect_probabilities(fit(arm("iterative-dpo", 1, {{"labels", "best"}, {"pairs_per_round", integer(200)}},
                                 penalty("reference-kl", 200 * kappa)),
                             world, data),
                         policy, 1e-7, std::to_string(kappa));
  // Over all policies that is known before there are data, unless those have labels of their own.
  const auto fresh = [](const std::string& keep) {
    return arm("iterative-dpo", 3, {{"labels", "best"}, {"keep", keep}});
  };
  for (const std::string keep : {"fresh", "round"})
    EXPECT_THAT(refusal(fresh(keep), world),
                testing::AllOf(HasSubstr("no round has a minimum"), HasSubstr("\"bt\"")));
  EXPECT_EQ(refusal(fresh("all"), world), "");
  EXPECT_EQ(refusal(fresh("fresh"), three_arms({1, 1, 1})), "") << "no completion is better";
  // Where prompts share parameters what is better after one may be worse after another.
  const auto prompts = [](bool shared_classes, std::int64_t count) {
    return test::world({{"family", "bandit"},
                        {"prompts", count},
                        {"shared_truth", false},
                        {"shared_classes", shared_classes}});
  };
  EXPECT_EQ(refusal(fresh("fresh"), prompts(true, 2)), "");
  EXPECT_NE(refusal(fresh("fresh"), prompts(false, 2)), "");
  EXPECT_NE(refusal(fresh("fresh"), prompts(true, 1)), "");
  EXPECT_EQ(refusal(arm("iterative-dpo", 0, {{"labels", "best"}, {"keep", "fresh"}}), world), "")
      << "no round is fitted";
  ArmSpec stepping = fresh("fresh");
  stepping.course = test::settings({{"kind", "gradient"}, {"steps", integer(3)}});
  EXPECT_EQ(refusal(stepping, world), "");
  EXPECT_EQ(refusal(arm("iterative-ipo", 3, {{"labels", "best"}, {"keep", "fresh"}}), world), "")
      << "squares have a minimum";
  EXPECT_EQ(refusal(fresh("fresh"), test::world({{"family", "bandit"}, {"intransitivity", 1.0}})), "")
      << "preferences may go in a circle";
  ArmSpec held = fresh("fresh");
  held.penalty = penalty("reference-kl");
  EXPECT_EQ(refusal(held, world), "");
  // Of equals either one: no label tells arms apart that are equally good.
  expect_probabilities(fit(arm("iterative-dpo", 1, {{"labels", "best"}}), three_arms({1, 1, 1}), data),
                       {1.0 / 2, 1.0 / 3, 1.0 / 6}, 1e-9, "equals");
}

ArmSpec sampling(const std::string& algorithm, std::int64_t rounds, std::int64_t pairs,
                 const std::string& keep = "all", const std::string& labels = "bt") {
  return arm(algorithm, rounds,
             {{"expectation", "sampled"}, {"pairs_per_round", pairs}, {"keep", keep}, {"labels", labels}},
             penalty("reference-kl", 2));
}

TEST(AnnotatedPairs, CostLabelsAndRolloutsExactly) {
  const World world = two_tokens();
  const PreferenceData data = test::reference_pairs(world, 30);
  for (const std::string algorithm : {"iterative-dpo", "xpo"}) {
    const ArmResult all = fit(sampling(algorithm, 4, 25), world, data);
    EXPECT_EQ(all.cost.labels, 30u + 4 * 25) << algorithm;
    EXPECT_EQ(all.cost.rollouts, 2u * 4 * 25) << algorithm;
    EXPECT_EQ(all.cost.reward_calls, 0u);
    for (const std::string keep : {"fresh", "round"})
      EXPECT_EQ(fit(sampling(algorithm, 4, 25, keep), world, data).cost.labels, 100u) << algorithm;
    EXPECT_TRUE(all.certificate.converged) << algorithm;
    EXPECT_EQ(fit(sampling(algorithm, 0, 25), world, data).cost.labels, 30u) << algorithm;
  }
}

// Draws have addresses: a course of R rounds is the beginning of one of 2R, whoever ran before, and other
// replicates and sources draw others.
TEST(AnnotatedPairs, OfFewerRoundsAreTheBeginningOfMore) {
  const World world = two_tokens();
  const PreferenceData data = test::reference_pairs(world, 30);
  for (const std::string algorithm : {"iterative-dpo", "xpo", "spin"}) {
    const auto spec = [&](std::int64_t rounds) {
      return algorithm == "spin"
                 ? arm("spin", rounds, {{"expectation", "sampled"}}, penalty("reference-kl", 2))
                 : sampling(algorithm, rounds, 25);
    };
    std::unique_ptr<Learner> kept;
    PreferenceData outlived = data;  // a course goes on without the data that it began with
    const ArmResult three = fit(spec(3), world, outlived, &kept);
    std::ranges::fill(outlived.chosen, 0);
    std::ranges::fill(outlived.rejected, 0);
    const ArmResult gone_on = fit(spec(6), world, data, &kept);
    const ArmResult six = fit(spec(6), world, data);
    EXPECT_EQ(gone_on.log_policy(), six.log_policy()) << algorithm;
    EXPECT_EQ(gone_on.cost.rollouts, six.cost.rollouts) << algorithm;
    EXPECT_EQ(fit(spec(3), world, data).log_policy(), three.log_policy()) << algorithm;
    EXPECT_NE(three.log_policy(), six.log_policy()) << algorithm;
    EXPECT_NE(fit(spec(3), world, data, nullptr, 1).log_policy(), three.log_policy()) << algorithm;
  }
}

PairTable asked(const ArmSpec& spec, const World& world, const PairPolicies& policies, std::uint64_t round) {
  const PreferenceData data = nothing(world);
  const ArmInput input{world, data, source(), 0, true};
  AnnotatedPairs pairs(spec, input);
  pairs.ask(policies, round);
  return pairs.table();
}

TEST(AnnotatedPairs, OfFewerPairsAreTheBeginningOfMore) {
  const World world = test::world({{"family", "tokens"}, {"horizon", integer(9)}});  // hardly any twice
  const PairPolicies policies{world.log_reference, uniform_policy(world.graph)};
  const PairTable few = asked(sampling("xpo", 1, 20), world, policies, 2),
                  many = asked(sampling("xpo", 1, 40), world, policies, 2);
  ASSERT_EQ(few.rows(), 20u);
  for (std::size_t k = 0; k < few.rows(); ++k) {
    EXPECT_TRUE(std::ranges::equal(few.first_path(k), many.first_path(k))) << k;
    EXPECT_TRUE(std::ranges::equal(few.second_path(k), many.second_path(k))) << k;
  }
}

// Of 32768 pairs, at most 9 counts of winner and loser lie within 5.5 of their standard deviations of what is
// expected, which by chance fails once in 10^6 times. The second completions, too.
TEST(AnnotatedPairs, DrawnAreThoseExpected) {
  const World world = three_arms();
  const PairPolicies policies{{std::log(.2), std::log(.7), std::log(.1)}, world.log_reference};
  const PreferenceData data = nothing(world);
  const ArmInput input{world, data, source(), 0, true};
  for (const std::string labels : {"bt", "best"}) {
    ArmSpec exact = sampling("xpo", 1, 32768, "fresh", labels);
    exact.options.set("expectation", std::string("exact"));
    AnnotatedPairs drawn(sampling("xpo", 1, 32768, "fresh", labels), input), expected(exact, input);
    drawn.ask(policies, 7);
    expected.ask(policies, 7);
    const auto counts = [](const PairTable& table) {
      Values out(9, 0.0);
      for (std::size_t k = 0; k < table.rows(); ++k) {
        out[static_cast<std::size_t>(3 * table.first_path(k)[0] + table.second_path(k)[0])] += table.wins[k];
        out[static_cast<std::size_t>(3 * table.second_path(k)[0] + table.first_path(k)[0])] +=
            table.losses[k];
      }
      return out;
    };
    const Values mean = counts(expected.table()), seen = counts(drawn.table());
    double all = 0;
    for (std::size_t k = 0; k < 9; ++k) {
      EXPECT_NEAR(seen[k], mean[k], 5.5 * std::sqrt(mean[k])) << labels << ", " << k;
      all += mean[k];
    }
    EXPECT_NEAR(all, 32768, 1e-8);
    // By hand: arm 2 of the policy against arm 0 of the reference, or the other way round.
    const double wins = labels == "bt" ? 1 / (1 + std::exp(-2.0)) : 1;
    EXPECT_NEAR(mean[6], 32768 * (.1 / 2 + .2 / 6) * wins, 1e-8);
    for (std::size_t e = 0; e < 3; ++e)
      EXPECT_NEAR(drawn.second()[e], expected.second()[e], 5.5 * std::sqrt(expected.second()[e]));
  }
}

// Of a mixture as well, in two prompts: pairs counted by weight, so that a count's variance is at most the
// largest weight times its mean.
TEST(AnnotatedPairs, DrawnFromAMixtureAreThoseExpected) {
  const World world = test::world(
      {{"family", "bandit"}, {"arms", integer(3)}, {"prompts", integer(2)}, {"reference", "random"}});
  const PairMixture mixture = guided_mixture(world, world.reward);
  const PreferenceData data = nothing(world);
  const ArmInput input{world, data, source(), 0, true};
  constexpr int pairs = 32768;
  ArmSpec exact = sampling("iterative-dpo", 1, pairs, "fresh");
  exact.options.set("expectation", std::string("exact"));
  AnnotatedPairs drawn(sampling("iterative-dpo", 1, pairs, "fresh"), input), expected(exact, input);
  drawn.ask(mixture, 3);
  expected.ask(mixture, 3);
  EXPECT_EQ(drawn.asked(), pairs);
  EXPECT_EQ(expected.asked(), pairs);
  const auto counts = [](const PairTable& table) {
    Values out(36, 0.0);
    for (std::size_t k = 0; k < table.rows(); ++k) {
      out[static_cast<std::size_t>(6 * table.first_path(k)[0] + table.second_path(k)[0])] += table.wins[k];
      out[static_cast<std::size_t>(6 * table.second_path(k)[0] + table.first_path(k)[0])] += table.losses[k];
    }
    return out;
  };
  const Values mean = counts(expected.table()), seen = counts(drawn.table());
  const double largest = std::max(mixture.weight_of(0), mixture.weight_of(1));
  double all = 0;
  for (std::size_t k = 0; k < 36; ++k) {
    EXPECT_NEAR(seen[k], mean[k], 5.5 * std::sqrt(largest * mean[k])) << k;
    all += mean[k];
  }
  EXPECT_NEAR(all, pairs * (world.rho[0] * mixture.weight_of(0) + world.rho[1] * mixture.weight_of(1)), 1e-6);
}

// Many sampled pairs come to where expectations are: 8 rounds of 32768 pairs leave each log-ratio of three
// arms an error of some .01.
TEST(AnnotatedPairs, SampledComeToTheOptimum) {
  const World world = three_arms();
  const ArmResult result = fit(sampling("iterative-dpo", 8, 32768, "fresh"), world, nothing(world));
  for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR(probabilities(result)[k], kOptimum[k], 0.01) << k;
}

// Without a penalty what has no minimum, or many, is found out: labels of few pairs are separable, and two
// arms that never meet can be anything.
TEST(AnnotatedPairs, WithoutAPenaltyClaimNoMinimumThatIsNone) {
  const World world = test::arms_world({0, 1, 2, 3, 4, 5}, 1);
  const auto alone = [&](std::int64_t pairs, const std::string& labels) {
    ArmSpec spec = sampling("iterative-dpo", 3, pairs, labels == "best" ? "all" : "fresh", labels);
    spec.penalty = penalty("none");
    return fit(spec, world, nothing(world));
  };
  expect_nothing_claimed(alone(40, "best"), Ended::not_attained, "separable");
  const ArmResult one = alone(1, "bt");
  EXPECT_NE(one.ended, Ended::budget);
  EXPECT_NE(one.certificate.optimum, Optimum::global);
  EXPECT_EQ(alone(4000, "bt").ended, Ended::budget);
}

// ---- xpo

// Computed elsewhere, by a root of the gradient.
TEST(Xpo, GoesBeyondTheOptimumByItsOptimism) {
  const World world = three_arms();
  const PreferenceData data = nothing(world);
  const std::map<double, Values> known = {{0.0, kOptimum},
                                          {.01, {0.1795181833, 0.3332404381, 0.4872413786}},
                                          {.05, {0.1096184193, 0.2265478150, 0.6638337657}}};
  for (const auto& [alpha, policy] : known)
    for (const int pairs : {1, 100, 5000})
      expect_probabilities(
          fit(arm("xpo", 1, {{"alpha", alpha}, {"pairs_per_round", integer(pairs)}}), world, data), policy,
          1e-7, std::to_string(alpha));
  EXPECT_EQ(fit(arm("xpo", 1, {{"alpha", 0.0}}), world, data).certificate.optimum, Optimum::global);
  EXPECT_EQ(fit(arm("xpo", 1), world, data).certificate.optimum, Optimum::stationary);
}

// The loss of three arms written out, of pairs of pi and the reference that are kept from both rounds.
TEST(Xpo, OfTwoRoundsRestsOnThePairsOfBoth) {
  const World world = three_arms();
  const PreferenceData data = nothing(world);
  const double alpha = .02;
  const Values first = probabilities(fit(arm("xpo", 1, {{"alpha", alpha}}), world, data));
  const Values second = probabilities(fit(arm("xpo", 2, {{"alpha", alpha}}), world, data));
  const auto& ref = test::kThreeReference;
  const auto loss = [&](const Values& logits) {
    double total = 0, out = 0;
    for (const double t : logits) total += std::exp(t);
    const auto u = [&](std::size_t k) { return logits[k] - std::log(total) - std::log(ref[k]); };
    for (const Values& policy : {Values(ref.begin(), ref.end()), first})
      for (std::size_t y = 0; y < 3; ++y) {
        out += alpha * ref[y] * (logits[y] - std::log(total));
        for (std::size_t z = 0; z < 3; ++z) {
          const double gap = test::kThreeRewards[y] - test::kThreeRewards[z];
          out += (policy[y] * ref[z] + policy[z] * ref[y]) / (1 + std::exp(-gap)) *
                 std::log1p(std::exp(u(z) - u(y)));
        }
      }
    return out;
  };
  Values at;
  for (const double p : second) at.push_back(std::log(p));
  for (std::size_t k = 0; k < 3; ++k) {
    Values up = at, down = at;
    up[k] += 1e-5;
    down[k] -= 1e-5;
    EXPECT_NEAR((loss(up) - loss(down)) / 2e-5, 0, 1e-9) << k;
  }
}

TEST(Xpo, HasTheGradientOfItsLoss) {
  const World world = two_tokens();
  const PreferenceData data = test::reference_pairs(world, 30);
  const auto model = make_model(model_class("degree", 1), world, Role::policy);
  const ArmInput input{world, data, source(), 0, true};
  for (const std::string expectation : {"exact", "sampled"}) {
    ArmSpec spec = sampling("xpo", 1, 5);
    spec.options.set("expectation", expectation);
    AnnotatedPairs pairs(spec, input);
    pairs.ask({policy_at(*model, world, Values{.4, -.3}), world.log_reference}, 0);
    PairRound round{std::make_unique<DpoLoss>(world, pairs.table(), world.beta)};
    for (const double crossed : pairs.second()) round.added.push_back(.3 * crossed);
    PairRoundLoss loss(round);
    PolicyObjective objective(*model, world, loss, {.kind = PenaltyKind::reference_kl, .lambda = 2});
    test::expect_gradient(objective, {.2, -.5}, 1e-7);
  }
}

// min over A of W(A, not A) / ref(A): of three arms .0596994406 at A = {0, 1}, computed elsewhere.
TEST(Xpo, BearsOptimismUpToTheWeakestCut) {
  const World world = three_arms();
  const Values none(3, 0.0), ref(test::kThreeReference.begin(), test::kThreeReference.end());
  const PairTable table = tabulate(three_arms_population());
  EXPECT_NEAR(optimism_limit(world, table, 1, ref, none).most, 0.0596994406, 1e-10);
  EXPECT_NEAR(optimism_limit(world, table, .5, ref, none).most, 0.0596994406 / 2, 1e-10);
  // A hold by the reference takes as much of it off.
  Values hold = ref;
  for (double& h : hold) h *= .3;
  EXPECT_NEAR(optimism_limit(world, table, 1, ref, hold).most, 0.3596994406, 1e-10);
  EXPECT_FALSE(optimism_limit(world, table, 1, ref, none).level);
  EXPECT_TRUE(optimism_limit(world, tabulate(nothing(world)), 1, Values{0, 0, 1}, none).level);

  // Of one arm: W({k}, not k) / ref(k).
  const auto falls = [&](double alpha, const Values& held) {
    Values pull = ref;
    for (double& p : pull) p *= alpha;
    return falls_without_an_edge(world, table, 1, pull, held);
  };
  double weakest = 1;
  for (std::size_t k = 0; k < 3; ++k) {
    double wins = 0;
    for (std::size_t z = 0; z < 3; ++z)
      if (z != k) wins += 2 * ref[z] / (1 + std::exp(test::kThreeRewards[z] - test::kThreeRewards[k]));
    weakest = std::fmin(weakest, wins);
  }
  EXPECT_TRUE(falls(weakest * 1.001, none));
  EXPECT_FALSE(falls(weakest * 0.999, none));
  EXPECT_FALSE(falls(weakest * 1.001, hold));

  const PreferenceData data = nothing(world);
  const std::string refused = refusal(arm("xpo", 1, {{"alpha", .06}}), world);
  EXPECT_THAT(refused, HasSubstr("0.0596994"));
  EXPECT_THAT(refused, HasSubstr("reference-kl"));
  EXPECT_EQ(refusal(arm("xpo", 1, {{"alpha", .0596}}), world), "");
  EXPECT_TRUE(fit(arm("xpo", 1, {{"alpha", .0596}}), world, data).certificate.converged);
  // lambda = 30 of 100 pairs
  EXPECT_EQ(refusal(arm("xpo", 1, {{"alpha", .35}}, penalty("reference-kl", 30)), world), "");
  EXPECT_TRUE(
      fit(arm("xpo", 1, {{"alpha", .35}}, penalty("reference-kl", 30)), world, data).certificate.converged);
  EXPECT_THAT(refusal(arm("xpo", 1, {{"alpha", .36}}, penalty("reference-kl", 30)), world),
              HasSubstr("0.359699"));
  // Squares hold whatever it is.
  EXPECT_TRUE(
      fit(arm("xpo", 1, {{"alpha", 1.0}}, penalty("variance", 30)), world, data).certificate.converged);
}

// Over all sets, by the definition: to the bit, also where some arms are in no pair and some never lose.
TEST(Xpo, BearsOptimismUpToTheWeakestCutOfAllSets) {
  constexpr std::size_t arms = 9;
  const World world = test::world({{"family", "bandit"}, {"arms", integer(arms)}});
  for (std::uint64_t replicate = 0; replicate < 20; ++replicate) {
    const std::size_t pairs = 1 + 12 * replicate;
    const PairTable table = tabulate(test::reference_pairs(world, pairs, replicate));
    Values wins(arms * arms, 0.0), pull(arms), hold(arms);
    for (std::size_t k = 0; k < table.rows(); ++k) {
      const auto y = static_cast<std::size_t>(table.first_path(k)[0]),
                 z = static_cast<std::size_t>(table.second_path(k)[0]);
      wins[y * arms + z] += 0.7 * table.wins[k];
      wins[z * arms + y] += 0.7 * table.losses[k];
    }
    for (std::size_t y = 0; y < arms; ++y) {
      pull[y] = replicate % 3 == 0 && y < 2 ? 0 : 1e-5 * static_cast<double>(1 + y);
      hold[y] = replicate % 2 == 0 ? 0 : 0.1 / static_cast<double>(1 + y);
    }
    double least = std::numeric_limits<double>::infinity();
    bool level = false;
    for (std::size_t set = 1; set + 1 < std::size_t{1} << arms; ++set) {
      double against = 0, pulled = 0;
      for (std::size_t y = 0; y < arms; ++y) {
        if ((set >> y & 1) == 0) continue;
        against += hold[y];
        pulled += pull[y];
        for (std::size_t z = 0; z < arms; ++z)
          if ((set >> z & 1) == 0) against += wins[y * arms + z];
      }
      if (pulled > 0) least = std::fmin(least, against / pulled);
      level = level || (pulled == 0 && against == 0);
    }
    const OptimismLimit found = optimism_limit(world, table, 0.7, pull, hold);
    EXPECT_EQ(found.most, least) << replicate;
    EXPECT_EQ(found.level, level) << replicate;
  }
}

// What cannot be known before the run is found in it.
TEST(Xpo, ThatFallsForEverSaysSo) {
  const World world = three_arms();
  const ArmResult beyond = fit(arm("xpo", 3, {{"alpha", .06}, {"keep", "all"}}), world, nothing(world));
  expect_nothing_claimed(beyond, Ended::unbounded, "beyond");
  EXPECT_TRUE(beyond.unbounded);
  // It stands where it began: 100 pairs at margin 0, and .06 E_ref log ref of each.
  double objective = 100 * std::log(2.0);
  for (const double p : test::kThreeReference) objective += 100 * .06 * p * std::log(p);
  EXPECT_NEAR(beyond.certificate.objective, objective, 1e-9);
  const ArmResult at = fit(arm("xpo", 1, {{"alpha", 0.05969944058}, {"keep", "all"}}), world, nothing(world));
  EXPECT_NE(at.ended, Ended::optimum);
  // Arms that no pair shows take all the mass, at a price that never rises.
  const World six = test::arms_world({0, 1, 2, 3, 4, 5}, 1);
  ArmSpec sampled = sampling("xpo", 2, 3, "fresh");
  sampled.penalty = penalty("none");
  expect_nothing_claimed(fit(sampled, six, nothing(six)), Ended::unbounded, "unseen");
  // Where there are many completions: one that lost all its pairs, and which the penalty holds less than it
  // is pulled at, is given up; in trees, and where completions merge.
  for (const std::string family : {"tokens", "walk"}) {
    const World many = test::world({{"family", family}, {"horizon", integer(6)}});
    const auto with = [&](double alpha) {
      ArmSpec spec = sampling("xpo", 2, 40, "fresh");
      spec.options.set("alpha", alpha);
      return fit(spec, many, nothing(many));
    };
    expect_nothing_claimed(with(20), Ended::unbounded, family);
    EXPECT_TRUE(with(1e-4).certificate.converged) << family;
  }
  // In a class where the limit is not known a descent shows it.
  const World tokens = two_tokens();
  const ArmSpec small = arm("xpo", 2, {{"alpha", 5.0}}, penalty("reference-kl", 1), model_class("degree", 1));
  EXPECT_EQ(refusal(small, tokens), "");
  expect_nothing_claimed(fit(small, tokens, nothing(tokens)), Ended::unbounded, "small");
  const ArmSpec mild = arm("xpo", 2, {{"alpha", .01}}, penalty("reference-kl", 1), model_class("degree", 1));
  EXPECT_TRUE(fit(mild, tokens, nothing(tokens)).certificate.converged);
}

TEST(Xpo, WithDeterministicLabelsClaimsNoMinimumThatIsNone) {
  const World world = three_arms();
  // Nothing that loses always is preferred to what wins always: any optimism falls for ever.
  for (const double alpha : {0.0, 1e-6})
    EXPECT_THAT(refusal(arm("xpo", 1, {{"labels", "best"}, {"alpha", alpha}}), world),
                HasSubstr("no round has a minimum"));
  // Pairs of the data could give it one; these are none.
  expect_nothing_claimed(
      fit(arm("xpo", 1, {{"labels", "best"}, {"keep", "all"}, {"alpha", 0.0}}), world, nothing(world)),
      Ended::not_attained, "no optimism");
  EXPECT_TRUE(fit(arm("xpo", 1, {{"labels", "best"}}, penalty("reference-kl", 4)), world, nothing(world))
                  .certificate.converged);
}

TEST(Xpo, HoldsAtExtremeTemperatures) {
  for (const double beta : {50.0, 0.02}) {
    const World world = test::arms_world({0, .3, 1}, beta);
    const ArmResult result = fit(arm("xpo", 2, {{"alpha", beta * 1e-3}}), world, nothing(world));
    if (result.ended != Ended::budget) expect_nothing_claimed(result, result.ended, std::to_string(beta));
    if (beta == 50) {
      EXPECT_TRUE(result.certificate.converged);
      EXPECT_GT(probabilities(result)[2], probabilities(result)[0]);
    }
  }
}

// ---- all of them

TEST(Interactive, RefusesWhatMeansNothing) {
  const World world = three_arms();
  const World large = test::world({{"family", "tokens"}, {"horizon", integer(12)}, {"degree", integer(1)}});
  const Settings held = penalty("reference-kl", 2);
  for (const std::string algorithm : {"spin", "iterative-dpo", "xpo"}) {
    ArmSpec without = arm(algorithm, 1);
    without.course = {};
    EXPECT_THAT(refusal(without, world), HasSubstr("kind = \"rounds\"")) << algorithm;
    ArmSpec climbing = arm(algorithm, 1);
    climbing.course = test::settings({{"kind", "gradient"}});
    EXPECT_EQ(refusal(climbing, world), "") << algorithm << ": it goes in steps as well";
    EXPECT_THAT(refusal(arm(algorithm, 1, {}, held), large), HasSubstr("262144")) << algorithm;
    EXPECT_EQ(refusal(arm(algorithm, 1, {{"expectation", "sampled"}}, held), large), "") << algorithm;
    Settings tuned = penalty("reference-kl");
    tuned.set("tune", true);
    EXPECT_THAT(refusal(arm(algorithm, 1, {}, tuned), world), HasSubstr("valid: a lambda")) << algorithm;
    // Whether a round has a minimum is decided by exact tests, of certain classes.
    EXPECT_THAT(
        refusal(arm(algorithm, 1, {{"expectation", "sampled"}}, penalty("none"), model_class("degree", 2)),
                test::world({{"family", "tokens"}, {"horizon", integer(3)}})),
        HasSubstr("valid: a penalty"))
        << algorithm;
    EXPECT_THAT(refusal(arm(algorithm, 1, {}, penalty("l1", 2)), world), HasSubstr("l1")) << algorithm;
  }
  EXPECT_THAT(refusal(arm("iterative-dpo", 1, {{"sampler", "policy"}}), world), HasSubstr("on-policy"));
  EXPECT_THAT(refusal(arm("iterative-dpo", 1, {{"pairs_per_round", integer(32769)}}), world),
              HasSubstr("32768"));
}

TEST(Interactive, IsGivenUpWithinARound) {
  const World world = two_tokens();
  const PreferenceData data = test::reference_pairs(world, 30);
  for (const std::string algorithm : {"spin", "iterative-dpo", "xpo"}) {
    ArmInput input{world, data, source(), 0, true};
    int asked = 0;
    input.stop = [&] { return ++asked > 3; };
    EXPECT_THROW(run_arm(arm(algorithm, 1, {}, penalty("reference-kl", 2)), input), Stopped) << algorithm;
  }
}

// A gradient is small beside the penalty that makes it: under one of 1e9 a round comes to its minimum, which
// is the reference to nine digits, and says so.
TEST(Interactive, ComesToItsMinimumUnderAnyPenalty) {
  const World world = test::world({{"family", "bandit"}, {"arms", integer(3)}, {"headroom", 0.5}});
  for (const char* kind : {"reference-kl", "variance", "ridge"})
    for (const double lambda : {1e5, 1e7, 1e9})
      for (const char* algorithm : {"iterative-dpo", "spin", "xpo"})
        for (const std::size_t pairs : {1, 10}) {
          ArmSpec spec = test::policy_arm(algorithm, model_class("tabular"), penalty(kind, lambda));
          if (spec.algorithm == "iterative-dpo")
            spec.options = test::settings({{"pairs_per_round", integer(1)}, {"keep", "round"}});
          spec.course = test::settings({{"kind", "rounds"}, {"steps", integer(2)}});
          const PreferenceData data = test::reference_pairs(world, pairs);
          const ArmResult result = run_arm(spec, {world, data, RandomSource(11, "tests"), 0, true});
          EXPECT_TRUE(result.certificate.converged) << algorithm << ", " << kind << " " << lambda;
          EXPECT_EQ(result.ended, Ended::budget);
          EXPECT_LT(policy_gap(world.graph, world.rho, result.log_policy(), world.log_reference),
                    100 / lambda);
        }
}

}  // namespace
}  // namespace twostage
