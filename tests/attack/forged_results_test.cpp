// Results whose hash and seal are right and whose content is not what their configuration asks for: refused
// by the one reader, with the name of what is wrong, whichever command reads them.
#include <cmath>
#include <limits>

#include "tests/attack/forgery.hpp"

namespace twostage {
namespace {

using test::dimension_of;
using test::drop;
using test::Outcome;
using test::reconfigure;
using test::shorten;
using test::values_of;
using test::variable_of;
using testing::HasSubstr;

class ForgedResults : public test::Forgery {
 protected:
  void refuses(const std::string& says, const std::function<void(Dataset&)>& change) {
    expect_unread(forged(change), says);
  }
};

// What is stamped anew without a change is read: the refusals below are of the changes.
TEST_F(ForgedResults, WhatIsAsItShouldBeIsRead) {
  EXPECT_EQ(read_result(forged([](Dataset&) {})).missing, 0u);
  EXPECT_GT(read_result(forged([](Dataset&) {}, "shard.h5")).missing, 0u);
  // Order is nothing: it comes back as the study's.
  const auto turned = read_result(forged([](Dataset& d) {
    std::ranges::reverse(d.dimensions);
    std::ranges::reverse(d.variables);
  }));
  EXPECT_EQ(turned.data.dimensions.front().name, "degree");
  EXPECT_EQ(turned.data.variables.front().name, "status");
}

TEST_F(ForgedResults, Configuration) {
  const auto as = [&](decltype(Variable::data) data, std::vector<std::string> dimensions = {}) {
    return [=](Dataset& d) {
      variable_of(d, "configuration").data = data;
      variable_of(d, "configuration").dimensions = dimensions;
    };
  };
  const std::string not_one = "variable 'configuration' is not one text";
  refuses(not_one, as(std::vector<std::int64_t>{1}));
  refuses(not_one, as(std::vector<std::string>{"a", "b"}, {"arm"}));
  refuses(not_one, [&](Dataset& d) {
    d.dimensions.push_back({"none", Index{0}});
    as(std::vector<std::string>{}, {"none"})(d);
  });
  refuses("does not match its config_hash", as(std::vector<std::string>{""}));
  refuses("no configuration", [](Dataset& d) {
    std::erase_if(d.variables, [](const Variable& v) { return v.name == "configuration"; });
  });
  refuses("(configuration):", [](Dataset& d) { reconfigure(d, "title = ", "title "); });
  refuses("(configuration):", [](Dataset& d) { reconfigure(d, "\"tabular\"", "\"tabluar\""); });
  refuses("names no file of them",
          [](Dataset& d) { reconfigure(d, "title = ", "variants = \"/etc/passwd\"\ntitle = "); });
  refuses("dimension 'beta' is missing",
          [](Dataset& d) { reconfigure(d, "\"degree\" = [1, 3]", "\"beta\" = [1.0, 2.0]"); });
  refuses("'pairs' has 2 coordinates, its study has 3",
          [](Dataset& d) { reconfigure(d, "[20, 40]", "[20, 40, 80]"); });
  refuses("'replicate' has 5 coordinates, its study has 60000",
          [](Dataset& d) { reconfigure(d, "replicates = 5", "replicates = 60000"); });
  refuses("(configuration)", [](Dataset& d) { reconfigure(d, "measures = []", "measures = [\"none\"]"); });
  refuses("its precision cannot be told", [](Dataset& d) {
    reconfigure(d, "[verdicts]",
                "[precision]\nof = [\"regrets['dpo']\"]\nrelative = 0.1\ncap = 9\n[verdicts]");
  });
}

TEST_F(ForgedResults, WhatTheFileSaysOfItsStudy) {
  for (const char* name : {"Conventions", "title", "question", "references", "rng", "seed"}) {
    refuses(std::string("attribute '") + name + "' is missing",
            [&](Dataset& d) { d.attributes.erase(name); });
    refuses(std::string("attribute '") + name + "' is not that",
            [&](Dataset& d) { d.attributes[name] = 0.5; });
  }
  refuses("attribute 'seed' is not that of its configuration",
          [](Dataset& d) { d.attributes["seed"] = std::int64_t{2}; });
  refuses("attribute 'study'", [](Dataset& d) { d.attributes["study"] = std::int64_t{1}; });
  refuses("attribute 'study'", [](Dataset& d) { d.attributes.erase("study"); });
  refuses("config_hash", [](Dataset& d) { d.attributes.erase("config_hash"); });
  refuses("is one replicate", [](Dataset& d) { d.attributes["cell"] = std::string("1"); });
}

TEST_F(ForgedResults, Dimensions) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const auto pairs_as = [](auto values) {
    return [=](Dataset& d) { dimension_of(d, "pairs").coordinate = values; };
  };
  refuses("dimension 'pairs' has numbers, its study has integers", pairs_as(std::vector<double>{20, 40}));
  refuses("dimension 'pairs' has numbers, its study has integers", pairs_as(std::vector<double>{20, nan}));
  refuses("dimension 'pairs' has texts, its study has integers",
          pairs_as(std::vector<std::string>{"20", "40"}));
  refuses("dimension 'pairs' has no coordinates", pairs_as(Index{2}));
  refuses("'pairs': coordinate 2 is 50, in its study it is 40", pairs_as(std::vector<std::int64_t>{20, 50}));
  refuses("'pairs': coordinate 1 is 40, in its study it is 20", pairs_as(std::vector<std::int64_t>{40, 20}));
  refuses("'arm': coordinate 1 is dpo, in its study it is rm+plan", [](Dataset& d) {
    dimension_of(d, "arm").coordinate = std::vector<std::string>{"dpo", "rm+plan"};
  });
  for (const char* name : {"degree", "pairs", "replicate", "arm", "arm_b"}) {
    refuses(std::string("dimension '") + name + "' ", [&](Dataset& d) { drop(d, name); });
    refuses(std::string("dimension '") + name + "' has 1 coordinates",
            [&](Dataset& d) { shorten(d, name, 1); });
    refuses(std::string("dimension '") + name + "' has 0 coordinates",
            [&](Dataset& d) { shorten(d, name, 0); });
    refuses(std::string("dimension '") + name + "': attribute 'units'", [&](Dataset& d) {
      dimension_of(d, name).attributes["units"] = std::string("days since 1970-01-01");
    });
  }
  refuses("dimension 'x' is none of its study", [](Dataset& d) {
    d.dimensions.push_back({"x", Index{std::size_t{1} << 60}});
  });
  refuses("'replicate': coordinate 1 is 1", [](Dataset& d) {
    std::ranges::for_each(std::get<std::vector<std::int64_t>>(dimension_of(d, "replicate").coordinate),
                          [](auto& r) { ++r; });
  });
  refuses("'replicate' has no coordinates",
          [](Dataset& d) { dimension_of(d, "replicate").coordinate = Index{5}; });
}

TEST_F(ForgedResults, MoreReplicatesThanTheStudyAsksFor) {
  refuses("'replicate' has 5 coordinates, its study asks for 4",
          [](Dataset& d) { reconfigure(d, "replicates = 5", "replicates = 4"); });
}

TEST_F(ForgedResults, Variables) {
  refuses("variable 'regret' is missing", [](Dataset& d) { variable_of(d, "regret").name = "regrets"; });
  refuses("variable 'extra' is none of its study", [](Dataset& d) {
    Variable extra = variable_of(d, "regret");
    extra.name = "extra";
    d.variables.push_back(extra);
  });
  refuses("variable 'regret' has other dimensions", [](Dataset& d) {
    std::swap(variable_of(d, "regret").dimensions[0], variable_of(d, "regret").dimensions[1]);
  });
  refuses("variable 'regret' has integers, its study has numbers", [](Dataset& d) {
    variable_of(d, "regret").data = std::vector<std::int64_t>(size(variable_of(d, "regret")));
  });
  refuses("variable 'regret' has texts, its study has numbers", [](Dataset& d) {
    variable_of(d, "regret").data = std::vector<std::string>(size(variable_of(d, "regret")));
  });
  refuses("variable 'status' has numbers, its study has flags", [](Dataset& d) {
    variable_of(d, "status").data = std::vector<double>(size(variable_of(d, "status")));
  });
}

TEST_F(ForgedResults, AttributesThatGiveValuesTheirMeaning) {
  const auto set = [](const char* variable, const char* name, Attribute value) {
    return [=](Dataset& d) { variable_of(d, variable).attributes[name] = value; };
  };
  refuses("variable 'regret': attribute 'units'", set("regret", "units", "nats"));
  refuses("variable 'regret': attribute 'definition'", set("regret", "definition", 1.0));
  refuses("variable 'regret': attribute 'scale_factor' has no place", set("regret", "scale_factor", 2.0));
  refuses("variable 'regret': attribute 'comment' has no place", set("regret", "comment", 2.0));
  refuses("variable 'status': attribute 'flag_meanings'",
          set("status", "flag_meanings", "failed ok non_finite not_converged not_run"));
  refuses("variable 'status': attribute 'flag_values'",
          set("status", "flag_values", std::vector<std::uint8_t>{0, 1}));
  refuses("variable 'status': attribute 'flag_values' is missing",
          [](Dataset& d) { variable_of(d, "status").attributes.erase("flag_values"); });
  refuses("variable 'regret': attribute 'definition' is missing",
          [](Dataset& d) { variable_of(d, "regret").attributes.clear(); });
}

TEST_F(ForgedResults, ValuesThatNoRunLeaves) {
  refuses("variable 'status' holds 7, which is none of its flags",
          [](Dataset& d) { values_of<std::uint8_t>(variable_of(d, "status"))[3] = 7; });
  refuses("variable 'existence' holds 77, which is none of its flags",
          [](Dataset& d) { values_of<std::uint8_t>(variable_of(d, "existence"))[3] = 77; });
  refuses("was run for some of its arms only",
          [](Dataset& d) { values_of<std::uint8_t>(variable_of(d, "status"))[3] = 255; });
  refuses("has a value where its arm was not run", [](Dataset& d) {
    auto& status = values_of<std::uint8_t>(variable_of(d, "status"));
    status[0] = status[1] = 255;
  });
}

TEST_F(ForgedResults, EveryCommandRefuses) {
  const auto missing_dimension = [](Dataset& d) { drop(d, "pairs"); };
  const auto no_configuration = [](Dataset& d) {
    variable_of(d, "configuration").data = std::vector<std::string>{};
    variable_of(d, "configuration").dimensions = {"none"};
    d.dimensions.push_back({"none", Index{0}});
  };
  for (const auto& [change, says] : {std::pair<std::function<void(Dataset&)>, std::string>{
                                         missing_dimension, "dimension 'pairs' is missing"},
                                     {no_configuration, "variable 'configuration' is not one text"}}) {
    forged(change);
    forged(change, "shard.h5", "part.h5");
    for (const char* command : {"verify", "verdicts", "reproduce", "export", "figures"})
      expect_refused(twostage({command, "forged.h5"}), "'forged.h5': " + says);
    expect_refused(twostage({"merge", "forged.h5", "--out", "m.h5"}), "'forged.h5': " + says);
    expect_refused(twostage({"merge", "shard.h5", "part.h5", "--out", "m.h5"}), "'part.h5': " + says);
    expect_refused(twostage({"run", "small.toml", "--preset", "smoke", "--out", "forged.h5"}),
                   "'forged.h5': " + says);
    EXPECT_EQ(twostage({"info", "forged.h5"}).code, 0);
  }
}

// A result with a hole inside a batch is a part, and not taken for finished work.
TEST_F(ForgedResults, AHoleIsNoFinishedWork) {
  forged([](Dataset& d) {
    const std::size_t cells = size(variable_of(d, "status"));
    for (Variable& variable : d.variables) {
      if (variable.dimensions.empty()) continue;
      const std::size_t width = size(variable) / cells;
      for (std::size_t i = 2 * width; i < 4 * width; ++i)  // replicate 1 of the first point, of two a batch
        if (auto* reals = std::get_if<std::vector<double>>(&variable.data))
          (*reals)[i] = std::nan("");
        else
          values_of<std::uint8_t>(variable)[i] = 255;
    }
  });
  EXPECT_EQ(read_result(folder / "forged.h5").missing, 2u);
  expect_refused(twostage({"run", "small.toml", "--preset", "smoke", "--out", "forged.h5"}),
                 "holds another part");
  expect_refused(twostage({"reproduce", "forged.h5"}), "is a part of a study");
  expect_refused(twostage({"merge", "forged.h5", "--out", "m.h5"}), "a shard is missing");
}

// Cells keep the name of the program that computed them, whichever writes the file.
TEST_F(ForgedResults, TheWholeNamesTheProgramsOfAllShards) {
  ASSERT_EQ(run_small({"--shard", "2/2"}).code, 0);
  const std::string mine = std::get<std::string>(read_dataset(folder / "r.h5").attributes.at("flags"));
  const std::string native = "-march=native";
  forged([&](Dataset& d) { d.attributes["flags"] = native; }, "shard.h5", "native.h5");
  ASSERT_EQ(twostage({"merge", "native.h5", "r.h5", "--out", "m.h5"}).code, 0);
  EXPECT_EQ(read_dataset(folder / "m.h5").attributes.at("flags"),
            Attribute(std::min(mine, native) + "; " + std::max(mine, native)));
  ASSERT_EQ(twostage({"merge", "shard.h5", "r.h5", "--out", "n.h5"}).code, 0);
  EXPECT_EQ(read_dataset(folder / "n.h5").attributes.at("flags"), Attribute(mine));

  forged([&](Dataset& d) { d.attributes["flags"] = native; });
  test::write_text(folder / "small.toml", test::edited("DPO's regret is larger.", "DPO regrets more."));
  const Outcome renewed = twostage({"run", "small.toml", "--preset", "smoke", "--out", "forged.h5"});
  EXPECT_THAT(renewed.err, HasSubstr("new titles and claims"));
  EXPECT_EQ(read_dataset(folder / "forged.h5").attributes.at("flags"), Attribute(native));
}

TEST_F(ForgedResults, AFileGivenTwiceIsNotMerged) {
  std::filesystem::create_symlink("shard.h5", folder / "link.h5");
  for (const char* again : {"shard.h5", "./shard.h5", "link.h5"})
    expect_refused(twostage({"merge", "shard.h5", again, "--out", "m.h5"}), "is given twice");
  std::filesystem::copy_file(folder / "shard.h5", folder / "copy.h5");
  expect_refused(twostage({"merge", "shard.h5", "copy.h5", "--out", "m.h5"}),
                 "holds replicates that another of the files holds too");
}

}  // namespace
}  // namespace twostage
