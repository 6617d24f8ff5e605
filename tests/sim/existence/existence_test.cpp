#include "sim/existence/existence.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <random>

#include "sim/existence/existence_proof.hpp"
#include "sim/existence/existence_rounding.hpp"
#include "sim/numerics/exact_cone.hpp"
#include "sim/plan/sweeps.hpp"
#include "tests/support/arms.hpp"

namespace twostage {
namespace {

using Rows = std::vector<std::vector<int>>;
using Random = std::mt19937_64;

int integer(Random& random, int low, int high) {
  return low + static_cast<int>(random() % static_cast<std::uint64_t>(high - low + 1));
}

DifferenceMatrix matrix_of(const Rows& rows, std::size_t columns) {
  DifferenceMatrix matrix;
  matrix.columns = columns;
  for (const auto& row : rows) matrix.add_row(std::vector<Int128>(row.begin(), row.end()));
  return canonical(matrix);
}

// Tests the rows and demands that the certificate proves its outcome.
Existence outcome_of(const Rows& rows, std::size_t columns, std::size_t class_rank) {
  const DifferenceMatrix matrix = matrix_of(rows, columns);
  const ExistenceCertificate certificate = test_existence(matrix, class_rank);
  EXPECT_EQ(certificate.outcome != Existence::no_exact_test, verify(certificate, matrix, class_rank))
      << certificate.reason;
  return certificate.outcome;
}

// ---- Tournaments: in a tabular bandit the estimate is attained iff every comparison lies on a cycle of the
// win graph, and unique iff the graph is strongly connected (Zermelo 1929, Ford 1957).

Existence tournament_outcome(const std::vector<std::vector<bool>>& beats) {
  const std::size_t k = beats.size();
  auto reach = beats;
  for (std::size_t via = 0; via < k; ++via)
    for (std::size_t i = 0; i < k; ++i)
      for (std::size_t j = 0; j < k; ++j)
        if (reach[i][via] && reach[via][j]) reach[i][j] = true;
  bool connected = true;
  for (std::size_t i = 0; i < k; ++i)
    for (std::size_t j = 0; j < k; ++j) {
      if (beats[i][j] && !reach[j][i]) return Existence::not_attained;
      connected = connected && (i == j || reach[i][j]);
    }
  return connected ? Existence::unique : Existence::flat;
}

void expect_all_tournaments(std::size_t arms) {
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  for (std::size_t i = 0; i < arms; ++i)
    for (std::size_t j = i + 1; j < arms; ++j) pairs.emplace_back(i, j);
  const std::size_t graphs = std::size_t{1} << (2 * pairs.size());
  std::array<int, 4> seen = {};
  for (std::size_t graph = 0; graph < graphs; ++graph) {
    std::vector<std::vector<bool>> beats(arms, std::vector<bool>(arms, false));
    Rows rows;
    for (std::size_t c = 0; c < pairs.size(); ++c) {
      const auto [i, j] = pairs[c];
      std::vector<int> row(arms, 0);
      row[i] = 1;
      row[j] = -1;
      if (graph >> (2 * c) & 1) {
        beats[i][j] = true;
        rows.push_back(row);
      }
      if (graph >> (2 * c + 1) & 1) {
        beats[j][i] = true;
        for (int& x : row) x = -x;
        rows.push_back(row);
      }
    }
    const Existence expected = tournament_outcome(beats);
    ++seen[static_cast<std::size_t>(expected)];
    ASSERT_EQ(outcome_of(rows, arms, arms - 1), expected) << "graph " << graph;
  }
  EXPECT_EQ(seen[0], 0);
  EXPECT_TRUE(seen[1] > 0 && seen[2] > 0 && seen[3] > 0);
}

TEST(Existence, AllTournamentsOfThreeArms) {
  expect_all_tournaments(3);
}
TEST(Existence, AllTournamentsOfFourArms) {
  expect_all_tournaments(4);
}

// ---- Three parameters, against enumeration: the cone {theta in the row space: X theta >= 0} is pointed, so
// if it is not {0} it has an extreme ray. That is +-x_i at rank 1, +-x_i x (x_a x x_b) at rank 2 (orthogonal
// to a row inside the row space) and +-x_i x x_j at rank 3.

using Vector3 = std::array<std::int64_t, 3>;
Vector3 cross(const Vector3& a, const Vector3& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}
std::int64_t dot(const Vector3& a, const Vector3& b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
bool is_zero(const Vector3& a) {
  return a == Vector3{0, 0, 0};
}

struct Enumerated {
  bool separable = false;
  std::size_t rank = 0;
};
Enumerated enumerate(const std::vector<Vector3>& rows) {
  Enumerated result;
  Vector3 normal = {0, 0, 0};
  for (const Vector3& a : rows) {
    if (!is_zero(a)) result.rank = std::max<std::size_t>(result.rank, 1);
    for (const Vector3& b : rows)
      if (const Vector3 n = cross(a, b); !is_zero(n)) {
        result.rank = std::max<std::size_t>(result.rank, 2);
        normal = n;
        for (const Vector3& c : rows)
          if (dot(n, c) != 0) result.rank = 3;
      }
  }
  std::vector<Vector3> rays = rows;
  for (const Vector3& a : rows) {
    rays.push_back(cross(a, normal));
    for (const Vector3& b : rows) rays.push_back(cross(a, b));
  }
  for (const Vector3& ray : rays)
    for (const int sign : {1, -1}) {
      bool feasible = true, strict = false;
      for (const Vector3& row : rows) {
        feasible = feasible && sign * dot(ray, row) >= 0;
        strict = strict || sign * dot(ray, row) > 0;
      }
      result.separable = result.separable || (feasible && strict);
    }
  return result;
}

TEST(Existence, AgreesWithEnumerationOfExtremeRays) {
  Random random(3);
  std::array<int, 4> seen = {};
  for (int trial = 0; trial < 4000; ++trial) {
    const int count = integer(random, 1, 8);
    const bool planar = integer(random, 0, 2) == 0;  // rank 2 in disguise: third = first + second
    Rows rows;
    std::vector<Vector3> vectors;
    for (int i = 0; i < count; ++i) {
      const int a = integer(random, -2, 2), b = integer(random, -2, 2);
      const int c = planar ? a + b : integer(random, -2, 2);
      rows.push_back({a, b, c});
      vectors.push_back({a, b, c});
    }
    const Enumerated truth = enumerate(vectors);
    const std::size_t class_rank = planar && trial % 2 == 0 ? std::max<std::size_t>(truth.rank, 2) : 3;
    const Existence expected = truth.separable           ? Existence::not_attained
                               : truth.rank < class_rank ? Existence::flat
                                                         : Existence::unique;
    ++seen[static_cast<std::size_t>(expected)];
    ASSERT_EQ(outcome_of(rows, 3, class_rank), expected) << "trial " << trial;
  }
  EXPECT_TRUE(seen[1] > 200 && seen[2] > 200 && seen[3] > 200) << seen[1] << ' ' << seen[2] << ' ' << seen[3];
}

// ---- Planted answers at realistic sizes.

Rows random_rows(Random& random, int count, int columns, int support) {
  Rows rows;
  for (int i = 0; i < count; ++i) {
    std::vector<int> row(static_cast<std::size_t>(columns), 0);
    for (int k = 0; k < support; ++k)
      row[static_cast<std::size_t>(integer(random, 0, columns - 1))] = integer(random, 0, 1) * 2 - 1;
    rows.push_back(row);
  }
  return rows;
}

// Rows turned so that a hidden theta has X theta >= 0; those with x theta = 0 appear with both signs, so no
// rounding error may move them off zero.
TEST(Existence, HiddenQuasiSeparationIsFound) {
  for (int trial = 0; trial < 60; ++trial) {
    Random random(static_cast<std::uint64_t>(100 + trial));
    const int columns = integer(random, 3, 60);
    std::vector<int> theta(static_cast<std::size_t>(columns));
    for (int& t : theta) t = integer(random, -1, 1);
    theta[0] = 1;
    Rows rows = random_rows(random, 12 * columns, columns, 5);
    rows.push_back(std::vector<int>(theta.size(), 0));
    rows.back()[0] = 1;  // one row at least is strict
    const std::size_t count = rows.size();
    for (std::size_t i = 0; i < count; ++i) {
      const int product = std::inner_product(theta.begin(), theta.end(), rows[i].begin(), 0);
      std::vector<int> opposite = rows[i];
      for (int& x : opposite) x = -x;
      if (product == 0) rows.push_back(opposite);
      if (product < 0) rows[i] = opposite;
    }
    ASSERT_EQ(outcome_of(rows, theta.size(), theta.size()), Existence::not_attained) << "trial " << trial;
  }
}

// Each last row is minus a positive combination of the others, which are arbitrary: attained.
TEST(Existence, HiddenBalanceIsFound) {
  for (int trial = 0; trial < 60; ++trial) {
    Random random(static_cast<std::uint64_t>(200 + trial));
    const int columns = integer(random, 2, 20);
    Rows rows = random_rows(random, integer(random, 2, 3 * columns), columns, 4);
    std::vector<int> last(static_cast<std::size_t>(columns), 0);
    for (const auto& row : rows) {
      const int weight = integer(random, 1, 9);
      for (std::size_t k = 0; k < row.size(); ++k) last[k] -= weight * row[k];
    }
    rows.push_back(last);
    const Existence outcome = outcome_of(rows, last.size(), last.size());
    ASSERT_TRUE(outcome == Existence::unique || outcome == Existence::flat) << "trial " << trial;
  }
}

// Random sparse data with no planted answer, rank-deficient in a third of the cases (columns that repeat or
// sum others): the exact simplex method is the judge.
TEST(Existence, AgreesWithTheExactSimplexMethod) {
  std::array<int, 4> seen = {};
  for (int trial = 0; trial < 150; ++trial) {
    Random random(static_cast<std::uint64_t>(300 + trial));
    const int columns = integer(random, 2, 9);
    Rows rows = random_rows(random, integer(random, columns, 7 * columns), columns, integer(random, 1, 4));
    std::size_t width = static_cast<std::size_t>(columns);
    if (trial % 3 == 0) {
      for (auto& row : rows) row.push_back(row[0] - 2 * row[1]);
      ++width;
    }
    const DifferenceMatrix matrix = matrix_of(rows, width);
    std::vector<num::BigInteger> dense(matrix.rows() * width, 0);
    for (std::size_t i = 0; i < matrix.rows(); ++i)
      for (std::size_t t = matrix.start[i]; t < matrix.start[i + 1]; ++t)
        dense[i * width + static_cast<std::size_t>(matrix.index[t])] = static_cast<int>(matrix.value[t]);
    const bool separable = !num::stiemke(dense, matrix.rows(), width).direction.empty();
    const Existence outcome = outcome_of(rows, width, static_cast<std::size_t>(columns));
    ++seen[static_cast<std::size_t>(outcome)];
    ASSERT_EQ(outcome == Existence::not_attained, separable) << "trial " << trial;
    const ExistenceCertificate exact =
        test_existence(matrix, static_cast<std::size_t>(columns), {.floating_point = false});
    ASSERT_EQ(exact.outcome, outcome);
    ASSERT_TRUE(verify(exact, matrix, static_cast<std::size_t>(columns)));
  }
  EXPECT_TRUE(seen[1] > 10 && seen[3] > 10) << seen[1] << ' ' << seen[2] << ' ' << seen[3];
}

// Rows (1, -N) and (-1, N + 1) separate only within an angle 1/N^2, far below any tolerance used in the
// search.
TEST(Existence, NeedleConesAreDecidedExactly) {
  constexpr int n = 1'000'000'000;
  EXPECT_EQ(outcome_of({{1, -n}, {-1, n + 1}}, 2, 2), Existence::not_attained);
  EXPECT_EQ(outcome_of({{1, -n}, {-1, n}, {1, 0}, {-1, 0}}, 2, 2), Existence::unique);
  EXPECT_EQ(outcome_of({{1, -n}, {-1, n}}, 2, 2), Existence::flat);
  // (-1, n+1) + (1, -n) = (0, 1): with (0, -1) the three balance and span the plane.
  EXPECT_EQ(outcome_of({{1, -n}, {-1, n + 1}, {0, -1}}, 2, 2), Existence::unique);
}

// ---- Degenerate data.

TEST(Existence, NoInformationIsFlat) {
  EXPECT_EQ(outcome_of({}, 4, 3), Existence::flat);
  EXPECT_EQ(outcome_of({{0, 0, 0, 0}, {0, 0, 0, 0}}, 4, 3), Existence::flat);  // a completion against itself
  EXPECT_EQ(outcome_of({}, 0, 0), Existence::unique);  // a class of one reward function
}

TEST(Existence, UnseenParametersAreFlatOnlyIfTheClassHasThem) {
  const Rows rows = {{1, 0, 0}, {-1, 0, 0}, {1, 2, 0}, {-1, -1, 0}, {0, -1, 0}};
  EXPECT_EQ(outcome_of(rows, 3, 3), Existence::flat);
  EXPECT_EQ(outcome_of(rows, 3, 2), Existence::unique);
}

TEST(Existence, ZeroRowsMultiplicityAndOrderChangeNothing) {
  Random random(7);
  for (int trial = 0; trial < 40; ++trial) {
    const Rows rows = random_rows(random, 40, 6, 3);
    Rows other = rows;
    for (int k = 0; k < 20; ++k) {
      std::vector<int> copy = rows[static_cast<std::size_t>(integer(random, 0, 39))];
      const int factor = integer(random, 0, 4);
      for (int& x : copy) x *= factor;  // 0: a zero row
      other.push_back(copy);
    }
    std::shuffle(other.begin(), other.end(), random);
    const ExistenceCertificate a = test_existence(matrix_of(rows, 6), 6);
    const ExistenceCertificate b = test_existence(matrix_of(other, 6), 6);
    EXPECT_EQ(a.outcome, b.outcome);
    EXPECT_EQ(a.direction, b.direction);
    EXPECT_EQ(a.weights, b.weights);
  }
}

TEST(Existence, TooManyParametersAreRefusedWithTheReason) {
  const DifferenceMatrix matrix = matrix_of({{1, -1, 0}, {-1, 1, 0}}, 3);
  const ExistenceCertificate certificate = test_existence(matrix, 2, {.parameters = 2});
  EXPECT_EQ(certificate.outcome, Existence::no_exact_test);
  EXPECT_NE(certificate.reason.find("3 parameters"), std::string::npos);
}

// ---- The checker.

TEST(ExistenceProof, DamagedCertificatesFail) {
  const DifferenceMatrix separable =
      matrix_of({{1, 1, 0}, {-1, 1, 0}, {0, 1, 1}, {0, 1, -1}, {1, 0, 0}, {-1, 0, 0}}, 3);
  const ExistenceCertificate direction = test_existence(separable, 3);
  ASSERT_EQ(direction.outcome, Existence::not_attained);
  ASSERT_TRUE(verify(direction, separable, 3));
  {
    ExistenceCertificate damaged = direction;
    for (auto& t : damaged.direction) t = -t;
    EXPECT_FALSE(verify(damaged, separable, 3));
    damaged.direction.assign(3, 0);
    EXPECT_FALSE(verify(damaged, separable, 3));
    damaged.direction.pop_back();
    EXPECT_FALSE(verify(damaged, separable, 3));
  }
  ExistenceCertificate pretended = direction;
  pretended.outcome = Existence::unique;
  EXPECT_FALSE(verify(pretended, separable, 3));

  const DifferenceMatrix balanced = matrix_of({{1, 0, 1}, {0, 1, 1}, {-1, -1, -2}, {2, 1, 3}}, 3);
  const ExistenceCertificate weights = test_existence(balanced, 3);
  ASSERT_EQ(weights.outcome, Existence::flat);  // the third column is the sum of the others
  ASSERT_TRUE(verify(weights, balanced, 3));
  ASSERT_EQ(weights.dependences.size(), 1U);
  EXPECT_FALSE(verify(weights, balanced, 2));  // at class rank 2 it would be unique
  for (std::size_t i = 0; i < balanced.rows(); ++i) {
    for (const double wrong : {weights.weights[i] + 10, -weights.weights[i], 0.0, std::nan("")}) {
      ExistenceCertificate damaged = weights;
      damaged.weights[i] = wrong;
      EXPECT_FALSE(verify(damaged, balanced, 3));
    }
  }
  ExistenceCertificate damaged = weights;
  damaged.columns = {0, 1, 2};
  EXPECT_FALSE(verify(damaged, balanced, 3));
  damaged.columns = {0};
  EXPECT_FALSE(verify(damaged, balanced, 3));
  damaged = weights;
  damaged.dependences.front().front().second += 1;
  EXPECT_TRUE(verify(damaged, balanced, 3));  // the residues prove the rank on their own
  damaged.dependences.clear();
  EXPECT_TRUE(verify(damaged, balanced, 3));
}

// The perturbation bound must not accept weights of separable data, however close to balance they are:
// X = {1, -1 in the first parameter; and a row (1, 1) nothing balances in the second}.
TEST(ExistenceProof, NoPositiveWeightsPassOnSeparableData) {
  const DifferenceMatrix matrix = matrix_of({{1, 0}, {-1, 0}, {0, 1}}, 2);
  ExistenceCertificate forged;
  forged.outcome = Existence::unique;
  forged.columns = {0, 1};
  for (const double tiny : {1.0, 1e-3, 1e-8, 1e-15, 1e-100, 1e-300}) {
    for (std::size_t i = 0; i < 3; ++i) {
      forged.weights = {1, 1, 1};
      forged.weights[i] = tiny;
      EXPECT_FALSE(verify(forged, matrix, 2));
    }
  }
  forged.weights.clear();
  forged.exact_weights = {1, 1, 1};
  EXPECT_FALSE(verify(forged, matrix, 2));
}

TEST(ExistenceProof, ExactWeightsAreAcceptedAndChecked) {
  const DifferenceMatrix matrix = matrix_of({{2, 0}, {-3, -1}, {1, 1}}, 2);  // canonical: (1,0) (-3,-1) (1,1)
  ExistenceCertificate certificate;
  certificate.outcome = Existence::unique;
  certificate.columns = {0, 1};
  for (std::size_t i = 0; i < matrix.rows(); ++i)  // 2 (1,0) + (-3,-1) + (1,1) = 0
    certificate.exact_weights.push_back(matrix.start[i + 1] - matrix.start[i] == 1 ? 2 : 1);
  EXPECT_TRUE(verify(certificate, matrix, 2));
  certificate.exact_weights[1] += 1;
  EXPECT_FALSE(verify(certificate, matrix, 2));
}

// ---- From a model and pairs: edge features given row by row.

class EdgeFeatures : public LinearModel {
 public:
  EdgeFeatures(std::vector<std::vector<double>> features, double unit)
      : features_(std::move(features)), unit_(unit) {}
  std::size_t parameters() const override { return features_.front().size(); }
  std::size_t rank() const override { return parameters(); }
  void scores(std::span<const double>, std::span<double>) const override {}
  void pullback(std::span<const double>, std::span<const double>, std::span<double>) const override {}
  void add_path(std::span<const EdgeId> path, double scale, FeatureRow& row) const override {
    for (const EdgeId e : path)
      for (std::size_t k = 0; k < parameters(); ++k) {
        row.index.push_back(static_cast<std::int32_t>(k));
        row.value.push_back(scale * features_[static_cast<std::size_t>(e)][k]);
      }
  }
  double integer_unit(std::size_t) const override { return unit_; }
  void path_covariance(std::span<const double>, std::span<double>) const override {
    throw std::logic_error("no test of existence asks for a covariance");
  }

 private:
  std::vector<std::vector<double>> features_;
  double unit_;
};

PairTable comparisons(const std::vector<std::array<int, 2>>& pairs, std::vector<double> wins,
                      std::vector<double> losses) {
  PairTable table;
  table.horizon = 1;
  for (const auto& [first, second] : pairs) {
    while (table.completion_count() <= static_cast<std::size_t>(std::max(first, second)))
      table.completions.push_back(static_cast<EdgeId>(table.completion_count()));
    table.first.push_back(static_cast<std::uint32_t>(first));
    table.second.push_back(static_cast<std::uint32_t>(second));
  }
  table.wins = std::move(wins);
  table.losses = std::move(losses);
  return table;
}

TEST(Existence, CountsOfBothSignsBalanceAComparison) {
  const EdgeFeatures model({{0.5, 0}, {0, 0.5}, {0, 0}}, 2.0);
  const auto outcome = [&](std::vector<double> wins, std::vector<double> losses) {
    return test_existence(model, comparisons({{0, 1}, {1, 2}, {2, 2}}, std::move(wins), std::move(losses)))
        .outcome;
  };
  EXPECT_EQ(outcome({1, 1, 5}, {3, 1, 2}), Existence::unique);
  EXPECT_EQ(outcome({1, 1, 5}, {0, 1, 2}), Existence::not_attained);
  EXPECT_EQ(outcome({1, 0, 5}, {1, 0, 2}), Existence::flat);
  EXPECT_EQ(outcome({0, 0, 5}, {0, 0, 2}), Existence::flat);
}

TEST(Existence, AWrongIntegerUnitIsAProgrammingError) {
  const EdgeFeatures model({{0.3}, {0.0}}, 2.0);
  EXPECT_THROW(test_existence(model, comparisons({{0, 1}}, {1}, {0})), std::logic_error);
}

// Random doubles are dyadic rationals. Completions on a line, at f and a preferred one at g: with one feature
// the estimate is attained iff both orders occur; three points whose differences sum to zero exactly in
// doubles balance exactly, and one unit in the last place destroys that balance.
TEST(Existence, FeaturesWithoutAUnitAreTestedExactly) {
  const double f = 0.1, g = 0.7;
  const EdgeFeatures line({{f}, {g}, {std::nextafter(g, 1.0)}}, 0.0);
  EXPECT_EQ(test_existence(line, comparisons({{0, 1}, {2, 0}}, {1, 1}, {0, 0})).outcome, Existence::unique);
  EXPECT_EQ(test_existence(line, comparisons({{1, 0}, {2, 1}}, {1, 1}, {0, 0})).outcome,
            Existence::not_attained);

  // Differences d1 = (f, g), d2 = -d1 exactly or off by an ulp in one coordinate: then the two rows span the
  // plane and separate, although by an angle of 1e-16.
  const EdgeFeatures plane({{f, g}, {0, 0}, {f, std::nextafter(g, 1.0)}}, 0.0);
  EXPECT_EQ(test_existence(plane, comparisons({{0, 1}, {1, 0}}, {1, 1}, {0, 0})).outcome, Existence::flat);
  EXPECT_EQ(test_existence(plane, comparisons({{0, 1}, {1, 2}}, {1, 1}, {0, 0})).outcome,
            Existence::not_attained);
}

TEST(Existence, RandomFeaturesAgreeWithThePlantedAnswer) {
  for (int trial = 0; trial < 30; ++trial) {
    Random random(static_cast<std::uint64_t>(500 + trial));
    const auto uniform = [&] { return std::ldexp(static_cast<double>(random() >> 11), -53) - 0.5; };
    const std::size_t arms = 12, p = 4;
    std::vector<std::vector<double>> features(arms, std::vector<double>(p));
    for (auto& row : features)
      for (double& x : row) x = uniform();
    const std::vector<double> theta = {uniform(), uniform(), uniform(), uniform()};
    const EdgeFeatures model(features, 0.0);
    std::vector<std::array<int, 2>> pairs;
    std::vector<double> wins, losses;
    for (int i = 0; i < 12; ++i)
      for (int j = 0; j < i; ++j) {
        double margin = 0;
        for (std::size_t k = 0; k < p; ++k)
          margin += theta[k] *
                    (features[static_cast<std::size_t>(i)][k] - features[static_cast<std::size_t>(j)][k]);
        pairs.push_back({i, j});
        wins.push_back(margin > 0);
        losses.push_back(margin <= 0);
      }
    EXPECT_EQ(test_existence(model, comparisons(pairs, wins, losses)).outcome, Existence::not_attained);
    for (std::size_t c = 0; c < pairs.size(); ++c) wins[c] = losses[c] = 1;
    EXPECT_EQ(test_existence(model, comparisons(pairs, wins, losses)).outcome, Existence::unique);
  }
}

// One real feature: the estimate exists exactly when some pair speaks for r* and some against it. The
// feature's values are differences of doubles without a common unit.
TEST(Existence, OneParameterNeedsASurprise) {
  const World world =
      test::world({{"family", "two-token"}, {"actions", test::integer(30)}, {"headroom", 0.7}});
  const auto model = make_linear_model(test::model_class("true-direction"), world, Role::reward);
  int unique = 0;
  for (std::uint64_t replicate = 0; replicate < 60; ++replicate) {
    const PreferenceData data =
        sample_pairs(world, world.log_reference, 5, RandomSource(3, "one-parameter"), replicate, 0);
    bool confirms = false, surprises = false;
    for (std::size_t i = 0; i < data.size(); ++i) {
      const double x =
          path_sum(world.reward, data.chosen_path(i)) - path_sum(world.reward, data.rejected_path(i));
      confirms |= x > 0;
      surprises |= x < 0;
    }
    const Existence expected = confirms && surprises   ? Existence::unique
                               : confirms || surprises ? Existence::not_attained
                                                       : Existence::flat;
    EXPECT_EQ(test_existence(*model, tabulate(data)).outcome, expected);
    unique += expected == Existence::unique;
  }
  EXPECT_GT(unique, 5);  // both outcomes were met
  EXPECT_LT(unique, 55);
}

TEST(Existence, FeaturesOfExtremeRangeAreRefusedWithTheReason) {
  const EdgeFeatures model({{0x1p90}, {0x1p-40}, {0.0}}, 0.0);
  const ExistenceCertificate certificate =
      test_existence(model, comparisons({{0, 1}, {1, 2}}, {1, 1}, {1, 1}));
  EXPECT_EQ(certificate.outcome, Existence::no_exact_test);
  EXPECT_NE(certificate.reason.find("feature 0"), std::string::npos);
}

}  // namespace
}  // namespace twostage
