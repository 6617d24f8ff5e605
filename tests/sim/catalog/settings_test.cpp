#include "sim/catalog/settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "sim/catalog/registry.hpp"

namespace twostage {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const std::vector<Knob>& knobs() {
  static const std::vector<Knob> k = {
      {"count", std::int64_t{3}, 1, 10, {}, "a count"},
      {"rate", 0.5, 0, 1, {}, "a rate"},
      {"mode", "fast", 0, 0, {"fast", "slow"}, "a choice"},
      {"label", "", 0, 0, {}, "any text"},
      {"flag", true, 0, 0, {}, "a switch"},
      {"grid", std::vector<double>{1, 2}, 0, 5, {}, "numbers"},
  };
  return k;
}

Settings one(const std::string& name, Value value) {
  Settings out;
  out.set(name, std::move(value));
  return out;
}

std::string error_of(const Settings& given) {
  try {
    resolve(knobs(), given, "thing 'x'");
  } catch (const InputError& error) {
    EXPECT_EQ(error.key(), given.values().begin()->first);
    return error.what();
  }
  return "no error";
}

TEST(Settings, DefaultsFillWhatIsNotGiven) {
  const Settings s = resolve(knobs(), one("count", std::int64_t{7}), "thing 'x'");
  EXPECT_EQ(s.integer("count"), 7);
  EXPECT_EQ(s.real("rate"), 0.5);
  EXPECT_EQ(s.text("mode"), "fast");
  EXPECT_EQ(s.text("label"), "");
  EXPECT_TRUE(s.boolean("flag"));
  EXPECT_EQ(s.reals("grid"), (std::vector<double>{1, 2}));
  EXPECT_EQ(s.values().size(), knobs().size());
}

// The canonical form holds a real for a real knob, so that 1 and 1.0 are one configuration.
TEST(Settings, AnIntegerIsARealWhereARealIsAskedFor) {
  EXPECT_EQ(resolve(knobs(), one("rate", std::int64_t{1}), "thing 'x'"),
            resolve(knobs(), one("rate", 1.0), "thing 'x'"));
}

TEST(Settings, LimitsAreInclusive) {
  EXPECT_EQ(error_of(one("count", std::int64_t{1})), "no error");
  EXPECT_EQ(error_of(one("count", std::int64_t{10})), "no error");
  EXPECT_EQ(error_of(one("rate", 0.0)), "no error");
  EXPECT_EQ(error_of(one("grid", std::vector<double>{0, 5})), "no error");
}

TEST(Settings, OutOfRangeSaysTheValueAndTheRange) {
  EXPECT_EQ(error_of(one("count", std::int64_t{11})),
            "thing 'x': count = 11 is out of range; valid: 1 to 10");
  EXPECT_THAT(error_of(one("count", std::int64_t{0})), HasSubstr("valid: 1 to 10"));
  EXPECT_THAT(error_of(one("rate", 1.5)), HasSubstr("rate = 1.5"));
  EXPECT_THAT(error_of(one("rate", std::numeric_limits<double>::quiet_NaN())), HasSubstr("out of range"));
  EXPECT_THAT(error_of(one("rate", std::numeric_limits<double>::infinity())), HasSubstr("out of range"));
  EXPECT_THAT(error_of(one("grid", std::vector<double>{1, 6})), HasSubstr("grid = 6"));
}

TEST(Settings, WrongTypeSaysWhatIsNeededAndWhatWasGiven) {
  EXPECT_EQ(error_of(one("count", 2.5)), "thing 'x': count must be an integer, not a number (2.5)");
  EXPECT_THAT(error_of(one("count", 2.0)), HasSubstr("must be an integer"));
  EXPECT_THAT(error_of(one("rate", std::string("0.5"))), HasSubstr("must be a number, not a text (0.5)"));
  EXPECT_THAT(error_of(one("flag", std::int64_t{1})), HasSubstr("must be true or false, not an integer"));
  EXPECT_THAT(error_of(one("mode", true)), HasSubstr("must be a text"));
  EXPECT_THAT(error_of(one("grid", 1.0)), HasSubstr("must be a list of numbers"));
}

TEST(Settings, UnknownKeysAndChoicesNameTheNearest) {
  EXPECT_THAT(error_of(one("cuont", std::int64_t{1})),
              AllOf(HasSubstr("unknown key 'cuont'"), HasSubstr("did you mean 'count'?"),
                    HasSubstr("valid: count, rate")));
  EXPECT_THAT(error_of(one("mode", "fats")),
              HasSubstr("unknown mode 'fats'; did you mean 'fast'? valid: fast, slow"));
  EXPECT_THAT(error_of(one("temperature", 1.0)), Not(HasSubstr("did you mean")));
  EXPECT_EQ(error_of(one("label", "whatever")), "no error");
}

TEST(Settings, NearestIsByEditDistance) {
  const std::vector<std::string> words = {"bandit", "tokens", "walk"};
  EXPECT_EQ(nearest("wlak", words), "walk");
  EXPECT_EQ(nearest("token", words), "tokens");
  EXPECT_EQ(nearest("bandits", words), "bandit");
  EXPECT_EQ(nearest("walk", words), "walk");
  EXPECT_EQ(nearest("xyzzyplugh", words), "");
  EXPECT_EQ(nearest("walk", {}), "");
}

TEST(Settings, ReadingWhatWasNotResolvedIsAProgrammingError) {
  EXPECT_THROW(Settings{}.integer("count"), std::logic_error);
  const Settings s = one("count", std::int64_t{3});
  EXPECT_EQ(s.real("count"), 3.0);
  EXPECT_ANY_THROW(s.text("count"));
}

TEST(Settings, TextIsCanonical) {
  EXPECT_EQ(to_text(true), "true");
  EXPECT_EQ(to_text(std::int64_t{-3}), "-3");
  EXPECT_EQ(to_text(0.1), "0.1");
  EXPECT_EQ(to_text(1e-3), "0.001");
  EXPECT_EQ(to_text(std::string("walk")), "walk");
  EXPECT_EQ(to_text(std::vector<double>{1, 0.5}), "[1, 0.5]");
  EXPECT_EQ(std::stod(to_text(1.0 / 3)), 1.0 / 3);
}

TEST(Registry, FindsByNameAndNamesTheChoicesOtherwise) {
  const Registry<int> registry(
      "fruit", {{"apple", "a", "b", Status::exact, {}, 1}, {"pear", "a", "b", Status::exact, {}, 2}});
  EXPECT_EQ(registry.at("pear").extra, 2);
  EXPECT_EQ(registry.names(), (std::vector<std::string>{"apple", "pear"}));
  const auto expect_error = [&](std::string_view key, const std::string& expected_key) {
    try {
      registry.at("peer", key);
      FAIL();
    } catch (const InputError& error) {
      EXPECT_EQ(error.key(), expected_key);
      EXPECT_STREQ(error.what(), "unknown fruit 'peer'; did you mean 'pear'? valid: apple, pear");
    }
  };
  expect_error("snack", "snack");
  expect_error({}, "fruit");
}

}  // namespace
}  // namespace twostage
