// Networks and forms of low rank against their formulas written out, finite differences and enumeration.
#include "sim/model/network_model.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cmath>
#include <set>

#include "sim/fit/multi_start.hpp"
#include "sim/numerics/reduce.hpp"
#include "sim/plan/sweeps.hpp"
#include "sim/world/prompt_set.hpp"
#include "tests/support/arms.hpp"
#include "tests/support/gradients.hpp"

namespace twostage {
namespace {

using test::integer;

Settings mlp(int width, const std::string& scores = "tokens") {
  return test::settings({{"class", "mlp"}, {"width", integer(width)}, {"scores", scores}});
}
Settings low_rank(int rank, const std::string& scores = "tokens") {
  return test::settings({{"class", "low-rank"}, {"rank", integer(rank)}, {"scores", scores}});
}
Settings made_of(const std::string& name, Settings part) {
  part.set("of", part.values().at("class"));
  part.set("class", name);
  return part;
}

std::vector<World> small_worlds() {
  std::vector<World> out;
  for (const bool shared : {true, false}) {
    const int prompts = shared ? 1 : 2;
    out.push_back(test::world({{"family", "tokens"},
                               {"alphabet", integer(3)},
                               {"horizon", integer(3)},
                               {"prompts", integer(prompts)},
                               {"held_out", integer(shared ? 0 : 1)},
                               {"shared_classes", shared},
                               {"reference", "random"}}));
    out.push_back(test::world({{"family", "walk"},
                               {"horizon", integer(3)},
                               {"prompts", integer(2)},
                               {"shared_classes", shared},
                               {"reference", "random"}}));
    out.push_back(test::world({{"family", "summary"},
                               {"horizon", integer(3)},
                               {"prompts", integer(3)},
                               {"shared_classes", shared},
                               {"reference", "random"}}));
    out.push_back(test::world(
        {{"family", "maze"}, {"horizon", integer(3)}, {"prompts", integer(2)}, {"shared_classes", shared}}));
  }
  return out;
}

std::vector<double> scores_of(const ScoreModel& model, const World& world, const std::vector<double>& theta) {
  std::vector<double> out(world.graph.edges());
  model.scores(theta, out);
  return out;
}

TEST(EdgeInputs, TellEdgesApartAndAreThoseOfTheText) {
  // Three tokens, and their contrasts sqrt(3/2) (1, -1, 0) and sqrt(1/2) (1, 1, -2).
  const World tokens = test::world({{"family", "tokens"}, {"alphabet", integer(3)}, {"horizon", integer(2)}});
  const EdgeInputs text = edge_inputs(tokens, "it");
  EXPECT_EQ(text.count, 4u);
  const auto of = [](const EdgeInputs& inputs, EdgeId e) {
    std::vector<double> out;
    for (std::size_t k = 0; k < inputs.count; ++k) out.push_back(inputs.of(k, {e, e + 1})[0]);
    return out;
  };
  const double a = std::sqrt(1.5), b = std::sqrt(0.5);
  const double contrast[3][2] = {{a, b}, {-a, b}, {0, -2 * b}};
  for (int first = 0; first < 3; ++first) {
    const auto begin = of(text, tokens.graph.edge(0, first));
    for (int k = 0; k < 2; ++k) {
      EXPECT_NEAR(begin[static_cast<std::size_t>(k)], contrast[first][k], 1e-15);
      EXPECT_EQ(begin[static_cast<std::size_t>(2 + k)], 0);
    }
    const StateId s = tokens.graph.successor(tokens.graph.edge(0, first));
    for (int second = 0; second < 3; ++second) {
      const auto whole = of(text, tokens.graph.edge(s, second));
      for (int k = 0; k < 2; ++k) {
        EXPECT_NEAR(whole[static_cast<std::size_t>(k)], contrast[first][k], 1e-15);
        EXPECT_NEAR(whole[static_cast<std::size_t>(2 + k)], contrast[second][k], 1e-15);
      }
    }
  }
  // From x = -1 at h = 1 of 2, one step up: time 1, from -1/2 to 0.
  const World walk = test::world({{"family", "walk"}, {"horizon", integer(2)}});
  EXPECT_EQ(of(edge_inputs(walk, "it"), walk.graph.edge(1, 2)), (std::vector<double>{1, -0.5, 0}));

  for (const World& world : small_worlds()) {
    const EdgeInputs inputs = edge_inputs(world, "it");
    for (std::size_t p = 0; p < world.graph.prompts(); ++p) {
      std::set<std::vector<double>> seen;
      std::size_t edges = 0;
      for (int h = 0; h < world.graph.horizon(); ++h) {
        const EdgeRange range = world.graph.prompt_edges(h, p);
        for (EdgeId e = range.begin; e < range.end; ++e) {
          seen.insert(of(inputs, e));
          ++edges;
        }
      }
      EXPECT_EQ(seen.size(), edges) << world.family;
    }
  }
}

// The formula, unit by unit, for one edge.
TEST(NetworkModel, ScoresAreItsFormula) {
  for (const World& world : small_worlds())
    for (const Unit unit : {Unit::tanh, Unit::product})
      for (const Scored scored : {Scored::tokens, Scored::completion}) {
        const NetworkModel model(world, unit, 2, scored, "it");
        const std::vector<double> theta = test::normal_vector(model.parameters(), 1);
        const std::vector<double> scores = scores_of(model, world, theta);
        const std::size_t d = model.inputs().count;
        const std::size_t of_unit = unit == Unit::tanh ? d + 2 : 2 * (d + 1);
        const std::size_t networks = world.shared_classes ? 1 : prompts_with_data(world);
        ASSERT_EQ(theta.size(), networks * 2 * of_unit);
        for (int h = 0; h < world.graph.horizon(); ++h)
          for (std::size_t p = 0; p < world.graph.prompts(); ++p) {
            const EdgeRange range = world.graph.prompt_edges(h, p);
            for (EdgeId e = range.begin; e < range.end; ++e) {
              const bool silent = (scored == Scored::completion && h + 1 < world.graph.horizon()) ||
                                  (!world.shared_classes && p >= networks);
              double expected = 0;
              for (std::size_t j = 0; !silent && j < 2; ++j) {
                const double* t = theta.data() + (world.shared_classes ? 0 : p) * 2 * of_unit + j * of_unit;
                const auto form = [&](const double* at) {
                  double z = at[0];
                  for (std::size_t k = 0; k < d; ++k) z += at[1 + k] * model.inputs().of(k, {e, e + 1})[0];
                  return z;
                };
                expected += unit == Unit::tanh ? t[0] * std::tanh(form(t + 1)) : form(t) * form(t + d + 1);
              }
              ASSERT_NEAR(scores[static_cast<std::size_t>(e)], expected, 1e-13) << world.family;
            }
          }
      }
}

class Weighted : public num::SmoothFunction {
 public:
  Weighted(const ScoreModel& model, std::vector<double> weight) : model_(model), weight_(std::move(weight)) {}
  std::size_t dimension() const override { return model_.parameters(); }
  double evaluate(std::span<const double> theta, std::span<double> gradient) override {
    std::vector<double> scores(weight_.size());
    model_.scores(theta, scores);
    model_.pullback(theta, weight_, gradient);
    return num::dot(scores, weight_);
  }

 private:
  const ScoreModel& model_;
  std::vector<double> weight_;
};

TEST(NetworkModel, PullbackMatchesFiniteDifferences) {
  for (const World& world : small_worlds())
    for (const Settings& network : {mlp(2), mlp(3, "completion"), low_rank(2), low_rank(1, "completion")}) {
      SCOPED_TRACE(world.family);
      std::vector<std::unique_ptr<ScoreModel>> models;
      models.push_back(make_model(network, world, Role::reward));
      models.push_back(make_model(made_of("planned", network), world, Role::policy));
      if (network.text("scores") == "tokens")
        models.push_back(make_model(made_of("implicit", network), world, Role::reward));
      for (const auto& model : models) {
        Weighted f(*model, test::normal_vector(world.graph.edges(), 2));
        test::expect_gradient(f, test::normal_vector(model->parameters(), 3, 0.5), 2e-7);
      }
    }
}

TEST(NetworkModel, UnitsMayBeExchangedAndTurned) {
  for (const World& world : small_worlds())
    for (const Unit unit : {Unit::tanh, Unit::product}) {
      const NetworkModel model(world, unit, 3, Scored::tokens, "it");
      const std::vector<double> theta = test::normal_vector(model.parameters(), 4);
      const std::size_t networks = world.shared_classes ? 1 : prompts_with_data(world);
      const std::size_t of_unit = theta.size() / (3 * networks);
      std::vector<double> other = theta;
      for (std::size_t n = 0; n < networks;
           ++n) {  // (0, 1, 2) -> (2, 0, 1), the last with both its signs turned
        const auto at = static_cast<std::ptrdiff_t>(3 * n * of_unit),
                   end = at + static_cast<std::ptrdiff_t>(3 * of_unit);
        std::rotate(other.begin() + at, other.begin() + at + static_cast<std::ptrdiff_t>(2 * of_unit),
                    other.begin() + end);
        for (std::size_t k = 0; k < of_unit; ++k) other[static_cast<std::size_t>(at) + k] *= -1;
      }
      const auto a = scores_of(model, world, theta), b = scores_of(model, world, other);
      for (std::size_t e = 0; e < a.size(); ++e) EXPECT_NEAR(a[e], b[e], 1e-14);
    }
}

// Where descents begin all scores are 0, and something can be gained; at theta = 0 nothing moves.
TEST(NetworkModel, BeginsAtTheReferenceAndNotAtASaddle) {
  const RandomSource source(1, "starts");
  for (const World& world : small_worlds())
    for (const Settings& network : {mlp(2), low_rank(2)})
      for (const Settings& settings : {network, made_of("planned", network)}) {
        const auto model = make_model(settings, world, Role::policy);
        const std::vector<double> weight = test::normal_vector(world.graph.edges(), 5);
        std::vector<double> gradient(model->parameters());
        model->pullback(std::vector<double>(model->parameters(), 0.0), weight, gradient);
        EXPECT_EQ(num::max_abs(gradient), 0);
        const std::vector<double> start = starting_point(*model, source, 7);
        EXPECT_LT(num::max_abs(scores_of(*model, world, start)), 1e-13);
        model->pullback(start, weight, gradient);
        EXPECT_GT(num::norm(gradient), 0.1);
        EXPECT_EQ(starting_point(*model, source, 7), start);
        EXPECT_NE(starting_point(*model, source, 8), start);
      }
}

TEST(NetworkModel, WithoutUnitsItIsConstant) {
  for (const World& world : small_worlds())
    for (const Settings& network : {mlp(0), low_rank(0)}) {
      const auto model = make_model(network, world, Role::policy);
      EXPECT_EQ(model->parameters(), 0u);
      EXPECT_EQ(model->rank(), 0u);
      EXPECT_EQ(num::max_abs(scores_of(*model, world, {})), 0);
    }
}

// Of the derivatives of all differences of completions, by enumeration and singular values.
TEST(NetworkModel, RankIsThatOfItsDerivatives) {
  for (const World& world : small_worlds())
    for (const Settings& network : {mlp(1), mlp(2, "completion"), low_rank(1), low_rank(2, "completion")}) {
      const auto model = make_model(network, world, Role::reward);
      const std::vector<double> theta = test::normal_vector(model->parameters(), 6, 0.5);
      std::vector<Eigen::VectorXd> rows;
      for (std::size_t p = 0; p < prompts_with_data(world); ++p) {
        const auto paths = test::completions(world.graph, p);
        for (std::size_t i = 1; i < paths.size(); ++i) {
          std::vector<double> weight(world.graph.edges(), 0.0), out(theta.size());
          for (const EdgeId e : paths[i]) weight[static_cast<std::size_t>(e)] += 1;
          for (const EdgeId e : paths[0]) weight[static_cast<std::size_t>(e)] -= 1;
          model->pullback(theta, weight, out);
          rows.push_back(Eigen::Map<Eigen::VectorXd>(out.data(), static_cast<Eigen::Index>(out.size())));
        }
      }
      Eigen::MatrixXd jacobian(static_cast<Eigen::Index>(rows.size()),
                               static_cast<Eigen::Index>(theta.size()));
      for (std::size_t r = 0; r < rows.size(); ++r)
        jacobian.row(static_cast<Eigen::Index>(r)) = rows[r].transpose();
      for (Eigen::Index k = 0; k < jacobian.cols(); ++k)
        if (const double norm = jacobian.col(k).norm(); norm > 0) jacobian.col(k) /= norm;
      Eigen::ColPivHouseholderQR<Eigen::MatrixXd> qr(jacobian);
      qr.setThreshold(1e-9);
      EXPECT_EQ(model->rank(), static_cast<std::size_t>(qr.rank())) << world.family << " " << theta.size();
    }
}

// Half the squared distance of a reward to another, over completions of one prompt, each with its mean taken
// off.
class Distance : public num::SmoothFunction {
 public:
  Distance(const ScoreModel& model, const World& world, std::vector<double> target)
      : model_(model), world_(world), paths_(test::completions(world.graph)), target_(std::move(target)) {}
  std::size_t dimension() const override { return model_.parameters(); }
  double evaluate(std::span<const double> theta, std::span<double> gradient) override {
    std::vector<double> edges(world_.graph.edges()), gap;
    model_.scores(theta, edges);
    for (const auto& path : paths_)
      gap.push_back(test::sum_along(edges, path) - test::sum_along(target_, path));
    const double mean = num::sum(gap) / static_cast<double>(gap.size());
    for (double& g : gap) g -= mean;
    std::ranges::fill(edges, 0.0);
    for (std::size_t i = 0; i < gap.size(); ++i)
      for (const EdgeId e : paths_[i]) edges[static_cast<std::size_t>(e)] += gap[i];
    model_.pullback(theta, edges, gradient);
    return num::dot(gap, gap) / 2;
  }

 private:
  const ScoreModel& model_;
  const World& world_;
  std::vector<test::Path> paths_;
  std::vector<double> target_;
};

double least_distance(const Settings& network, const World& world) {
  const auto model = make_model(network, world, Role::reward);
  Distance f(*model, world, world.reward);
  const BestOfStarts best =
      minimise_from_starts(f, *model, {4, RandomSource(3, "targets"), 0}, {.max_iterations = 20'000});
  return best.minimum.value;
}

// On binary tokens tanh(w x_j) = tanh(w) x_j: five units hold a linear truth of five places, as does one
// product of a form and a constant. Pairs of places need more; three products hold the 10 interactions of 5
// places, whose symmetric matrix less its free diagonal has rank 6 at most in general.
TEST(NetworkModel, RecoversLinearAndQuadraticTruths) {
  const World linear = test::world({{"family", "tokens"}, {"horizon", integer(5)}, {"degree", integer(1)}});
  EXPECT_LT(least_distance(mlp(5, "completion"), linear), 1e-10);
  EXPECT_LT(least_distance(low_rank(1, "completion"), linear), 1e-20);
  const World pairs = test::world({{"family", "tokens"}, {"horizon", integer(5)}, {"degree", integer(2)}});
  EXPECT_GT(least_distance(low_rank(1, "completion"), pairs), 1e-3);
  EXPECT_LT(least_distance(low_rank(3, "completion"), pairs), 1e-20);
  // All there is: 31 differences.
  const World all = test::world({{"family", "tokens"}, {"horizon", integer(4)}, {"degree", integer(4)}});
  EXPECT_LT(least_distance(mlp(12, "completion"), all), 1e-9);
  EXPECT_GT(least_distance(low_rank(4, "completion"), all), 1e-3) << "polynomials of degree two";
}

std::string refusal(const Settings& settings, const World& world, Role role) {
  try {
    make_model(settings, world, role);
  } catch (const InputError& error) {
    return error.key() + ": " + error.what();
  }
  return "";
}

TEST(NetworkModel, RefusesWhatMakesNoSense) {
  using testing::AllOf;
  using testing::HasSubstr;
  using testing::StartsWith;
  const World tokens = test::world({{"family", "tokens"}, {"horizon", integer(3)}});
  EXPECT_THAT(
      refusal(mlp(2, "completion"), tokens, Role::policy),
      AllOf(StartsWith("scores: class 'mlp'"), HasSubstr("cannot steer"), HasSubstr("valid: tokens")));
  EXPECT_THAT(refusal(made_of("implicit", mlp(2, "completion")), tokens, Role::reward),
              StartsWith("scores: "));
  EXPECT_THAT(refusal(made_of("implicit", mlp(2)), tokens, Role::policy),
              HasSubstr("makes no sense as a policy"));
  EXPECT_THAT(refusal(made_of("implicit", test::model_class("terminal")), tokens, Role::reward),
              AllOf(StartsWith("of: "), HasSubstr("class of policies")));
  EXPECT_THAT(refusal(made_of("planned", made_of("implicit", mlp(2))), tokens, Role::policy),
              StartsWith("of: "));
  const World rows = test::world({{"family", "summary"}, {"states", "rows"}});
  EXPECT_THAT(
      refusal(mlp(2), rows, Role::policy),
      AllOf(StartsWith("class: class 'mlp'"), HasSubstr("neither"), HasSubstr("valid: dense, tabular")));
}

}  // namespace
}  // namespace twostage
