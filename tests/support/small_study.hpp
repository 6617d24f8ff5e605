// The command line in a folder with the small study (studies.hpp), and what every refusal has in common.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/process.hpp"
#include "tests/support/studies.hpp"

namespace twostage::test {

class SmallStudy : public testing::Test {
 protected:
  void SetUp() override { write_text(folder / "small.toml", kSmallStudy); }

  Outcome twostage(const std::vector<std::string>& arguments, const std::string& prefix = "") {
    return run(folder.path(), TWOSTAGE_PROGRAM, arguments, prefix);
  }
  Outcome run_small(std::vector<std::string> more = {}, const std::string& prefix = "") {
    more.insert(more.begin(), {"run", "small.toml", "--preset", "smoke", "--out", "r.h5"});
    return twostage(more, prefix);
  }
  // One message, exit code 2, no stack trace, nothing on stdout.
  void expect_refused(const Outcome& outcome, const std::string& says) {
    using testing::HasSubstr;
    EXPECT_EQ(outcome.code, 2) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(says));
    EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(outcome.err,
                testing::Not(testing::AnyOf(HasSubstr("terminate"), HasSubstr("internal error"))));
  }

  ScratchFolder folder;
};

}  // namespace twostage::test
