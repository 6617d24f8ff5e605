// Every class has a known parameter count here (SCIENCE 5.4 and 5.5), by name: a new one without it fails.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "sim/model/score_model.hpp"
#include "tests/support/worlds.hpp"

namespace twostage {
namespace {

using test::integer;

struct Known {
  Settings world;
  Settings knobs;
  std::size_t count;  // dimension of its rewards modulo one constant a prompt; of its logits where it is no
                      // reward class
};

const std::map<std::string, Known>& known() {
  const auto walk = test::settings({{"family", "walk"}, {"horizon", integer(4)}});
  const auto tokens = test::settings({{"family", "tokens"}, {"horizon", integer(5)}});
  const auto two_token = test::settings({{"family", "two-token"}, {"actions", integer(7)}});
  const auto summary =
      test::settings({{"family", "summary"}, {"horizon", integer(4)}, {"prompts", integer(2)}});
  static const std::map<std::string, Known> table = {
      // Final positions -H .. H, modulo a constant: 2H.
      {"terminal", {walk, {}, 8}},
      // 2 differences of 3 actions at each of 1 + 3 + ... + (2H - 1) = H^2 states; potentials are rewards
      // too.
      {"dense", {walk, {}, 32}},
      // The same object; on a prefix tree every function of the completion: 2^H - 1.
      {"tabular", {tokens, {}, 31}},
      // Walsh functions of 1 or 2 of the 5 positions: 5 + 10.
      {"degree", {tokens, test::settings({{"degree", integer(2)}}), 15}},
      {"first", {tokens, test::settings({{"k", integer(7)}}), 7}},
      // The scale alone.
      {"true-direction", {two_token, {}, 1}},
      // Differences of 7 logits.
      {"first-token", {two_token, {}, 6}},
      // Tokens 1 .. A - 1, and ordered pairs that end in one of them, A = 2: 1 + 2.
      {"skip-bigram", {tokens, {}, 3}},
      // H = 4 places and 2 of 3 tokens to score, whatever the prompt.
      {"prompt-window", {summary, test::settings({{"window", integer(0)}}), 8}},
      // In its place, anywhere, in order.
      {"copying", {summary, {}, 3}},
      // As many policies as rewards of the final position, modulo a constant.
      {"planned", {walk, test::settings({{"of", "terminal"}}), 8}},
      // Of one unit over 5 binary places 1 + 1 + 5 numbers: 31 differences tell them all apart.
      {"mlp", {tokens, test::settings({{"width", integer(1)}, {"scores", "completion"}}), 7}},
      // A product (a + p.x)(c + q.x) of two forms of 6 numbers, less the factor that may be moved from one to
      // the
      // other.
      {"low-rank", {tokens, test::settings({{"rank", integer(1)}, {"scores", "completion"}}), 11}},
      {"implicit", {tokens, test::settings({{"of", "tabular"}}), 31}},
      // Of 15 functions any four.
      {"sparse",
       {tokens, test::settings({{"of", "degree"}, {"degree", integer(2)}, {"features", integer(4)}}), 4}},
  };
  return table;
}

TEST(ModelClasses, EveryOneHasItsKnownCount) {
  std::vector<std::string> names;
  for (const auto& [name, count] : known()) names.push_back(name);
  EXPECT_THAT(names, testing::UnorderedElementsAreArray(model_classes().names()));
  for (const auto& [name, expected] : known()) {
    const World world = make_world(resolve_world(expected.world), test::world_seed(), 1e9);
    Settings settings = expected.knobs;
    settings.set("class", name);
    const Role role = model_classes().at(name).extra.as_reward ? Role::reward : Role::policy;
    EXPECT_EQ(make_model(settings, world, role)->rank(), expected.count) << name;
  }
}

// In both roles, or it says why it makes no sense in one of them.
TEST(ModelClasses, EveryOneServesInBothRolesOrSaysWhyNot) {
  for (const auto& entry : model_classes().entries()) {
    EXPECT_EQ(entry.extra.as_policy && entry.extra.as_reward, entry.extra.refusal.empty()) << entry.name;
    EXPECT_TRUE(entry.extra.as_policy || entry.extra.as_reward) << entry.name;
  }
}

// `of` names a class of rewards, whose knobs stand beside it.
TEST(ModelClasses, PlannedTakesTheKnobsOfItsRewards) {
  const auto planned = [](std::initializer_list<std::pair<std::string, Value>> values) {
    Settings out = test::settings(values);
    out.set("class", std::string("planned"));
    return out;
  };
  EXPECT_EQ(resolve_class(planned({{"of", "degree"}})), planned({{"of", "degree"}, {"degree", integer(0)}}));
  EXPECT_EQ(resolve_class(planned({{"of", "terminal"}})), planned({{"of", "terminal"}}));
  const Settings first = test::settings({{"class", "first"}, {"k", integer(3)}});
  EXPECT_EQ(plans_of(first), planned({{"of", "first"}, {"k", integer(3)}}));
  EXPECT_EQ(rewards_planned_for(plans_of(first)), first);
  EXPECT_EQ(rewards_planned_for(first), std::nullopt);

  const auto refusal = [](const Settings& given) -> std::string {
    try {
      resolve_class(given);
    } catch (const InputError& error) {
      return error.key() + ": " + error.what();
    }
    return "";
  };
  using testing::AllOf;
  using testing::HasSubstr;
  using testing::StartsWith;
  EXPECT_THAT(refusal(planned({})), AllOf(StartsWith("of: "), HasSubstr("valid: terminal, dense")));
  EXPECT_THAT(refusal(planned({{"of", "termnal"}, {"degree", integer(2)}})),
              AllOf(StartsWith("of: "), HasSubstr("did you mean 'terminal'")))
      << "before the knobs that depend on it";
  EXPECT_THAT(refusal(planned({{"of", "first-token"}})), StartsWith("of: ")) << "is no class of rewards";
  EXPECT_THAT(refusal(planned({{"of", "planned"}})), StartsWith("of: "));
  EXPECT_THAT(refusal(planned({{"of", "terminal"}, {"k", integer(2)}})),
              AllOf(StartsWith("k: "), HasSubstr("class 'planned'"), HasSubstr("valid: of")));
}

// Who cannot do without linearity says so, and what would do.
TEST(ModelClasses, ALinearViewIsAskedForAndRefused) {
  const World world = test::world({{"family", "walk"}, {"horizon", integer(3)}});
  const Settings plans = plans_of(test::settings({{"class", "terminal"}}));
  const auto model = make_model(plans, world, Role::policy);
  EXPECT_EQ(model->linear(), nullptr);
  ASSERT_NE(model->planned_rewards(), nullptr);
  EXPECT_EQ(model->planned_rewards()->rank(), model->rank());
  const auto tabular = make_model(test::settings({{"class", "tabular"}}), world, Role::policy);
  EXPECT_EQ(tabular->linear(), tabular.get());
  EXPECT_EQ(tabular->planned_rewards(), nullptr);
  try {
    make_linear_model(plans, world, Role::policy);
    FAIL() << "accepted";
  } catch (const InputError& error) {
    EXPECT_EQ(error.key(), "class");
    EXPECT_THAT(error.what(), testing::AllOf(testing::HasSubstr("'planned'"), testing::HasSubstr("linear"),
                                             testing::HasSubstr("valid: dense, tabular, degree")));
  }
}

}  // namespace
}  // namespace twostage
