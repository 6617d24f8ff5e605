// Prompts that are held out, as a user meets them: the axis, the note, the refusals.
#include "tests/support/small_study.hpp"

namespace twostage {
namespace {

using test::Outcome;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class PromptsHeldOut : public test::SmallStudy {};

TEST_F(PromptsHeldOut, TrainAndHeldOutStandSideBySide) {
  const Outcome ran =
      run_small({"prompts=2", "held_out=3", "reference=random", "population=train,held-out", "degree=1"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.err, Not(HasSubstr("the reference")));
  const Outcome table = twostage({"table", "r.h5", "regret['dpo']", "--by", "population,pairs"});
  EXPECT_EQ(table.code, 0) << table.err;
  EXPECT_THAT(table.out, AllOf(HasSubstr("train"), HasSubstr("held-out")));
}

TEST_F(PromptsHeldOut, ArmsThatKnowNothingThereAreNamedOnce) {
  const Outcome ran =
      run_small({"prompts=2", "held_out=3", "shared_classes=false", "population=held-out", "degree=1"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.err,
              HasSubstr("small: note: on prompts without data the policy of rm+plan, dpo is the reference"));
}

TEST_F(PromptsHeldOut, AWorldWithoutThemIsRefusedWithWhatWouldDo) {
  expect_refused(run_small({"population=held-out"}),
                 "holds no prompts out; valid: 'train', or a world with held_out");
  expect_refused(run_small({"population=heldout", "held_out=1"}), "did you mean 'held-out'?");
  expect_refused(run_small({"held_out=-1"}), "held_out = -1 is out of range");
  expect_refused(run_small({"held_out=1", "shared_classes=false", "arms.dpo.policy.class=first-token"}),
                 "a prompt that is held out has no first token of its own");
}

}  // namespace
}  // namespace twostage
