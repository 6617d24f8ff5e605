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

}  // namespace
}  // namespace twostage
