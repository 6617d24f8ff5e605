#include "results/verdict/print/report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

namespace twostage {
namespace {

Verdict ratio_verdict() {
  Verdict v;
  v.id = "ratio-grows";
  v.statement = "It grows.";
  v.claim = "ratio(a, b) in (1, inf)";
  v.outcome = Outcome::supported;
  v.estimate = 2.718281828;
  v.low = 2;
  v.high = 8;
  v.level = 0.9975;
  v.log_scale = true;
  v.replicates = 400;
  v.points = 2;
  v.evidence = "least favourable: horizon = 2";
  v.parts = {{"horizon = 2", Outcome::supported, 4, 2, 8, 400, ""},
             {"horizon = 4", Outcome::supported, 5, 4, 6, 400, ""}};
  return v;
}

Verdict holds_verdict() {
  Verdict v;
  v.id = "same";
  v.outcome = Outcome::fails;
  v.explanation = "because";
  v.estimate = 1e-3;
  v.replicates = 4;
  return v;
}

TEST(VerdictTable, IsAligned) {
  std::ostringstream out;
  print_verdicts(out, {ratio_verdict(), holds_verdict()}, 80);
  EXPECT_EQ(out.str(),
            "verdict    claim        estimate  interval    level  replicates\n"
            "supported  ratio-grows     2.718    [2, 8]  99.75 %         400\n"
            "           It grows.\n"
            "           least favourable: horizon = 2\n"
            "fails      same            0.001                              4\n"
            "           because\n");
}

TEST(VerdictTable, MarksWhatIsPostHoc) {
  Verdict v = holds_verdict();
  v.post_hoc = "its formula changed since the run began";
  std::ostringstream out;
  print_verdicts(out, {v}, 80);
  EXPECT_EQ(out.str(),
            "verdict          claim  estimate  interval  level  replicates\n"
            "fails, post hoc  same      0.001                            4\n"
            "                 post hoc: its formula changed since the run began\n"
            "                 because\n");
}

TEST(VerdictTable, LongTextsAreWrapped) {
  Verdict v = holds_verdict();
  v.explanation = "";
  for (int i = 0; i < 60; ++i) v.explanation += (i > 0 ? " word" : "word") + std::to_string(i);
  std::ostringstream out;
  print_verdicts(out, {v}, 80);
  std::istringstream lines(out.str());
  std::string text;
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    EXPECT_LE(line.size(), 80U);
    if (count < 2) continue;
    EXPECT_EQ(line.substr(0, 9), "         ");
    text += line.substr(text.empty() ? 9 : 8);
  }
  EXPECT_GT(count, 4);
  EXPECT_EQ(text, v.explanation);
}

// Too narrow for the numbers beside the claim's name, then for the numbers beside each other.
TEST(VerdictTable, FitsANarrowTerminal) {
  std::ostringstream out;
  Verdict v = ratio_verdict();
  v.id = "ratio-grows-with-the-horizon";
  print_verdicts(out, {v}, 70);
  EXPECT_EQ(out.str(),
            "verdict    claim               estimate  interval    level  replicates\n"
            "supported  ratio-grows-with-the-horizon\n"
            "                                  2.718    [2, 8]  99.75 %         400\n"
            "           It grows.\n"
            "           least favourable: horizon = 2\n");
  out.str("");
  print_verdicts(out, {v, holds_verdict()}, 40);
  EXPECT_EQ(out.str(),
            "verdict     supported\n"
            "claim       ratio-grows-with-the-horizon\n"
            "estimate    2.718\n"
            "interval    [2, 8]\n"
            "level       99.75 %\n"
            "replicates  400\n"
            "  It grows.\n"
            "  least favourable: horizon = 2\n"
            "\n"
            "verdict     fails\n"
            "claim       same\n"
            "estimate    0.001\n"
            "replicates  4\n"
            "  because\n");
}

TEST(VerdictJson, HoldsEverythingAndMarksWhatIsMissing) {
  Verdict open = ratio_verdict();
  open.high = INFINITY;
  open.parts[1].predicted = 1.23456789;
  const auto json = nlohmann::json::parse(verdicts_json("horizon", 0.01, {open, holds_verdict()}));
  EXPECT_EQ(json["study"], "horizon");
  EXPECT_EQ(json["alpha"], 0.01);
  const auto& first = json["verdicts"][0];
  EXPECT_EQ(first["outcome"], "supported");
  EXPECT_EQ(first["estimate"], 2.71828);
  EXPECT_EQ(first["low"], 2);
  EXPECT_TRUE(first["high"].is_null());
  EXPECT_FALSE(first["parts"][0].contains("predicted"));
  EXPECT_EQ(first["parts"][1]["point"], "horizon = 4");
  EXPECT_EQ(first["parts"][1]["predicted"], 1.23457);
  EXPECT_EQ(first["explanation"], "");
  EXPECT_TRUE(first["post_hoc"].is_null());
  EXPECT_TRUE(first["tally"].is_null());
  EXPECT_TRUE(json["part"].is_null());
  EXPECT_EQ(json["verdicts"][1]["explanation"], "because");
  EXPECT_TRUE(json["verdicts"][1]["low"].is_null());
}

TEST(VerdictJson, SaysWhatIsPostHocAPartAndOpen) {
  Verdict v = ratio_verdict();
  v.post_hoc = "its statement changed since the run began";
  v.tally = PointTally{3, 1, 2, 4};
  const auto json = nlohmann::json::parse(verdicts_json("horizon", 0.01, {v}, "4 of 12 replicates"));
  EXPECT_EQ(json["part"], "4 of 12 replicates");
  EXPECT_EQ(json["verdicts"][0]["post_hoc"], v.post_hoc);
  EXPECT_EQ(json["verdicts"][0]["tally"],
            nlohmann::json({{"shown", 3}, {"contradicted", 1}, {"open", 2}, {"undecided", 4}}));
}

}  // namespace
}  // namespace twostage
