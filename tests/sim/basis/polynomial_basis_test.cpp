// The basis against its definition, multiplied out: no transform, no recursion.
#include "sim/basis/polynomial_basis.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "sim/random/draw.hpp"
#include "tests/support/worlds.hpp"

namespace twostage {
namespace {

struct Size {
  int alphabet;
  int horizon;
};
constexpr Size kSizes[] = {{2, 1}, {2, 5}, {3, 4}, {4, 3}, {5, 2}};

TokenGraph prefix_forest(Size size, std::size_t prompts) {
  return test::world({{"family", "tokens"},
                      {"alphabet", test::integer(size.alphabet)},
                      {"horizon", test::integer(size.horizon)},
                      {"degree", test::integer(1)},
                      {"prompts", static_cast<std::int64_t>(prompts)}})
      .graph;
}

// h_c(a) of contrast_transform.hpp, written out.
double contrast(int A, int c, int a) {
  if (c == 0) return 1;
  const double scale = std::sqrt(A / (c * (c + 1.0)));
  return a < c ? scale : a == c ? -c * scale : 0;
}

// The names (c_1, ..., c_{max S}) in the documented order: by degree, last position, lexicographically.
std::vector<std::vector<int>> names(Size size) {
  std::vector<std::vector<int>> out;
  std::vector<std::vector<int>> prefixes = {{}};
  for (int m = 0; m < size.horizon; ++m) {
    std::vector<std::vector<int>> longer;
    for (const auto& prefix : prefixes)
      for (int c = 0; c < size.alphabet; ++c) {
        longer.push_back(prefix);
        longer.back().push_back(c);
        if (c != 0) out.push_back(longer.back());
      }
    prefixes = longer;
  }
  const auto degree = [](const std::vector<int>& name) {
    return std::ranges::count_if(name, [](int c) { return c != 0; });
  };
  std::ranges::stable_sort(out, [&](const auto& a, const auto& b) {
    if (degree(a) != degree(b)) return degree(a) < degree(b);
    if (a.size() != b.size()) return a.size() < b.size();
    return a < b;
  });
  return out;
}

double evaluate(int A, const std::vector<int>& name, const std::vector<int>& tokens) {
  double value = 1;
  for (std::size_t j = 0; j < name.size(); ++j) value *= contrast(A, name[j], tokens[j]);
  return value;
}

std::vector<int> tokens_of(const TokenGraph& graph, const test::Path& path) {
  std::vector<int> out;
  for (const EdgeId e : path) out.push_back(graph.action(e));
  return out;
}

std::vector<double> normals(std::size_t n, std::uint64_t stream) {
  Philox4x64 engine({1, 2}, {stream << 24, 0, 0, 0});
  std::vector<double> out(n);
  for (double& x : out) x = draw_normal(engine);
  return out;
}

TEST(PolynomialBasis, CountsAreBinomial) {
  for (const Size size : kSizes) {
    const PolynomialBasis basis(size.alphabet, size.horizon, 1);
    double total = 0;
    double of_degree = 1;  // C(H,i) (A-1)^i
    EXPECT_EQ(basis.count_up_to(0), 0u);
    for (int i = 1; i <= size.horizon; ++i) {
      of_degree *= (size.horizon - i + 1.0) / i * (size.alphabet - 1);
      total += of_degree;
      EXPECT_EQ(static_cast<double>(basis.count_up_to(i)), total);
    }
    EXPECT_EQ(basis.count_up_to(size.horizon + 3), basis.size());
    EXPECT_EQ(static_cast<double>(basis.size()), std::pow(size.alphabet, size.horizon) - 1);
    EXPECT_EQ(basis.max_degree(), size.horizon);
  }
}

TEST(PolynomialBasis, FunctionsAreTheDocumentedProductsInTheDocumentedOrder) {
  for (const Size size : kSizes) {
    const PolynomialBasis basis(size.alphabet, size.horizon, 1);
    const TokenGraph graph = prefix_forest(size, 1);
    const auto name = names(size);
    ASSERT_EQ(name.size(), basis.size());
    for (const auto& path : test::completions(graph)) {
      std::vector<double> row(basis.size(), 0.0);
      basis.add_path(path, 1.0, row);
      for (std::size_t k = 0; k < row.size(); ++k)
        ASSERT_NEAR(row[k], evaluate(size.alphabet, name[k], tokens_of(graph, path)), 1e-13)
            << "function " << k;
    }
  }
}

TEST(PolynomialBasis, IsOrthonormalUnderUniformCompletions) {
  for (const Size size : kSizes) {
    const PolynomialBasis basis(size.alphabet, size.horizon, 1);
    const TokenGraph graph = prefix_forest(size, 1);
    const auto paths = test::completions(graph);
    const std::size_t n = basis.size();
    std::vector<double> mean(n, 0.0);
    std::vector<double> gram(n * n, 0.0);
    for (const auto& path : paths) {
      std::vector<double> row(n, 0.0);
      basis.add_path(path, 1.0, row);
      for (std::size_t j = 0; j < n; ++j) {
        mean[j] += row[j] / static_cast<double>(paths.size());
        for (std::size_t k = 0; k < n; ++k)
          gram[j * n + k] += row[j] * row[k] / static_cast<double>(paths.size());
      }
    }
    for (std::size_t j = 0; j < n; ++j) {
      EXPECT_NEAR(mean[j], 0.0, 1e-12);
      for (std::size_t k = 0; k < n; ++k) ASSERT_NEAR(gram[j * n + k], j == k ? 1.0 : 0.0, 1e-12);
    }
  }
}

// Each function is written to the edges of its last position and to no others; a sum of functions, cut off
// anywhere, to the sum of these, in every copy of a forest.
TEST(PolynomialBasis, SynthesizePlacesEachFunctionOnTheEdgesOfItsLastPosition) {
  const std::size_t prompts = 3;
  for (const Size size : kSizes) {
    const PolynomialBasis basis(size.alphabet, size.horizon, prompts);
    const TokenGraph graph = prefix_forest(size, prompts);
    const auto name = names(size);
    for (const std::size_t used : {std::size_t{0}, std::size_t{1}, basis.size() / 2, basis.size()}) {
      const auto c = normals(used, used);
      std::vector<double> edges(graph.edges(), NAN);
      basis.synthesize(c, edges);
      for (std::size_t p = 0; p < prompts; ++p)
        for (const auto& path : test::completions(graph, p))
          for (std::size_t h = 0; h < path.size(); ++h) {
            double expected = 0;
            for (std::size_t k = 0; k < used; ++k)
              if (name[k].size() == h + 1)
                expected += c[k] * evaluate(size.alphabet, name[k], tokens_of(graph, path));
            ASSERT_NEAR(edges[static_cast<std::size_t>(path[h])], expected, 1e-12);
          }
    }
  }
}

TEST(PolynomialBasis, PathSumsOfOneFunctionAreItsRow) {
  for (const Size size : kSizes) {
    const PolynomialBasis basis(size.alphabet, size.horizon, 2);
    const TokenGraph graph = prefix_forest(size, 2);
    std::vector<double> edges(graph.edges());
    for (std::size_t k = 0; k < basis.size(); ++k) {
      std::vector<double> unit(k + 1, 0.0);
      unit[k] = 1;
      basis.synthesize(unit, edges);
      for (const auto& path : test::completions(graph, 1)) {
        std::vector<double> row(k + 1, 0.5);
        basis.add_path(path, -2.0, row);
        ASSERT_NEAR(row[k], 0.5 - 2 * test::sum_along(edges, path), 1e-12);
      }
    }
  }
}

// <synthesize(c), y> = <c, analyze(y)>, for one prompt and for all.
TEST(PolynomialBasis, AnalyzeIsTheTranspose) {
  const std::size_t prompts = 3;
  for (const Size size : kSizes) {
    const PolynomialBasis basis(size.alphabet, size.horizon, prompts);
    const std::size_t edges = prefix_forest(size, prompts).edges();
    const auto y = normals(edges, 7);
    for (const std::size_t used : {std::size_t{1}, (basis.size() + 1) / 2, basis.size()}) {
      const auto c = normals(used, 8);
      const auto inner = [](std::span<const double> a, std::span<const double> b) {
        double sum = 0;
        for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
        return sum;
      };
      std::vector<double> image(edges);
      std::vector<double> back(used);
      basis.synthesize(c, image);
      basis.analyze(y, back);
      EXPECT_NEAR(inner(image, y), inner(c, back), 1e-10);
      std::vector<double> total(used, 0.0);
      for (std::size_t p = 0; p < prompts; ++p) {
        std::fill(image.begin(), image.end(), 0.0);
        basis.synthesize_prompt(p, c, image);
        basis.analyze_prompt(p, y, back);
        EXPECT_NEAR(inner(image, y), inner(c, back), 1e-10);
        for (std::size_t k = 0; k < used; ++k) total[k] += back[k];
      }
      basis.analyze(y, back);
      for (std::size_t k = 0; k < used; ++k) EXPECT_NEAR(total[k], back[k], 1e-11);
    }
  }
}

TEST(PolynomialBasis, SynthesizePromptLeavesOtherPromptsAlone) {
  const Size size{3, 3};
  const TokenGraph graph = prefix_forest(size, 3);
  const PolynomialBasis basis(3, 3, 3);
  const auto c = normals(basis.size(), 9);
  std::vector<double> all(graph.edges());
  std::vector<double> one(graph.edges(), 42.0);
  basis.synthesize(c, all);
  basis.synthesize_prompt(1, c, one);
  for (int h = 0; h < 3; ++h)
    for (std::size_t p = 0; p < 3; ++p)
      for (EdgeId e = graph.prompt_edges(h, p).begin; e < graph.prompt_edges(h, p).end; ++e)
        EXPECT_EQ(one[static_cast<std::size_t>(e)], p == 1 ? all[static_cast<std::size_t>(e)] : 42.0);
}

TEST(PolynomialBasis, IntegerUnitMakesValuesIntegers) {
  for (const Size size : kSizes) {
    const PolynomialBasis basis(size.alphabet, size.horizon, 1);
    for (const auto& path : test::completions(prefix_forest(size, 1))) {
      std::vector<double> row(basis.size(), 0.0);
      basis.add_path(path, 1.0, row);
      for (std::size_t k = 0; k < row.size(); ++k) {
        ASSERT_GT(basis.integer_unit(k), 0.0);
        const double scaled = row[k] * basis.integer_unit(k);
        ASSERT_NEAR(scaled, std::round(scaled), 1e-12);
      }
    }
    for (std::size_t k = 0; size.alphabet == 2 && k < basis.size(); ++k)
      EXPECT_EQ(basis.integer_unit(k), 1.0);
  }
}

// Names are shared by all horizons: a truth keeps its coefficients when the horizon grows.
TEST(PolynomialBasis, CodesDoNotDependOnTheHorizon) {
  for (const int A : {2, 3}) {
    const PolynomialBasis small(A, 3, 1);
    const PolynomialBasis large(A, 4, 1);
    std::vector<EdgeId> codes;
    for (std::size_t k = 0; k < large.size(); ++k)
      if (large.code(k) < static_cast<EdgeId>(A + A * A + A * A * A)) codes.push_back(large.code(k));
    std::vector<EdgeId> expected;
    for (std::size_t k = 0; k < small.size(); ++k) expected.push_back(small.code(k));
    EXPECT_EQ(codes, expected);
  }
}

// Blocks beyond the cache size are transformed recursively: one coefficient per layer of a tree with 2^14
// completions, against the product.
TEST(PolynomialBasis, LargeBlocksAgreeWithTheProduct) {
  for (const Size size : {Size{2, 14}, Size{3, 9}}) {
    const TokenGraph graph = prefix_forest(size, 1);
    const PolynomialBasis basis(size.alphabet, size.horizon, 1);
    std::vector<double> edges(graph.edges());
    const auto c = normals(basis.count_up_to(2), 3);
    basis.synthesize(c, edges);
    Philox4x64 engine({5, 5}, {0, 0, 0, 0});
    for (int trial = 0; trial < 50; ++trial) {
      test::Path path;
      StateId s = 0;
      for (int h = 0; h < size.horizon; ++h) {
        path.push_back(graph.edge(s, static_cast<int>(engine() % static_cast<std::uint64_t>(size.alphabet))));
        s = graph.successor(path.back());
      }
      std::vector<double> row(c.size(), 0.0);
      basis.add_path(path, 1.0, row);
      double expected = 0;
      for (std::size_t k = 0; k < c.size(); ++k) expected += c[k] * row[k];
      EXPECT_NEAR(test::sum_along(edges, path), expected, 1e-10);
    }
    std::vector<double> back(basis.size());
    basis.analyze(edges, back);
    // Edges of layer m hold A^m values of orthonormal functions: analyze(synthesize(c))[k] = A^m c[k].
    for (std::size_t k = 0; k < c.size(); ++k) {
      double width = 1;
      double begin = 0;
      while (begin + width * size.alphabet <= basis.code(k)) begin += width *= size.alphabet;
      width *= size.alphabet;
      EXPECT_NEAR(back[k] / width, c[k], 1e-12);
    }
  }
}

}  // namespace
}  // namespace twostage
