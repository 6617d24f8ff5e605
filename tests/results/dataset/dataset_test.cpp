#include "results/dataset/dataset.hpp"

#include <gmock/gmock.h>

#include <functional>
#include <stdexcept>

namespace twostage {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

Dataset walk() {
  Dataset d;
  d.dimensions = {{"horizon", std::vector<std::int64_t>{1, 2, 3}},
                  {"arm", std::vector<std::string>{"dpo", "sft"}}};
  d.dimensions.push_back({"edge", Index{4}});
  d.variables = {{"regret", {"horizon", "arm"}, std::vector<double>(6, 0.5)},
                 {"edge_reward", {"edge"}, std::vector<double>(4)},
                 {"configuration", {}, std::vector<std::string>{"title = 'walk'"}}};
  return d;
}

TEST(Dataset, KnowsShapesAndSizes) {
  const Dataset d = walk();
  EXPECT_EQ(d.shape(d.variable("regret")), (std::vector<std::size_t>{3, 2}));
  EXPECT_EQ(d.shape(d.variable("edge_reward")), std::vector<std::size_t>{4});
  EXPECT_EQ(volume(d.shape(d.variable("configuration"))), 1u);
  EXPECT_EQ(size(d.variable("regret")), 6u);
  EXPECT_EQ(std::get<Index>(d.dimension("edge").coordinate)[3], 3);
}

TEST(Dataset, AnUnknownNameListsTheValidOnes) {
  EXPECT_THAT([] { walk().variable("regert"); }, ThrowsMessage<std::out_of_range>(HasSubstr("'regret'")));
  EXPECT_THAT([] { walk().dimension("arms"); }, ThrowsMessage<std::out_of_range>(HasSubstr("edge")));
}

TEST(Dataset, ValidateNamesTheCulprit) {
  EXPECT_NO_THROW(validate(walk()));
  const auto refuses = [](const std::function<void(Dataset&)>& spoil, const std::string& part) {
    EXPECT_THAT(
        [&] {
          Dataset d = walk();
          spoil(d);
          validate(d);
        },
        ThrowsMessage<std::invalid_argument>(HasSubstr(part)));
  };
  refuses([](Dataset& d) { std::get<std::vector<double>>(d.variables[0].data).pop_back(); },
          "'regret' holds 5");
  refuses([](Dataset& d) { d.variables[0].dimensions[1] = "arms"; }, "'arms', which is no dimension");
  refuses([](Dataset& d) { d.variables[0].dimensions[1] = "horizon"; }, "twice on 'horizon'");
  refuses([](Dataset& d) { d.variables[1].name = "regret"; }, "'regret' stands twice");
  refuses([](Dataset& d) { d.variables[1].name = "arm"; }, "'arm' stands twice");
  refuses([](Dataset& d) { d.dimensions[1].name = "edge"; }, "'edge' stands twice");
  refuses([](Dataset& d) { d.variables[1].name = "a/b"; }, "'a/b' is no valid name");
  refuses([](Dataset& d) { d.attributes[""] = 1.0; }, "'' is no valid name");
  refuses([](Dataset& d) { d.attributes["title"] = std::string("a\0b", 3); }, "title contains a zero byte");
  refuses([](Dataset& d) { std::get<2>(d.dimensions[1].coordinate)[0] = std::string(1, '\0'); }, "zero byte");
}

}  // namespace
}  // namespace twostage
