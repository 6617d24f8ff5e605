// Classes of texts against counts over all completions, and classes on prompts without data.
#include "sim/model/text_features.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "sim/model/score_model.hpp"
#include "sim/world/prompt_set.hpp"
#include "tests/support/arms.hpp"
#include "tests/support/gradients.hpp"
#include "tests/support/worlds.hpp"

namespace twostage {
namespace {

using test::integer;
using test::model_class;

Settings window(int tokens, int history = 0) {
  return test::settings(
      {{"class", "prompt-window"}, {"window", integer(tokens)}, {"history", integer(history)}});
}

std::vector<double> on_path(const EdgeBasis& basis, const test::Path& path) {
  std::vector<double> row(basis.size(), 0.0);
  basis.add_path(path, 1, row);
  return row;
}

std::vector<int> text_of(const TokenGraph& graph, const test::Path& path) {
  std::vector<int> out;
  for (const EdgeId e : path) out.push_back(graph.action(e));
  return out;
}

World summary(std::initializer_list<std::pair<std::string, Value>> knobs) {
  Settings given = test::settings({{"family", "summary"}, {"prompts", integer(4)}, {"held_out", integer(3)}});
  for (const auto& [name, value] : knobs) given.set(name, value);
  return make_world(resolve_world(given), test::world_seed(), 1e9);
}

TEST(TextFeatures, SkipBigramsAreCountsOfOrderedPairs) {
  const World world = test::world(
      {{"family", "tokens"}, {"alphabet", integer(3)}, {"horizon", integer(4)}, {"prompts", integer(2)}});
  const auto basis = skip_bigrams(world);
  ASSERT_EQ(basis->size(), 8u);
  EXPECT_EQ(basis->count_up_to(1), 2u);
  for (const auto& path : test::completions(world.graph, 1)) {
    const std::vector<int> text = text_of(world.graph, path);
    std::vector<double> expected(8, 0.0);
    for (std::size_t j = 0; j < text.size(); ++j) {
      if (text[j] == 0) continue;
      expected[static_cast<std::size_t>(text[j] - 1)] += 1;
      for (std::size_t i = 0; i < j; ++i)
        expected[2 + static_cast<std::size_t>(text[i] * 2 + text[j] - 1)] += 1;
    }
    EXPECT_EQ(on_path(*basis, path), expected);
  }
}

// Two words of four letters: skip-bigrams, polynomials of degree 2 and all rewards are one class of 15
// numbers.
TEST(TextFeatures, OfTwoWordsSkipBigramsAreEverything) {
  const World world = test::world({{"family", "tokens"}, {"alphabet", integer(4)}, {"horizon", integer(2)}});
  for (const Settings& settings :
       {model_class("skip-bigram"), model_class("degree", 2), model_class("dense")}) {
    EXPECT_EQ(make_model(settings, world, Role::reward)->rank(), 15u);
    EXPECT_EQ(make_model(settings, world, Role::reward)->parameters(), 15u);
  }
  // Longer texts have A^2 - 1, too, where degree 2 has C(5, 1) 2 + C(5, 2) 4 = 50.
  const World longer = test::world({{"family", "tokens"}, {"alphabet", integer(3)}, {"horizon", integer(5)}});
  EXPECT_EQ(make_model(model_class("skip-bigram"), longer, Role::reward)->rank(), 8u);
  EXPECT_EQ(make_model(model_class("degree", 2), longer, Role::reward)->rank(), 50u);
}

// One number for each place, each window that occurs at a prompt with data, each history, and each token but
// one.
TEST(TextFeatures, WindowsScoreWhatTheyShow) {
  for (const int q : {0, 1, 3})
    for (const int history : {0, 2}) {
      const World world = summary({{"horizon", integer(4)}, {"prompt_length", integer(3)}});
      const auto basis = prompt_windows(world, q, history);
      using Key = std::vector<int>;
      const auto keys = [&](std::size_t p, const std::vector<int>& text) {
        std::vector<Key> out;
        for (int h = 0; h < 4; ++h) {
          Key key = {h};
          for (int i = 0; i < q; ++i)
            key.push_back(world.texts->prompt[p][static_cast<std::size_t>((h + i) % 3)]);
          for (int i = std::max(0, h - history); i < h; ++i) key.push_back(text[static_cast<std::size_t>(i)]);
          key.push_back(text[static_cast<std::size_t>(h)]);
          out.push_back(key);
        }
        return out;
      };
      std::map<Key, std::size_t> number;  // of what was met, to a function
      std::size_t places = 0;
      for (const bool with_data : {true, false})
        for (std::size_t p = 0; p < world.graph.prompts(); ++p) {
          if ((p < prompts_with_data(world)) != with_data) continue;
          for (const auto& path : test::completions(world.graph, p)) {
            const std::vector<int> text = text_of(world.graph, path);
            const std::vector<double> row = on_path(*basis, path);
            double left = 0;
            for (const double x : row) left += x;
            for (const Key& key : keys(p, text)) {
              if (key.back() == 0) continue;
              if (with_data && !number.contains(key)) {
                number[key] = places++;
              }
              left -= number.contains(key) ? 1 : 0;
            }
            EXPECT_EQ(left, 0);  // as many scores as things that are known
          }
        }
      EXPECT_EQ(basis->size(), number.size());
      // Completions that show the same have the same row, others another.
      std::map<std::vector<double>, std::set<std::set<Key>>> shown;
      for (std::size_t p = 0; p < prompts_with_data(world); ++p)
        for (const auto& path : test::completions(world.graph, p)) {
          std::set<Key> here;
          for (const Key& key : keys(p, text_of(world.graph, path)))
            if (key.back() != 0) here.insert(key);
          shown[on_path(*basis, path)].insert(here);
        }
      for (const auto& [row, sets] : shown) EXPECT_EQ(sets.size(), 1u);
      EXPECT_EQ(make_model(window(q, history), world, Role::policy)->rank(), basis->size());
    }
}

TEST(TextFeatures, CopyingComparesWithThePrompt) {
  const World world = summary({{"horizon", integer(4)}, {"prompt_length", integer(3)}});
  const auto basis = copying(world);
  for (std::size_t p = 0; p < world.graph.prompts(); ++p)
    for (const auto& path : test::completions(world.graph, p)) {
      const std::vector<int> text = text_of(world.graph, path);
      const std::vector<int>& prompt = world.texts->prompt[p];
      double in_place = 0, shown = 0;
      for (std::size_t h = 0; h < 4; ++h) {
        in_place += h < 3 && text[h] == prompt[h] ? 1 : 0;
        shown += std::ranges::count(prompt, text[h]) > 0 ? 1 : 0;
      }
      int in_order = 0;  // by all subsequences of the text
      for (unsigned set = 0; set < 16; ++set) {
        std::size_t at = 0;
        int length = 0;
        bool fits = true;
        for (std::size_t h = 0; h < 4; ++h) {
          if ((set >> h & 1U) == 0) continue;
          while (at < 3 && prompt[at] != text[h]) ++at;
          fits = fits && at < 3;
          ++at, ++length;
        }
        if (fits) in_order = std::max(in_order, length);
      }
      EXPECT_EQ(on_path(*basis, path), (std::vector<double>{in_place, shown, static_cast<double>(in_order)}));
    }
}

// With a reference that is the prompt, and as long, tokens in order are the truth: copying holds it.
TEST(TextFeatures, CopyingHoldsTheTruthOfCopies) {
  const World world = summary({{"reference_text", "copy"}, {"horizon", integer(4)}});
  const auto model = make_model(model_class("copying"), world, Role::reward);
  std::vector<double> scores(world.graph.edges());
  model->scores(std::vector<double>{0, 0, 2.0 / 8}, scores);
  for (std::size_t e = 0; e < scores.size(); ++e) EXPECT_NEAR(scores[e], world.reward[e], 1e-15);
}

// A class of which each prompt has its own parameters has none on a prompt without data, and is there what it
// is without such prompts; a shared one is itself everywhere.
TEST(TextFeatures, OwnClassesSayNothingOfPromptsWithoutData) {
  for (const char* family : {"tokens", "walk", "bandit", "two-token", "maze", "summary"}) {
    for (const char* name : {"terminal", "dense", "degree", "first", "true-direction", "skip-bigram"}) {
      Settings given = test::settings(
          {{"family", family}, {"prompts", integer(3)}, {"reference", "random"}, {"shared_classes", false}});
      if (std::string(family) == "bandit") given.set("features", integer(2));
      const World alone = make_world(resolve_world(given), test::world_seed(), 1e9);
      given.set("held_out", integer(2));
      const World split = make_world(resolve_world(given), test::world_seed(), 1e9);
      std::unique_ptr<ScoreModel> model, small;
      try {
        small = make_model(model_class(name), alone, Role::reward);
      } catch (const InputError&) {
        continue;  // no such class in this world
      }
      SCOPED_TRACE(std::string(family) + " " + name);
      model = make_model(model_class(name), split, Role::reward);
      if (std::string(family) != "maze") {
        EXPECT_EQ(model->parameters(), small->parameters());
        EXPECT_EQ(model->rank(), small->rank());
      }
      std::vector<double> scores(split.graph.edges(), 7.0);
      model->scores(test::normal_vector(model->parameters(), 3), scores);
      const std::vector<double> pull = test::normal_vector(scores.size(), 4);
      std::vector<double> with(model->parameters()), without(model->parameters());
      model->pullback(with, pull, with);
      std::vector<double> masked = pull;
      bool speaks = false;
      for (std::size_t p = 0; p < 5; ++p)
        for (int h = 0; h < split.graph.horizon(); ++h)
          for (EdgeId e = split.graph.prompt_edges(h, p).begin; e < split.graph.prompt_edges(h, p).end; ++e) {
            const auto i = static_cast<std::size_t>(e);
            if (p >= 3) {
              EXPECT_EQ(scores[i], 0);
              masked[i] = 0;
            }
            speaks = speaks || scores[i] != 0;
          }
      EXPECT_TRUE(speaks);
      model->pullback(with, masked, without);
      EXPECT_EQ(with, without);
      if (const LinearModel* linear = model->linear())
        for (const auto& path : test::completions(split.graph, 4)) {
          FeatureRow row;
          linear->add_path(path, 1, row);
          EXPECT_TRUE(row.index.empty());
        }
    }
  }
}

TEST(TextFeatures, RefusalsNameTheNearestChoice) {
  const auto refusal = [](const Settings& of_class, const World& world,
                          Role role = Role::reward) -> std::string {
    try {
      make_model(of_class, world, role);
    } catch (const InputError& error) {
      return error.key() + ": " + error.what();
    }
    return "";
  };
  using testing::AllOf;
  using testing::HasSubstr;
  using testing::StartsWith;
  const World walk = test::world({{"family", "walk"}});
  const World tokens = test::world({{"family", "tokens"}});
  const World rows = summary({{"states", "rows"}, {"shared_classes", false}});
  EXPECT_THAT(refusal(model_class("skip-bigram"), walk),
              AllOf(StartsWith("class: "), HasSubstr("whole texts"), HasSubstr("'tokens'")));
  EXPECT_THAT(refusal(model_class("skip-bigram"), rows), HasSubstr("states = 'texts'"));
  EXPECT_THAT(refusal(model_class("copying"), rows), HasSubstr("states = 'texts'"));
  EXPECT_THAT(refusal(model_class("copying"), tokens),
              AllOf(StartsWith("class: "), HasSubstr("world 'summary'")));
  EXPECT_THAT(refusal(window(5), summary({})), AllOf(StartsWith("window: "), HasSubstr("valid: 0 to 4")));
  EXPECT_EQ(refusal(window(2), rows), "");
  EXPECT_THAT(refusal(window(2, 1), rows), AllOf(StartsWith("history: "), HasSubstr("valid: history = 0")));
  const World own = test::world(
      {{"family", "tokens"}, {"prompts", integer(2)}, {"held_out", integer(1)}, {"shared_classes", false}});
  EXPECT_THAT(refusal(model_class("first-token"), own, Role::policy),
              AllOf(StartsWith("class: "), HasSubstr("held out"), HasSubstr("shared_classes = true")));
}

}  // namespace
}  // namespace twostage
