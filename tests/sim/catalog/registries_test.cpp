// The registries are the reference page, the keys of study files and the texts of `twostage list`: every
// entry and every knob says what it is, and every default is a valid choice.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "sim/algorithm/arm.hpp"
#include "sim/measure/metric.hpp"
#include "sim/model/score_model.hpp"
#include "sim/penalty/penalty.hpp"
#include "sim/preference/pair_sampler.hpp"
#include "sim/world/world.hpp"

namespace twostage {
namespace {

bool is_one_line(const std::string& text) {
  return !text.empty() && text.find('\n') == std::string::npos;
}

void expect_documented(const std::vector<Knob>& knobs, const std::string& owner) {
  std::set<std::string> names;
  for (const Knob& knob : knobs) {
    const std::string where = owner + "." + knob.name;
    EXPECT_TRUE(names.insert(knob.name).second) << where << " is declared twice";
    EXPECT_TRUE(is_one_line(knob.help)) << where << " has no help";
    EXPECT_LE(knob.min, knob.max) << where;
    if (!knob.choices.empty()) {
      EXPECT_EQ(std::set<std::string>(knob.choices.begin(), knob.choices.end()).size(), knob.choices.size())
          << where;
    }
  }
  // Defaults written out are accepted, and mean what leaving them out means. What has to be chosen has none.
  Settings chosen;
  for (const Knob& knob : knobs)
    if (!knob.choices.empty() && knob.fallback == Value(std::string()))
      chosen.set(knob.name, knob.choices[0]);
  const Settings defaults = resolve(knobs, chosen, owner);
  EXPECT_EQ(resolve(knobs, defaults, owner), defaults) << owner;
}

template <typename Extra>
void expect_documented(const Registry<Extra>& registry) {
  EXPECT_FALSE(registry.entries().empty());
  std::set<std::string> names;
  for (const auto& entry : registry.entries()) {
    const std::string owner = registry.kind() + " '" + entry.name + "'";
    EXPECT_TRUE(names.insert(entry.name).second) << owner << " is registered twice";
    EXPECT_TRUE(is_one_line(entry.summary)) << owner << " has no summary";
    EXPECT_TRUE(is_one_line(entry.source)) << owner << " has no source";
    expect_documented(entry.knobs, owner);
  }
}

TEST(Registries, EveryEntryAndKnobIsDocumented) {
  expect_documented(worlds());
  expect_documented(pair_samplers());
  expect_documented(model_classes());
  expect_documented(algorithms());
  expect_documented(penalties());
  expect_documented(metrics());
}

}  // namespace
}  // namespace twostage
