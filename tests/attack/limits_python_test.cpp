// Figures and the report are drawn by the packages of the interpreter, whatever lies about: modules of their
// names in the working directory, beside the script's data, on PYTHONPATH, in the user's own site folder or
// start-up file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/process.hpp"

namespace twostage {
namespace {

using test::Outcome;

TEST(Python, RunsNothingThatLiesAbout) {
  const test::ScratchFolder folder;
  const auto twostage = [&](const std::vector<std::string>& arguments, const std::string& prefix = "") {
    return test::run(folder.path(), TWOSTAGE_PROGRAM, arguments, prefix);
  };
  ASSERT_EQ(twostage({"run", "horizon", "--preset", "smoke"}).code, 0);
  const Outcome plain = twostage({"figures", "horizon", "--preset", "smoke"});
  if (plain.code == 2 && plain.err.find("no Python") != std::string::npos) GTEST_SKIP() << plain.err;
  ASSERT_EQ(plain.code, 0) << plain.err;
  const std::string figure = test::read_text(folder / "results/out/horizon/smoke.figures/horizon.svg");

  // Each leaves a trace and ends the interpreter.
  const std::string trap =
      "open(" + test::quoted((folder / "trapped").string()) + ", 'a').write(__name__)\nraise SystemExit(3)\n";
  for (const std::string& place : {std::string("."), std::string("path"), std::string("results/out/horizon"),
                                   std::string("results/out/horizon/smoke.figures"),
                                   std::string("home/.local/lib/python3.9/site-packages"),
                                   std::string("home/.local/lib/python3.10/site-packages"),
                                   std::string("home/.local/lib/python3.11/site-packages"),
                                   std::string("home/.local/lib/python3.12/site-packages"),
                                   std::string("home/.local/lib/python3.13/site-packages")})
    for (const std::string module :
         {"numpy", "matplotlib", "xarray", "h5py", "jinja2", "json", "pathlib", "runpy", "figures", "opened",
          "plain_text", "drawing", "sitecustomize", "usercustomize"})
      test::write_text(folder / (place + "/" + module + ".py"), trap);
  test::write_text(folder / "startup.py", trap);
  const std::string variables =
      "HOME=" + test::quoted((folder / "home").string()) +
      " PYTHONPATH=" + test::quoted((folder / "path").string()) +
      " PYTHONSTARTUP=" + test::quoted((folder / "startup.py").string()) +
      " PYTHONHOME=/absent PYTHONUSERBASE=" + test::quoted((folder / "home/.local").string());

  const Outcome drawn = twostage({"figures", "horizon", "--preset", "smoke"}, variables);
  EXPECT_EQ(drawn.code, 0) << drawn.err;
  EXPECT_EQ(test::read_text(folder / "results/out/horizon/smoke.figures/horizon.svg"), figure);
  const Outcome reported = twostage({"report", "--preset", "smoke", "--out", "page"}, variables);
  EXPECT_EQ(reported.code, 0) << reported.err;
  EXPECT_TRUE(std::filesystem::exists(folder / "page/index.html"));
  EXPECT_EQ(test::read_text(folder / "trapped"), "");
}

}  // namespace
}  // namespace twostage
