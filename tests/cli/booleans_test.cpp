// An axis of true and false: bytes 0 and 1 with names in the file, true and false wherever people read it.
#include <sys/wait.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "results/store/store.hpp"
#include "tests/attack/forgery.hpp"
#include "tests/support/small_study.hpp"

namespace twostage {
namespace {

using test::edited;
using test::Outcome;
using test::write_text;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

using Bytes = std::vector<std::uint8_t>;

// A knob of the world, in front of the pairs; two prompts, so that it makes a difference.
class Booleans : public test::SmallStudy {
 protected:
  void SetUp() override {
    std::string text =
        edited("degree = [1, 3]\npairs = [20, 40]", "shared_truth = [true, false]\npairs = [20]");
    const std::string where = "where degree == 3", world = "headroom = 0.5";
    text.replace(text.find(where), where.size(), "where shared_truth == true and pairs == 20");
    text.replace(text.find("where degree == 1"), 17, "where shared_truth == false");
    text.insert(text.find(world), "prompts = 2, ");
    text.replace(text.find("< 1e-8"), 6, "> 1e-8");  // now true: the verifier stays poorer than the generator
    write_text(folder / "small.toml", text);
  }
};

TEST_F(Booleans, AreStoredAsNamedBytesAndReadBack) {
  const Outcome ran = run_small();
  ASSERT_EQ(ran.code, 0) << ran.err;
  const Dataset data = read_dataset(folder / "r.h5");
  const Dimension& axis = data.dimension("shared_truth");
  EXPECT_EQ(std::get<Bytes>(axis.coordinate), (Bytes{1, 0})) << "in the order of the study";
  EXPECT_EQ(std::get<Bytes>(axis.attributes.at("flag_values")), (Bytes{0, 1}));
  EXPECT_EQ(std::get<std::string>(axis.attributes.at("flag_meanings")), "false true");
  EXPECT_THAT(twostage({"verify", "r.h5"}).out, HasSubstr("sound"));
  EXPECT_THAT(twostage({"reproduce", "r.h5"}).out, HasSubstr("reproduced"));
  EXPECT_THAT(run_small().err, HasSubstr("already complete"));
}

TEST_F(Booleans, AreTrueAndFalseForPeople) {
  ASSERT_EQ(run_small().code, 0);
  EXPECT_THAT(twostage({"info", "r.h5"}).out, HasSubstr("true, false"));
  EXPECT_THAT(twostage({"export", "r.h5", "--variable", "regret"}).out,
              AllOf(HasSubstr("\ntrue,20,0,"), HasSubstr("\nfalse,20,0,")));
  const std::string mean = "regret['dpo']";
  EXPECT_THAT(twostage({"table", "r.h5", mean, "--format", "csv"}).out,
              AllOf(HasSubstr("shared_truth,estimand,"), HasSubstr("\ntrue,regret['dpo'],")));
  const auto table = nlohmann::json::parse(
      twostage({"table", "r.h5", mean, "--format", "json", "--where", "shared_truth == false"}).out);
  EXPECT_EQ(table["rows"][0]["shared_truth"], false);
  EXPECT_THAT(twostage({"table", "r.h5", mean, "--by", "pairs"}).err,
              HasSubstr("'shared_truth' has 2 values left (true, false)"));
  EXPECT_THAT(twostage({"show", "small.toml"}).out, HasSubstr("\"shared_truth\" = [true, false]"));
  EXPECT_THAT(twostage({"verdicts", "r.h5"}).out, HasSubstr("shared_truth = "));
  EXPECT_THAT(twostage({"verdicts", "r.h5"}).out, Not(HasSubstr("shared_truth = 1")));
  const auto json = nlohmann::json::parse(twostage({"verdicts", "r.h5", "--json"}).out);
  EXPECT_EQ(json["verdicts"][0]["outcome"], "holds");
}

TEST_F(Booleans, OfTheCommandLineToo) {
  write_text(folder / "small.toml", test::kSmallStudy);
  const Outcome ran = run_small({"shared_truth=true,false", "degree=1", "pairs=20"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(std::get<Bytes>(read_dataset(folder / "r.h5").dimension("shared_truth").coordinate),
            (Bytes{1, 0}));
  expect_refused(run_small({"shared_truth=true,true", "--force"}), "twice");
  expect_refused(run_small({"shared_truth=true,1", "--force"}), "one type");
}

TEST_F(Booleans, ClaimsNameTheirValues) {
  const auto claim = [&](const std::string& where) {
    std::string text = test::read_text(folder / "small.toml");
    const std::string before = "where shared_truth == false";
    text.replace(text.find(before), before.size(), "where " + where);
    write_text(folder / "claim.toml", text);
    return twostage({"show", "claim.toml", "--preset", "smoke"});
  };
  for (const char* good : {"shared_truth != true", "shared_truth in {true}", "shared_truth in {true, false}",
                           "shared_truth == 'false'"})
    EXPECT_EQ(claim(good).code, 0) << good << claim(good).err;
  expect_refused(claim("shared_truth == 1"), "holds true and false, not numbers");
  expect_refused(claim("shared_truth < true"), "only == != and in apply");
  expect_refused(claim("shared_truth == 'maybe'"), "valid: true, false");
  expect_refused(claim("pairs == true"), "numbers, not texts");
}

TEST_F(Booleans, HaveNoSlope) {
  std::string text = test::read_text(folder / "small.toml");
  const std::string before =
      "ratio(regret['dpo'], regret['rm+plan']) in (1, inf) where shared_truth == false";
  text.replace(text.find(before), before.size(),
               "trend(ratio(regret['dpo'], regret['rm+plan']), shared_truth) in (1, inf)");
  write_text(folder / "claim.toml", text);
  expect_refused(twostage({"show", "claim.toml", "--preset", "smoke"}), "holds true and false, not numbers");
}

// An override narrows the axis; a claim about the other value is known to be about another run.
TEST_F(Booleans, ClaimsOfOtherValuesStayKnown) {
  ASSERT_EQ(run_small({"shared_truth=true"}).code, 0);
  EXPECT_THAT(twostage({"verdicts", "r.h5"}).out, HasSubstr("holds"));
  EXPECT_THAT(twostage({"verify", "r.h5"}).out, HasSubstr("sound"));
}

TEST_F(Booleans, ForgedOnesAreRefused) {
  ASSERT_EQ(run_small().code, 0);
  const Dataset sound = read_dataset(folder / "r.h5");
  const auto refuses = [&](const std::string& says, auto change) {
    Dataset data = sound;
    change(test::dimension_of(data, "shared_truth"));
    write_dataset(folder / "forged.h5", data);
    expect_refused(twostage({"verify", "forged.h5"}), says);
  };
  refuses("coordinate 1 is 0, in its study it is 1", [](Dimension& d) { d.coordinate = Bytes{0, 1}; });
  refuses("coordinate 1 is 7", [](Dimension& d) { d.coordinate = Bytes{7, 0}; });
  refuses("has texts, its study has flags", [](Dimension& d) {
    d.coordinate = std::vector<std::string>{"true", "false"};
  });
  refuses("flag_meanings", [](Dimension& d) { d.attributes["flag_meanings"] = std::string("true false"); });
}

TEST_F(Booleans, XarrayReadsThemAsDocumented) {
  ASSERT_EQ(run_small().code, 0);
  const std::string script =
      "import sys\n"
      "try:\n    import xarray, h5netcdf, numpy\nexcept ImportError:\n    sys.exit(77)\n"
      "data = xarray.open_dataset('r.h5', engine='h5netcdf')\n"
      "axis = data['shared_truth']\n"
      "assert axis.dtype == numpy.uint8 and axis.values.tolist() == [1, 0], axis\n"
      "assert axis.attrs['flag_meanings'] == 'false true' and list(axis.attrs['flag_values']) == [0, 1]\n"
      "assert data.regret.sel({'shared_truth': 1}).sizes['pairs'] == 1\n"
      "sys.path.insert(0, '" TWOSTAGE_SOURCE_DIR
      "/results')\n"
      "from named_values import with_names\n"
      "assert with_names(data)['shared_truth'].values.tolist() == ['true', 'false']\n";
  const Outcome python = test::run(folder.path(), "/usr/bin/python3", {"-c", script});
  if (python.code == 77 || python.code == 127) GTEST_SKIP() << "no xarray";
  EXPECT_EQ(python.code, 0) << python.err;
}

}  // namespace
}  // namespace twostage
