// Claims that did not stand before the numbers are marked, and those that did keep their level.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/results/verdict/judging.hpp"

namespace twostage {
namespace {

using test::alpha;
using test::Builder;
using ::testing::HasSubstr;

const Claim kSmaller{.id = "smaller",
                     .statement = "It is smaller.",
                     .interval = "ratio(regret['rm+plan'], regret['dpo']) in (0, 1) where horizon == 1"};
const Claim kBelow{.id = "below", .statement = "It is below 2.", .holds = "regret['dpo'] < 2"};

std::vector<Verdict> judged(const std::vector<Claim>& claims, const ClaimRecord& record, double at = alpha) {
  const Builder b = test::regrets(100, 0.5);
  const Background background{b.data(), {}, record};
  return judge(b.data(), claims, at, &background);
}

TEST(PostHoc, ClaimsOfTheRecordAreNot) {
  Claim explained = kSmaller;
  explained.explanation = "Written afterwards, by design.";
  for (const Verdict& v : judged({explained, kBelow}, {alpha, 1, {kSmaller, kBelow}}))
    EXPECT_EQ(v.post_hoc, "") << v.id;
}

TEST(PostHoc, WhatDecidesAClaimsMeaningIsCompared) {
  const ClaimRecord record{alpha, 1, {kSmaller, kBelow}};
  const auto reason = [&](void (*change)(Claim&)) {
    Claim claim = kSmaller;
    change(claim);
    return judged({claim, kBelow}, record).at(0).post_hoc;
  };
  EXPECT_THAT(reason([](Claim& c) { c.id = "other"; }),
              HasSubstr("not among the claims that the run began with"));
  EXPECT_THAT(reason([](Claim& c) { c.statement = "It is larger."; }),
              HasSubstr("its statement changed since"));
  EXPECT_THAT(reason([](Claim& c) { c.interval = "mean(regret['dpo']) in (0, 1)"; }),
              HasSubstr("its formula changed since"));
  Claim strict = kBelow;
  strict.holds = "regret['dpo'] < 1";
  EXPECT_THAT(judged({kSmaller, strict}, record).at(1).post_hoc, HasSubstr("its formula"));
  // alpha decides the level of intervals alone.
  const auto stricter = judged({kSmaller, kBelow}, record, alpha / 2);
  EXPECT_THAT(stricter.at(0).post_hoc, HasSubstr("alpha changed since"));
  EXPECT_EQ(stricter.at(1).post_hoc, "");
  Claim existing = kSmaller;
  existing.requires_existence = true;
  EXPECT_THAT(post_hoc(existing, alpha, record), HasSubstr("requires_existence changed"));
  EXPECT_THAT(judged({kSmaller}, {}).at(0).post_hoc, HasSubstr("not among"))
      << "without a record nothing is known";
}

// Two points. Before the run there were two interval claims: each has alpha / 2, each of its points half of
// that.
TEST(PostHoc, AClaimKeepsItsShareOfAlphaWhateverIsAddedOrTakenAway) {
  Claim second = kSmaller;
  second.id = "second";
  const ClaimRecord record{alpha, 2, {kSmaller, second}};
  std::vector<Claim> many{kSmaller, second};
  for (const char* id : {"x", "y", "z"}) {
    many.push_back(kSmaller);
    many.back().id = id;
  }
  const Verdict before = judged({kSmaller, second}, record).at(0);
  EXPECT_DOUBLE_EQ(before.level, 1 - alpha / 4);
  const auto added = judged(many, record);
  const Verdict alone = judged({kSmaller}, record).at(0);
  for (const Verdict* v : {&added.at(0), &alone}) {
    EXPECT_EQ(v->post_hoc, "");
    EXPECT_EQ(v->level, before.level);
    EXPECT_EQ(v->low, before.low);
    EXPECT_EQ(v->high, before.high);
  }
  EXPECT_NE(added.at(4).post_hoc, "");
  EXPECT_DOUBLE_EQ(added.at(4).level, 1 - alpha / 10) << "of the five there are now";
}

TEST(PostHoc, AClaimThatIsRefusedIsAnErrorOfItsOwn) {
  Claim nowhere = kBelow;
  nowhere.id = "nowhere";
  nowhere.holds = "regret['dpo'] < 2 where pairs == 101";
  const auto verdicts = judged({kBelow, nowhere}, {alpha, 0, {kBelow, nowhere}});
  EXPECT_EQ(verdicts.at(0).outcome, Outcome::holds);
  EXPECT_EQ(verdicts.at(1).outcome, Outcome::error);
  EXPECT_THAT(verdicts.at(1).evidence, HasSubstr("no value 101"));
}

}  // namespace
}  // namespace twostage
