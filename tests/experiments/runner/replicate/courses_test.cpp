// The steps of a course as an axis: one course a replicate, read at each of its values.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>

#include "experiments/runner/replicate/strand.hpp"
#include "experiments/runner/result/batches.hpp"
#include "experiments/runner/result/result_table.hpp"
#include "experiments/runner/study/study.hpp"

namespace twostage {
namespace {

constexpr double kRoom = 1e9;  // bytes

const std::string kStudy = R"(name = "courses"
title = "Courses"
question = "How many steps?"
world = { family = "tokens", horizon = 3, degree = 1, headroom = 0.5 }
penalty = { kind = "none" }
measures = ["gradient_steps", "labels", "ended"]
[[arms]]
name = "walked"
algorithm = "dpo"
policy = { class = "tabular" }
course = { kind = "gradient", rate = 2.0 }
[[arms]]
name = "exact"
algorithm = "dpo"
policy = { class = "tabular" }
[axes]
pairs = [20, 40]
"course.steps" = [16, 0, 64, 4]
[replicates]
smoke = 3
paper = 3
)";

Study study() {
  return parse_study("courses", kStudy, "courses.toml", "smoke", {});
}

Dataset table_of(const Study& study, const std::vector<Strand>& strands) {
  const Columns columns = columns_of(study);
  ResultTable table(study, columns, kRoom);
  for (const Strand& strand : strands) {
    const auto results = run_strand(study, columns, strand, kRoom);
    for (const BatchResult& result : *results) table.add(result);
  }
  return table.take();
}

std::vector<std::uint64_t> bits(const Dataset& data, const std::string& name) {
  std::vector<std::uint64_t> out;
  for (const double value : std::get<std::vector<double>>(data.variable(name).data))
    out.push_back(std::bit_cast<std::uint64_t>(value));
  return out;
}

TEST(Courses, AreReadAlongTheirStepsBitForBit) {
  const Study s = study();
  const std::vector<Batch> batches = batches_of(s);
  const std::vector<Strand> whole = strands_of(s, batches, 1);
  ASSERT_EQ(whole.size(), 1u) << "pairs and steps alike are read off one strand";
  std::vector<Strand> alone;
  for (const Batch& batch : batches) alone.push_back({batch});
  const Dataset together = table_of(s, whole);
  const Dataset apart = table_of(s, alone);
  for (const char* name : {"regret", "gradient_norm", "gradient_steps"})
    EXPECT_EQ(bits(together, name), bits(apart, name)) << name;
  std::vector<Strand> backwards = whole;
  std::ranges::reverse(backwards.front());
  EXPECT_EQ(bits(table_of(s, backwards), "regret"), bits(apart, "regret"));
}

// However many threads would like a share: a course that is taken apart costs its largest budget many times.
TEST(Courses, AreNeverTakenApart) {
  for (const std::string axes : {"pairs = [20, 40]\n\"course.steps\" = [16, 0, 64, 4]",
                                 "\"course.steps\" = [16, 0, 64, 4]\npairs = [20, 40]"}) {
    std::string text = kStudy;
    const std::string given = "pairs = [20, 40]\n\"course.steps\" = [16, 0, 64, 4]";
    text.replace(text.find(given), given.size(), axes);
    const Study s = parse_study("courses", text, "courses.toml", "smoke", {{"batch", "1"}});
    const std::vector<Strand> strands = strands_of(s, batches_of(s), 1000);
    ASSERT_EQ(strands.size(), 2u * 3u) << "one for each number of pairs and each replicate";
    for (const Strand& strand : strands) {
      ASSERT_EQ(strand.size(), 4u);
      for (const Batch& batch : strand) {
        EXPECT_EQ(recipe_at(s, batch.point).pairs, recipe_at(s, strand.front().point).pairs);
        EXPECT_EQ(batch.first, strand.front().first);
      }
    }
  }
}

// Whose budget ends is no failure: its status is ok, its steps are counted, and theory says that it has no
// word.
TEST(Courses, ThatEndWithTheirBudgetAreSound) {
  const Study s = study();
  const Dataset data = table_of(s, strands_of(s, batches_of(s), 1));
  const auto& status = std::get<std::vector<std::uint8_t>>(data.variable("status").data);
  const auto& steps = std::get<std::vector<double>>(data.variable("gradient_steps").data);
  const auto& labels = std::get<std::vector<double>>(data.variable("labels").data);
  const auto& ended = std::get<std::vector<std::uint8_t>>(data.variable("ended").data);
  const std::vector<double> expected_steps = {16, 0, 64, 4};
  for (std::size_t point = 0; point < 8; ++point)
    for (std::size_t r = 0; r < 3; ++r) {
      const std::size_t walked = (point * 3 + r) * 2;
      EXPECT_EQ(status[walked], static_cast<std::uint8_t>(ArmStatus::ok));
      EXPECT_EQ(steps[walked], expected_steps[point % 4]);
      EXPECT_EQ(steps[walked + 1], 0);
      EXPECT_EQ(labels[walked], point < 4 ? 20 : 40);
      EXPECT_EQ(ended[walked], static_cast<std::uint8_t>(Ended::budget));
    }
}

// Who asks a run to stop need not wait for the end of a course.
TEST(Courses, AreBrokenOffWhenAsked) {
  const Study s = parse_study("courses", kStudy, "courses.toml", "smoke",
                              {{"course.steps", "1000000000"}, {"pairs", "20"}});
  int asked = 0;
  EXPECT_FALSE(run_strand(s, columns_of(s), {{0, 0, 3}}, kRoom, nullptr, [&] { return ++asked > 100; }));
}

TEST(Courses, AreWrittenBackOnlyWhereThereIsOne) {
  const std::string text = configuration_text(study());
  EXPECT_NE(text.find("course = {"), std::string::npos);
  EXPECT_EQ(text.find("course = {", text.find("course = {") + 1), std::string::npos)
      << "the exact arm has none";
  const Study again = parse_study("courses", text, "again.toml", "smoke", {});
  EXPECT_EQ(configuration_text(again), text);
}

TEST(Courses, MistakesAreNamedAtTheirPlace) {
  const auto refused = [](const std::string& from, const std::string& to, const std::string& says) {
    std::string text = kStudy;
    text.replace(text.find(from), from.size(), to);
    try {
      recipe_at(parse_study("courses", text, "courses.toml", "smoke", {}), 0);
      ADD_FAILURE() << "accepted: " << to;
    } catch (const InputError& error) {
      EXPECT_NE(std::string(error.what()).find(says), std::string::npos) << error.what();
    }
  };
  refused("rate = 2.0", "rate = -1.0", "rate");
  refused("rate = 2.0", "ratte = 2.0", "did you mean 'rate'");
  refused("kind = \"gradient\"", "kind = \"gradiant\"", "did you mean 'gradient'");
}

}  // namespace
}  // namespace twostage
