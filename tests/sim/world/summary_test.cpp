// ROUGE-L and the summaries: against the table of dynamic programming and all texts, and the known shares of
// its variance by the order of interaction.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "sim/basis/polynomial_basis.hpp"
#include "sim/plan/divergence.hpp"
#include "sim/plan/return_distribution.hpp"
#include "sim/plan/sweeps.hpp"
#include "sim/world/prompt_set.hpp"
#include "sim/world/rouge.hpp"
#include "tests/support/worlds.hpp"

namespace twostage {
namespace {

using test::integer;
using Text = std::vector<int>;

// The textbook table.
int longest_common(const Text& a, const Text& b) {
  std::vector<std::vector<int>> table(a.size() + 1, std::vector<int>(b.size() + 1, 0));
  for (std::size_t i = 1; i <= a.size(); ++i)
    for (std::size_t j = 1; j <= b.size(); ++j)
      table[i][j] =
          a[i - 1] == b[j - 1] ? table[i - 1][j - 1] + 1 : std::max(table[i - 1][j], table[i][j - 1]);
  return table[a.size()][b.size()];
}

std::vector<Text> all_texts(int alphabet, int length) {
  std::vector<Text> out = {{}};
  for (int i = 0; i < length; ++i) {
    std::vector<Text> longer;
    for (const Text& text : out)
      for (int a = 0; a < alphabet; ++a) {
        longer.push_back(text);
        longer.back().push_back(a);
      }
    out = std::move(longer);
  }
  return out;
}

Text text_of(const TokenGraph& graph, const test::Path& path) {
  Text out;
  for (const EdgeId e : path) out.push_back(graph.action(e));
  return out;
}

World summary(std::initializer_list<std::pair<std::string, Value>> knobs, std::uint64_t instance = 0) {
  Settings given = test::settings(knobs);
  given.set("family", std::string("summary"));
  return make_world(resolve_world(given), test::world_seed(instance), 1e9);
}

TEST(CommonSubsequence, IsTheTableOfAllTexts) {
  for (const Text& reference : {Text{}, Text{1}, Text{0, 0, 0}, Text{0, 1, 2, 0, 1}, Text{2, 1, 1, 0}}) {
    const CommonSubsequence common(reference);
    for (int length = 0; length <= 5; ++length)
      for (const Text& text : all_texts(3, length)) {
        CommonSubsequence::Row row = CommonSubsequence::kNothing;
        for (const int token : text) row = common.after(row, token);
        // Not the last entry alone: each bit is a difference along the row.
        for (std::size_t j = 0; j <= reference.size(); ++j)
          ASSERT_EQ(CommonSubsequence::length(row & ((CommonSubsequence::Row{1} << j) - 1)),
                    longest_common(text, Text(reference.begin(), reference.begin() + static_cast<long>(j))));
      }
  }
  EXPECT_THROW(CommonSubsequence(Text(32, 0)), std::invalid_argument);
}

// P = 2/4, R = 2/3: F = 2 (1/2)(2/3) / (7/6) = 4/7.
TEST(RougeL, IsTheHarmonicMeanOfPrecisionAndRecall) {
  EXPECT_DOUBLE_EQ(rouge_l(2, 4, 3), 4.0 / 7);
  EXPECT_EQ(rouge_l(0, 4, 3), 0);
  EXPECT_EQ(rouge_l(0, 4, 0), 0);
  EXPECT_EQ(rouge_l(5, 5, 5), 1);
}

TEST(Summary, EveryTextIsWorthItsRougeL) {
  for (const char* states : {"texts", "rows"})
    for (const char* kind : {"copy", "function", "salient", "hidden"}) {
      const World w = summary({{"horizon", integer(4)},
                               {"prompts", integer(3)},
                               {"held_out", integer(2)},
                               {"prompt_length", integer(5)},
                               {"k", integer(2)},
                               {"states", states},
                               {"reference_text", kind}});
      ASSERT_EQ(w.graph.prompts(), 5u);
      for (std::size_t p = 0; p < 5; ++p) {
        const Text& reference = w.texts->reference[p];
        const auto paths = test::completions(w.graph, p);
        EXPECT_EQ(paths.size(), 81u);
        for (const auto& path : paths) {
          const Text text = text_of(w.graph, path);
          const int common = longest_common(text, reference);
          const double f = common == 0
                               ? 0
                               : 2.0 * (common / 4.0) * common / static_cast<double>(reference.size()) /
                                     (common / 4.0 + common / static_cast<double>(reference.size()));
          EXPECT_NEAR(test::sum_along(w.reward, path), f, 1e-15);
        }
      }
    }
}

// Merged states lose nothing of the truth: the law of rewards, the optimum and what there is to gain stay.
TEST(Summary, RowsAreWorthWhatTextsAre) {
  for (const char* kind : {"function", "salient"}) {
    const auto of = [&](const char* states) {
      return summary({{"horizon", integer(6)},
                      {"prompts", integer(3)},
                      {"states", states},
                      {"shared_classes", false},
                      {"reference_text", kind},
                      {"beta", 0.1}});
    };
    const World texts = of("texts"), rows = of("rows");
    EXPECT_LT(rows.graph.edges(), texts.graph.edges() / 4);
    SoftPlan a, b;
    soft_plan(texts.graph, texts.log_reference, texts.reward, texts.beta, a);
    soft_plan(rows.graph, rows.log_reference, rows.reward, rows.beta, b);
    for (std::size_t p = 0; p < 3; ++p) EXPECT_NEAR(a.value[p], b.value[p], 1e-14);
    EXPECT_NEAR(regret(texts, texts.log_reference, a.log_policy),
                regret(rows, rows.log_reference, b.log_policy), 1e-14);
    const auto law = [](const World& w, const SoftPlan& plan) {
      std::map<std::pair<int, long>, std::pair<double, double>> out;
      for (const ReturnAtom& atom :
           return_distribution(w.graph, w.reward, {}, plan.log_policy, w.log_reference)) {
        auto& mass = out[{atom.prompt, std::lround(atom.first * 1e9)}];
        mass.first += atom.p;
        mass.second += atom.q;
      }
      return out;
    };
    const auto of_texts = law(texts, a), of_rows = law(rows, b);
    ASSERT_EQ(of_texts.size(), of_rows.size());
    for (const auto& [value, mass] : of_texts) {
      EXPECT_NEAR(of_rows.at(value).first, mass.first, 1e-13);
      EXPECT_NEAR(of_rows.at(value).second, mass.second, 1e-13);
    }
  }
}

// Tokens 16: 4^16 = 4.3e9 texts a prompt; a row has 16 bits, and a layer no more than 2^16.
TEST(Summary, RowsMakeLongTextsExact) {
  const World w = summary(
      {{"horizon", integer(16)}, {"alphabet", integer(4)}, {"states", "rows"}, {"reference_text", "hidden"}});
  EXPECT_EQ(count_completions(w.graph), std::pow(4.0, 16));
  EXPECT_LT(w.graph.edges(), 2u << 20);
  std::vector<double> least(1), most(1);
  path_sum_range(w.graph, w.reward, least, most);
  EXPECT_NEAR(most[0], 1, 1e-12);  // the reference itself
}

// Shares of the variance of ROUGE-L over uniform texts by the order of interaction of its terms, all
// references counting alike: in percent, from means over the tables of all texts, worked out elsewhere
// (numpy, without a basis). A pilot with a few references had 72.6, 19.3, 5.2, 2.1, .8
// and 72.1, 20.9, 5.3, 1.7.
TEST(Summary, ItsVarianceIsMostlyOfFirstOrder) {
  for (const auto& [A, H, expected] : std::vector<std::tuple<int, int, std::vector<double>>>{
           {3, 5, {70.15347, 21.81683, 5.08958, 2.18783, 0.75229}},
           {4, 4, {72.47224, 20.84894, 4.97435, 1.70446}}}) {
    const PolynomialBasis basis(A, H, 1);
    const World shape =
        test::world({{"family", "tokens"}, {"alphabet", integer(A)}, {"horizon", integer(H)}});
    const auto paths = test::completions(shape.graph);
    std::vector<double> share(static_cast<std::size_t>(H), 0.0);
    double total = 0;
    for (const Text& reference : all_texts(A, H)) {
      const CommonSubsequence common(reference);
      std::vector<double> c(basis.size(), 0.0);
      for (const auto& path : paths) {
        CommonSubsequence::Row row = CommonSubsequence::kNothing;
        for (const EdgeId e : path) row = common.after(row, shape.graph.action(e));
        basis.add_path(path,
                       rouge_l(CommonSubsequence::length(row), H, H) / static_cast<double>(paths.size()), c);
      }
      std::size_t k = 0;
      for (int d = 1; d <= H; ++d)
        for (; k < basis.count_up_to(d); ++k) {
          share[static_cast<std::size_t>(d - 1)] += c[k] * c[k];
          total += c[k] * c[k];
        }
    }
    for (int d = 0; d < H; ++d)
      EXPECT_NEAR(100 * share[static_cast<std::size_t>(d)] / total, expected[static_cast<std::size_t>(d)],
                  1e-5)
          << "A = " << A << ", order " << d + 1;
  }
}

// A token of the reference depends on k tokens of the prompt and on no other, each of them counts, and none
// of its values is more frequent than another.
TEST(Summary, EachReferenceTokenIsAFunctionOfKTokens) {
  for (const int k : {1, 2, 3}) {
    std::set<int> counts;  // places that were seen to count
    // All 27 texts of three tokens are prompts.
    const World w = summary({{"horizon", integer(3)},
                             {"prompt_length", integer(3)},
                             {"prompts", integer(27)},
                             {"k", integer(k)},
                             {"shared_classes", false}},
                            5);
    for (std::size_t j = 0; j < 3; ++j) {
      std::map<Text, std::set<int>> values;
      std::map<int, int> frequency;
      for (std::size_t p = 0; p < 27; ++p) {
        Text window;
        for (std::size_t i = 0; i < static_cast<std::size_t>(k); ++i)
          window.push_back(w.texts->prompt[p][(j + i) % 3]);
        values[window].insert(w.texts->reference[p][j]);
        ++frequency[w.texts->reference[p][j]];
      }
      for (const auto& [window, tokens] : values) EXPECT_EQ(tokens.size(), 1u);
      for (const auto& [token, times] : frequency) EXPECT_EQ(times, 9) << token;
      for (const auto& [window, tokens] : values)
        for (const auto& [other, others] : values) {
          int apart = 0, where = 0;
          for (int i = 0; i < k; ++i)
            if (window[static_cast<std::size_t>(i)] != other[static_cast<std::size_t>(i)]) ++apart, where = i;
          if (apart == 1 && tokens != others) counts.insert(where);
        }
    }
    EXPECT_EQ(counts.size(), static_cast<std::size_t>(k));
  }
}

TEST(Summary, ReferencesAreWhatTheirNamesSay) {
  const auto of = [](const char* kind) {
    return summary({{"prompts", integer(6)},
                    {"prompt_length", integer(5)},
                    {"horizon", integer(7)},
                    {"alphabet", integer(4)},
                    {"salient", integer(2)},
                    {"states", "rows"},
                    {"shared_classes", false},
                    {"reference_text", kind}});
  };
  const World copy = of("copy"), salient = of("salient"), hidden = of("hidden");
  std::set<int> kept;
  for (const Text& text : salient.texts->reference) kept.insert(text.begin(), text.end());
  EXPECT_EQ(kept.size(), 2u);
  for (std::size_t p = 0; p < 6; ++p) {
    EXPECT_EQ(copy.texts->prompt[p], hidden.texts->prompt[p]);  // what is made of them does not move them
    for (std::size_t j = 0; j < 7; ++j) EXPECT_EQ(copy.texts->reference[p][j], copy.texts->prompt[p][j % 5]);
    Text expected;
    for (const int a : salient.texts->prompt[p])
      if (kept.contains(a)) expected.push_back(a);
    EXPECT_EQ(salient.texts->reference[p], expected);
  }
  EXPECT_NE(hidden.texts->reference[0], hidden.texts->reference[1]);
}

// A prompt is the same however many there are, no two are equal, and data have the first of them.
TEST(Summary, PromptsAreDistinctAndNested) {
  const auto prompts = [](int with_data, int held_out) {
    return summary({{"prompts", integer(with_data)},
                    {"held_out", integer(held_out)},
                    {"prompt_length", integer(3)},
                    {"shared_classes", false}})
        .texts->prompt;
  };
  const auto all = prompts(27, 0);
  EXPECT_EQ(std::set<Text>(all.begin(), all.end()).size(), 27u);
  const auto some = prompts(5, 6);
  EXPECT_EQ(some, std::vector<Text>(all.begin(), all.begin() + 11));
}

TEST(Summary, RefusalsNameTheNearestChoice) {
  const auto refusal = [](std::initializer_list<std::pair<std::string, Value>> knobs) -> std::string {
    try {
      summary(knobs);
    } catch (const InputError& error) {
      return error.key() + ": " + error.what();
    }
    return "";
  };
  using testing::AllOf;
  using testing::HasSubstr;
  using testing::StartsWith;
  EXPECT_THAT(refusal({{"prompts", integer(20)}, {"held_out", integer(8)}, {"prompt_length", integer(3)}}),
              AllOf(StartsWith("prompts: "), HasSubstr("28"), HasSubstr("27 texts"), HasSubstr("raise")));
  EXPECT_THAT(refusal({{"k", integer(5)}}), AllOf(StartsWith("k: "), HasSubstr("valid: 1 to 4")));
  EXPECT_THAT(refusal({{"salient", integer(3)}}), AllOf(StartsWith("salient: "), HasSubstr("valid: 1 to 2")));
  EXPECT_THAT(refusal({{"states", "rows"}, {"prompts", integer(2)}, {"shared_classes", true}}),
              AllOf(StartsWith("shared_classes: "), HasSubstr("valid: shared_classes = false")));
  EXPECT_THAT(
      refusal({{"horizon", integer(16)}, {"alphabet", integer(8)}}),
      AllOf(StartsWith("horizon: "), HasSubstr("too large"), HasSubstr("GB"), HasSubstr("lower horizon")));
  EXPECT_THAT(refusal({{"reference_text", "cpoy"}}), HasSubstr("did you mean 'copy'"));
}

// Where something is to be gained, a prompt with data has completions that differ in what they are worth: a
// text without a salient token, or with every token of a text of one, is no such prompt. Drawn anew, at
// addresses of its own; a world that needs none is the one that it has been.
TEST(Summary, WithoutAChoiceIsRedrawn) {
  for (const char* kind : {"salient", "copy", "hidden", "function"}) {
    int redrawn = 0;
    for (std::uint64_t instance = 0; instance < 60; ++instance) {
      const auto of = [&](double headroom) {
        return summary({{"horizon", integer(1)},
                        {"alphabet", integer(3)},
                        {"prompt_length", integer(4)},
                        {"reference_length", integer(4)},
                        {"reference", "random"},
                        {"reference_text", kind},
                        {"headroom", headroom}},
                       instance);
      };
      const World world = of(2), plain = of(0);
      std::vector<double> least(1), most(1);
      path_sum_range(world.graph, world.reward, least, most);
      EXPECT_LT(least[0], most[0]) << kind << instance;
      EXPECT_EQ(plain.redraws, 0);
      path_sum_range(plain.graph, plain.reward, least, most);
      EXPECT_EQ(world.redraws > 0, least[0] == most[0]) << kind << instance;
      if (world.redraws == 0) {
        EXPECT_EQ(world.texts->prompt, plain.texts->prompt);
      }
      redrawn += world.redraws > 0 ? 1 : 0;
    }
    // Of salient texts (2/3)^4 = 16 of 81 have no such token; of the others 36 of 81 have all three.
    const double expected = std::string(kind) == "salient" ? 60 * 16.0 / 81 : 60 * 36.0 / 81;
    EXPECT_GT(redrawn, expected - 19) << kind;  // five standard deviations: false alarm below 1e-6
    EXPECT_LT(redrawn, expected + 19) << kind;
  }
}

TEST(Summary, ThatNoDrawGivesAChoiceSaysWhatToChange) {
  // Of sixteen tokens, two letters: all alike in one of 32768 draws.
  EXPECT_THAT(
      [] {
        summary({{"horizon", integer(1)},
                 {"alphabet", integer(2)},
                 {"reference_length", integer(16)},
                 {"reference_text", "hidden"},
                 {"headroom", 0.5}});
      },
      testing::ThrowsMessage<InputError>(
          testing::AllOf(testing::HasSubstr("in each of 1000 draws all completions"),
                         testing::HasSubstr("lower reference_length"))));
}

}  // namespace
}  // namespace twostage
