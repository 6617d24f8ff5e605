// The linear classes against enumeration of all completions: path features, transposes, ranks, covariances.
#include <gtest/gtest.h>

#include <Eigen/Dense>

#include "sim/model/path_covariance.hpp"
#include "sim/model/score_model.hpp"
#include "sim/numerics/elementary.hpp"
#include "sim/numerics/reduce.hpp"
#include "sim/plan/sweeps.hpp"
#include "sim/world/prompt_set.hpp"
#include "tests/support/arms.hpp"
#include "tests/support/gradients.hpp"
#include "tests/support/hand_made.hpp"

namespace twostage {
namespace {

using test::integer;
using test::model_class;

struct Case {
  std::string name;
  World world;
  Settings model;
  Role role = Role::reward;
};

World family(const std::string& name, int horizon, int prompts, bool shared, int alphabet = 2,
             int held_out = 0) {
  Settings s = test::settings({{"family", name},
                               {"prompts", integer(prompts)},
                               {"held_out", integer(held_out)},
                               {"shared_classes", shared},
                               {"reference", "random"},
                               {"prompt_weights", "random"}});
  if (name == "bandit") s.set("features", integer(3));
  if (name == "two-token") s.set("actions", integer(5));
  if (name == "walk" || name == "tokens" || name == "maze") s.set("horizon", integer(horizon));
  if (name == "tokens" || name == "summary") s.set("alphabet", integer(alphabet));
  if (name == "summary") s.set("horizon", integer(horizon));
  return make_world(resolve_world(s), test::world_seed(), 1e9);
}

std::vector<Case> cases() {
  std::vector<Case> out;
  for (const int prompts : {1, 3})
    for (const bool shared : {true, false}) {
      if (prompts == 1 && !shared) continue;
      const std::string suffix = std::to_string(prompts) + (shared ? " shared" : " own");
      for (const char* name : {"terminal", "dense", "true-direction"}) {
        out.push_back(
            {"walk " + std::string(name) + suffix, family("walk", 3, prompts, shared), model_class(name)});
        out.push_back({"tokens " + std::string(name) + suffix, family("tokens", 3, prompts, shared, 3),
                       model_class(name)});
        out.push_back({"bandit " + std::string(name) + suffix, family("bandit", 1, prompts, shared),
                       model_class(name)});
        out.push_back({"two-token " + std::string(name) + suffix, family("two-token", 2, prompts, shared),
                       model_class(name)});
        out.push_back(
            {"maze " + std::string(name) + suffix, family("maze", 4, prompts, shared), model_class(name)});
      }
      for (const int degree : {1, 2})
        out.push_back({"maze degree " + std::to_string(degree) + suffix, family("maze", 4, prompts, shared),
                       model_class("degree", degree)});
      for (const char* name : {"walk", "tokens", "bandit", "two-token"})
        out.push_back({std::string(name) + " first-token" + suffix, family(name, 3, prompts, shared, 3),
                       model_class("first-token"), Role::policy});
      out.push_back({"two-token degree 1 " + suffix, family("two-token", 2, prompts, shared),
                     model_class("degree", 1)});
      out.push_back(
          {"two-token first 3 " + suffix, family("two-token", 2, prompts, shared), model_class("first", 3)});
      out.push_back(
          {"tokens degree 2 " + suffix, family("tokens", 3, prompts, shared, 3), model_class("degree", 2)});
      out.push_back(
          {"tokens degree H " + suffix, family("tokens", 4, prompts, shared), model_class("degree", 4)});
      out.push_back(
          {"tokens first 5 " + suffix, family("tokens", 3, prompts, shared), model_class("first", 5)});
      out.push_back(
          {"bandit first 2 " + suffix, family("bandit", 1, prompts, shared), model_class("first", 2)});
    }
  // Prompts that are held out, own and shared.
  for (const bool shared : {true, false})
    for (const char* name : {"terminal", "dense", "true-direction"}) {
      const std::string label = std::string(name) + (shared ? " shared" : " own") + ", one held out";
      out.push_back({"walk " + label, family("walk", 3, 2, shared, 2, 1), model_class(name)});
      out.push_back({"tokens " + label, family("tokens", 3, 2, shared, 3, 1), model_class(name)});
      out.push_back({"maze " + label, family("maze", 4, 2, shared, 2, 1), model_class(name)});
    }
  for (const int held_out : {0, 2}) {
    const std::string label = held_out == 0 ? "" : ", two held out";
    const World summary = family("summary", 3, 3, false, 3, held_out);
    out.push_back({"copying" + label, summary, model_class("copying")});
    out.push_back({"skip-bigram own" + label, summary, model_class("skip-bigram")});
    out.push_back({"degree 2 own" + label, summary, model_class("degree", 2)});
    out.push_back({"skip-bigram shared" + label, family("tokens", 4, 2, true, 3, held_out),
                   model_class("skip-bigram")});
    for (const int window : {0, 2})
      for (const int history : {0, 1})
        out.push_back(
            {"prompt-window " + std::to_string(window) + " " + std::to_string(history) + label, summary,
             test::settings(
                 {{"class", "prompt-window"}, {"window", integer(window)}, {"history", integer(history)}})});
  }
  return out;
}

std::vector<double> random_policy(const World& world, std::uint64_t index) {
  std::vector<double> log_policy(world.graph.edges());
  softmax_policy(world.graph, world.log_reference, test::normal_vector(world.graph.edges(), index),
                 log_policy);
  return log_policy;
}

Eigen::VectorXd features(const LinearModel& model, const test::Path& path) {
  FeatureRow row;
  model.add_path(path, 1, row);
  Eigen::VectorXd out = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(model.parameters()));
  for (std::size_t k = 0; k < row.index.size(); ++k) out[row.index[k]] += row.value[k];
  return out;
}

// Scores without the offset: Phi theta.
std::vector<double> linear_part(const LinearModel& model, const World& world,
                                const std::vector<double>& theta) {
  std::vector<double> scores(world.graph.edges());
  model.scores(theta, scores);
  for (std::size_t e = 0; e < model.offset().size(); ++e) scores[e] -= model.offset()[e];
  return scores;
}

TEST(LinearModels, PathFeaturesTimesThetaIsThePathSumOfScores) {
  for (const Case& c : cases()) {
    SCOPED_TRACE(c.name);
    const auto model = make_linear_model(c.model, c.world, c.role);
    const std::vector<double> theta = test::normal_vector(model->parameters(), 1);
    const std::vector<double> scores = linear_part(*model, c.world, theta);
    const Eigen::Map<const Eigen::VectorXd> t(theta.data(), static_cast<Eigen::Index>(theta.size()));
    for (std::size_t p = 0; p < c.world.graph.prompts(); ++p)
      for (const auto& path : test::completions(c.world.graph, p))
        ASSERT_NEAR(features(*model, path).dot(t), test::sum_along(scores, path), 1e-12);
  }
}

TEST(LinearModels, PullbackIsTheTransposeOfScores) {
  for (const Case& c : cases()) {
    SCOPED_TRACE(c.name);
    const auto model = make_linear_model(c.model, c.world, c.role);
    const std::vector<double> theta = test::normal_vector(model->parameters(), 1);
    const std::vector<double> weight = test::normal_vector(c.world.graph.edges(), 2);
    std::vector<double> pulled(model->parameters());
    const std::vector<double> scores = linear_part(*model, c.world, theta);
    model->pullback(theta, weight, pulled);
    EXPECT_NEAR(num::dot(scores, weight), num::dot(theta, pulled), 1e-10);
  }
}

// Rows psi(xi) - psi(xi_0) over all completions xi of each prompt that has data, xi_0 its first.
Eigen::MatrixXd differences(const LinearModel& model, const World& world) {
  std::vector<Eigen::VectorXd> rows;
  for (std::size_t p = 0; p < prompts_with_data(world); ++p) {
    const auto paths = test::completions(world.graph, p);
    for (const auto& path : paths) rows.push_back(features(model, path) - features(model, paths[0]));
  }
  Eigen::MatrixXd out(static_cast<Eigen::Index>(rows.size()), static_cast<Eigen::Index>(model.parameters()));
  for (std::size_t r = 0; r < rows.size(); ++r) out.row(static_cast<Eigen::Index>(r)) = rows[r].transpose();
  return out;
}

TEST(LinearModels, RankIsThatOfAllPairDifferences) {
  for (const Case& c : cases()) {
    SCOPED_TRACE(c.name);
    const auto model = make_linear_model(c.model, c.world, c.role);
    EXPECT_EQ(model->rank(), static_cast<std::size_t>(
                                 Eigen::FullPivLU<Eigen::MatrixXd>(differences(*model, c.world)).rank()));
  }
}

TEST(LinearModels, PathCovarianceMatchesEnumeration) {
  for (const Case& c : cases()) {
    SCOPED_TRACE(c.name);
    const auto model = make_linear_model(c.model, c.world, c.role);
    const auto p = static_cast<Eigen::Index>(model->parameters());
    const std::vector<double> log_policy = random_policy(c.world, 3);
    Eigen::MatrixXd expected = Eigen::MatrixXd::Zero(p, p);
    for (std::size_t s0 = 0; s0 < c.world.graph.prompts(); ++s0) {
      Eigen::MatrixXd second = Eigen::MatrixXd::Zero(p, p);
      Eigen::VectorXd mean = Eigen::VectorXd::Zero(p);
      for (const auto& path : test::completions(c.world.graph, s0)) {
        const double q = num::exp(test::sum_along(log_policy, path));
        const Eigen::VectorXd psi = features(*model, path);
        mean += q * psi;
        second += q * psi * psi.transpose();
      }
      expected += c.world.rho[s0] * (second - mean * mean.transpose());
    }
    std::vector<double> fast(model->parameters() * model->parameters()), generic(fast.size());
    model->path_covariance(log_policy, fast);
    generic_path_covariance(*model, c.world, log_policy, generic);
    for (Eigen::Index i = 0; i < p; ++i)
      for (Eigen::Index j = 0; j < p; ++j) {
        const auto k = static_cast<std::size_t>(i * p + j);
        ASSERT_NEAR(fast[k], expected(i, j), 1e-12) << i << ", " << j;
        ASSERT_NEAR(generic[k], expected(i, j), 1e-12) << i << ", " << j;
      }
  }
}

// Pinning the first action loses nothing: the pair differences of all edge indicators have the same rank.
TEST(DenseModel, HoldsEveryRewardOnEdgesModuloPromptConstants) {
  for (const World& world :
       {family("walk", 4, 2, false), family("tokens", 3, 2, false, 3), family("maze", 4, 2, false)}) {
    std::vector<Eigen::RowVectorXd> rows;
    for (std::size_t p = 0; p < world.graph.prompts(); ++p) {
      const auto paths = test::completions(world.graph, p);
      for (const auto& path : paths) {
        Eigen::RowVectorXd row = Eigen::RowVectorXd::Zero(static_cast<Eigen::Index>(world.graph.edges()));
        for (const EdgeId e : path) row[e] += 1;
        for (const EdgeId e : paths[0]) row[e] -= 1;
        rows.push_back(row);
      }
    }
    Eigen::MatrixXd all(static_cast<Eigen::Index>(rows.size()),
                        static_cast<Eigen::Index>(world.graph.edges()));
    for (std::size_t r = 0; r < rows.size(); ++r) all.row(static_cast<Eigen::Index>(r)) = rows[r];
    const auto model = make_linear_model(model_class("dense"), world, Role::reward);
    EXPECT_EQ(model->rank(), static_cast<std::size_t>(Eigen::FullPivLU<Eigen::MatrixXd>(all).rank()));
    EXPECT_EQ(model->rank(), world.graph.edges() - world.graph.inner_states());
  }
}

// 2H free terminal rewards, 2H^2 tabular parameters.
TEST(LinearModels, CountsOfTheWalk) {
  for (const int horizon : {1, 2, 6}) {
    const World world = family("walk", horizon, 1, true);
    EXPECT_EQ(make_linear_model(model_class("terminal"), world, Role::reward)->rank(),
              2u * static_cast<unsigned>(horizon));
    EXPECT_EQ(make_linear_model(model_class("tabular"), world, Role::policy)->rank(),
              2u * static_cast<unsigned>(horizon * horizon));
  }
}

// sum_{i = 1..d} C(H, i) parameters; 2^H - 1 for a tabular policy.
TEST(LinearModels, CountsOfTokens) {
  const World world = family("tokens", 5, 1, true);
  EXPECT_EQ(make_linear_model(model_class("degree", 1), world, Role::reward)->rank(), 5u);
  EXPECT_EQ(make_linear_model(model_class("degree", 2), world, Role::reward)->rank(), 15u);
  EXPECT_EQ(make_linear_model(model_class("degree", 5), world, Role::reward)->rank(), 31u);
  EXPECT_EQ(make_linear_model(model_class("tabular"), world, Role::policy)->rank(), 31u);
}

// One for a reward that knows c, K for one that does not, (K - 1) + K for a policy, K - 1 of them for the
// first token.
TEST(LinearModels, CountsOfTwoTokens) {
  for (const int K : {2, 7, 64}) {
    const World world = test::world({{"family", "two-token"}, {"actions", integer(K)}});
    const auto k = static_cast<std::size_t>(K);
    EXPECT_EQ(make_linear_model(model_class("true-direction"), world, Role::reward)->rank(), 1u);
    EXPECT_EQ(make_linear_model(model_class("degree"), world, Role::reward)->rank(), k);
    EXPECT_EQ(make_linear_model(model_class("tabular"), world, Role::policy)->rank(), 2 * k - 1);
    EXPECT_EQ(make_linear_model(model_class("tabular"), world, Role::policy)->parameters(), 2 * k - 1);
    EXPECT_EQ(make_linear_model(model_class("first-token"), world, Role::policy)->rank(), k - 1);
  }
}

// theta = 1 is the truth, and the class holds nothing but its multiples.
TEST(DirectionModel, HoldsTheTruthAtOne) {
  for (const char* name : {"walk", "tokens", "bandit", "two-token"}) {
    const World world = family(name, 3, 2, true);
    const auto model = make_linear_model(model_class("true-direction"), world, Role::reward);
    std::vector<double> scores(world.graph.edges());
    model->scores(std::vector<double>{1}, scores);
    EXPECT_EQ(scores, world.reward);
    model->scores(std::vector<double>{-2}, scores);
    for (std::size_t e = 0; e < scores.size(); ++e) EXPECT_EQ(scores[e], -2 * world.reward[e]);
  }
}

// With the optimal logits of the first token the class returns the optimal policy, exactly planned ahead.
TEST(FirstTokenModel, HoldsTheOptimum) {
  for (const char* name : {"walk", "tokens", "bandit", "two-token"}) {
    const World world = family(name, 3, 2, false, 3);
    SoftPlan optimum;
    soft_plan(world.graph, world.log_reference, world.reward, world.beta, optimum);
    const auto log_ratio = [&](EdgeId e) {
      return optimum.log_policy[static_cast<std::size_t>(e)] -
             world.log_reference[static_cast<std::size_t>(e)];
    };
    const auto model = make_linear_model(model_class("first-token"), world, Role::policy);
    std::vector<double> theta;
    for (StateId s = 0; s < 2; ++s)
      for (int a = 1; a < world.graph.actions(0); ++a)
        theta.push_back(log_ratio(world.graph.edge(s, a)) - log_ratio(world.graph.edge(s, 0)));
    std::vector<double> scores(world.graph.edges()), log_policy(scores.size());
    model->scores(theta, scores);
    softmax_policy(world.graph, world.log_reference, scores, log_policy);
    for (std::size_t e = 0; e < scores.size(); ++e)
      EXPECT_NEAR(log_policy[e], optimum.log_policy[e], 1e-13) << name;
  }
}

TEST(LinearModels, DegreeZeroIsTheDegreeOfTheTruth) {
  const World world = test::world({{"family", "tokens"}, {"horizon", integer(4)}, {"degree", integer(3)}});
  EXPECT_EQ(make_linear_model(model_class("degree", 0), world, Role::reward)->parameters(),
            make_linear_model(model_class("degree", 3), world, Role::reward)->parameters());
  EXPECT_EQ(make_linear_model(model_class("degree"), world, Role::reward)->parameters(), 14u);  // 4 + 6 + 4
}

// A layer state no path reaches must not count. States: root 0; 1, 2 (2 not reached); finals 3, 4, 5.
TEST(LinearModels, StatesOutOfReachDoNotCount) {
  World world = test::arms_world({0, 0}, 1);
  world.graph = TokenGraph(2, {0, 1, 3, 6}, {1, 1, 3, 4, 4, 5});
  world.log_reference.assign(6, -num::log(2));
  world.reward.assign(6, 0);
  EXPECT_EQ(make_linear_model(model_class("terminal"), world, Role::reward)->parameters(), 1u);
  const auto dense = make_linear_model(model_class("dense"), world, Role::reward);
  EXPECT_EQ(dense->parameters(), 3u);
  EXPECT_EQ(dense->rank(), 2u);
}

// Feature bases may be dependent modulo constants: columns (1,0,0), (0,1,1) sum to a constant.
TEST(LinearModels, RankOfDependentFeatures) {
  const World world = test::arms_world({0, 0, 0}, 1, {1, 0, 0, 1, 0, 1});
  EXPECT_EQ(make_linear_model(model_class("first", 2), world, Role::reward)->rank(), 1u);
}

void expect_refusal(const Settings& model, const World& world, Role role, const std::string& key,
                    const std::string& words) {
  try {
    make_linear_model(model, world, role);
    FAIL() << "accepted";
  } catch (const InputError& error) {
    EXPECT_EQ(error.key(), key);
    EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
  }
}

TEST(LinearModels, RefusalsNameTheReasonAndTheValidChoices) {
  const World walk = family("walk", 3, 1, true);
  const World tokens = family("tokens", 3, 1, true);
  expect_refusal(
      model_class("terminal"), walk, Role::policy, "class",
      "valid: dense, tabular, degree, first, first-token, skip-bigram, prompt-window, copying, mlp, "
      "low-rank, planned");
  expect_refusal(model_class("true-direction"), walk, Role::policy, "class",
                 "planned takes it, with of = 'true-direction'");
  expect_refusal(model_class("first-token"), walk, Role::reward, "class",
                 "valid: terminal, dense, tabular, degree, first, true-direction");
  World flat = walk;
  std::ranges::fill(flat.reward, 0.0);
  expect_refusal(model_class("true-direction"), flat, Role::reward, "class", "constant");
  expect_refusal(model_class("degree", 2), walk, Role::reward, "class", "no ordered basis");
  expect_refusal(model_class("degree", 4), tokens, Role::reward, "degree", "valid: 1 to 3");
  expect_refusal(model_class("first", 8), tokens, Role::reward, "k", "valid: 1 to 7");
  expect_refusal(model_class("tabluar"), walk, Role::policy, "class", "did you mean 'tabular'");
  expect_refusal({}, walk, Role::policy, "policy", "needs a class");
  Settings stray = model_class("dense");
  stray.set("degree", integer(2));
  expect_refusal(stray, walk, Role::reward, "degree", "unknown key");
}

}  // namespace
}  // namespace twostage
