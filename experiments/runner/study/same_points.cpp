#include "experiments/runner/study/same_points.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <unordered_map>

#include "experiments/runner/terminal/say.hpp"
#include "sim/catalog/plain_text.hpp"
#include "sim/measure/metric.hpp"

namespace twostage {
namespace {

// A recipe in a form in which knobs without effect have one value and samplers that are the same one name.
struct Canonical {
  Recipe recipe;
  std::set<std::string> rules;  // that changed it
};

bool is(const Settings& settings, std::string_view key, const Value& value) {
  const auto it = settings.values().find(key);
  return it != settings.values().end() && it->second == value;
}

bool is_positive(const Settings& settings, std::string_view key) {
  const auto it = settings.values().find(key);
  return it != settings.values().end() && std::holds_alternative<double>(it->second) &&
         std::get<double>(it->second) > 0;
}

void settle(Canonical& canonical, Settings& settings, const std::string& key, const Value& value,
            const std::string& rule) {
  if (!settings.has(key) || is(settings, key, value)) return;
  settings.set(key, value);
  canonical.rules.insert(rule);
}

void choose_sampler(Canonical& canonical, const std::string& kind, const std::string& rule) {
  Settings chosen;
  chosen.set("kind", kind);
  canonical.recipe.sampler = chosen;
  canonical.rules.insert(rule);
}

bool reference_is_uniform(const Settings& world) {
  return is(world, "reference", std::string("uniform")) || is(world, "reference", std::vector<double>{});
}

// What a summary's reference text is made of decides which of its knobs count.
void settle_reference_text(Canonical& canonical, Settings& world) {
  if (!world.has("reference_text")) return;
  const std::string kind = world.text("reference_text");
  if (kind != "function")
    settle(canonical, world, "k", std::int64_t{1}, "k counts where reference_text is 'function' alone");
  if (kind != "salient")
    settle(canonical, world, "salient", std::int64_t{1},
           "salient counts where reference_text is 'salient' alone");
  else
    settle(canonical, world, "reference_length", std::int64_t{0},
           "a reference of salient tokens is as long as they are many");
  if (is(world, "reference_length", world.integer("horizon")))
    settle(canonical, world, "reference_length", std::int64_t{0}, "reference_length = 0 is the horizon");
}

// A yardstick that no measure is told by decides nothing.
void settle_yardsticks(Canonical& canonical, const std::vector<std::string>& measures) {
  Yardsticks& stated = canonical.recipe.yardsticks;
  Yardsticks kept = stated;
  if (!ask_for(measures, Yardstick::kl)) set_yardstick(kept, "at_kl", at_kl_value({}));
  if (kept != stated) canonical.rules.insert("no measure asks for at_kl");
  stated = kept;
  if (!ask_for(measures, Yardstick::rival)) kept.reference_wins = Yardsticks{}.reference_wins;
  if (kept != stated) canonical.rules.insert("no measure asks for reference_wins");
  stated = kept;
}

Canonical canonical_at(const Study& study, std::size_t point) {
  Canonical out{recipe_at(study, point), {}};
  Settings& world = out.recipe.world;
  if (!out.recipe.penalty.values().empty())
    out.recipe.penalty = {};  // the arms that have none were handed it
  if (is(world, "reference", std::string("uniform")))
    settle(out, world, "reference_spread", 1.0, "a uniform reference has no spread");
  if (is_positive(world, "headroom") && is_positive(world, "scale"))
    settle(out, world, "scale", 1.0, "the headroom sets the scale");
  if (is(world, "instance", std::string("replicate")))
    settle(out, world, "number", std::int64_t{0},
           "each replicate has a world of its own, whatever its number");

  settle_yardsticks(out, study.measures);
  settle_reference_text(out, world);

  const Settings sampler = out.recipe.sampler;
  if (is(sampler, "kind", std::string("uniform")) && reference_is_uniform(world))
    choose_sampler(out, "reference", "the reference is uniform");
  const bool tempered = is(sampler, "kind", std::string("tempered"));
  if ((tempered || is(sampler, "kind", std::string("policy-guided"))) && is(sampler, "tilt", 0.0))
    choose_sampler(out, "reference", "without tilt pairs come from the reference");
  if (tempered && is(sampler, "tilt", 1.0))
    choose_sampler(out, "optimal", "with tilt 1 pairs come from the optimum");
  return out;
}

bool equal(const Recipe& a, const Recipe& b) {
  const auto same = [](const ArmSpec& x, const ArmSpec& y) { return x.name == y.name && same_arm(x, y); };
  return a.pairs == b.pairs && a.population == b.population && a.yardsticks == b.yardsticks &&
         a.world == b.world && a.sampler == b.sampler && std::ranges::equal(a.arms, b.arms, same);
}

class Hash {
 public:
  void add(std::size_t h) { sum_ = sum_ * 0x9e3779b97f4a7c15ULL + (h ^ (sum_ >> 29)); }
  void add(const Settings& settings) {
    for (const auto& [key, value] : settings.values()) {
      add(std::hash<std::string>()(key));
      std::visit(
          [&]<typename T>(const T& x) {
            if constexpr (std::is_same_v<T, std::vector<double>>)
              for (const double number : x) add(std::hash<double>()(number));
            else
              add(std::hash<T>()(x));
          },
          value);
    }
  }
  std::size_t value() const { return sum_; }

 private:
  std::size_t sum_ = 0;
};

std::size_t hash_of(const Recipe& recipe) {
  Hash hash;
  hash.add(static_cast<std::size_t>(recipe.pairs));
  hash.add(static_cast<std::size_t>(recipe.population));
  hash.add(std::hash<std::string>()(to_text(at_kl_value(recipe.yardsticks))));
  hash.add(std::hash<double>()(recipe.yardsticks.reference_wins));
  hash.add(recipe.world);
  hash.add(recipe.sampler);
  for (const ArmSpec& arm : recipe.arms) {
    hash.add(std::hash<std::string>()(arm.algorithm));
    for (const ArmPart& part : arm_parts()) hash.add(arm.*part.settings);
  }
  return hash.value();
}

// Two values of an axis whose points are the same, at some or all values of the other axes.
struct Twins {
  std::size_t times = 0;
  std::size_t first_point = 0;  // the earlier one of the first two
  std::string why;
};

std::string reason(const Canonical& a, const Canonical& b) {
  std::string out;
  std::set<std::string> rules = a.rules;
  rules.insert(b.rules.begin(), b.rules.end());
  for (const std::string& rule : rules)
    if (a.rules.contains(rule) != b.rules.contains(rule) || rules.size() == 1)
      out += (out.empty() ? "" : "; ") + rule;
  return out.empty() ? "nothing that decides their numbers differs" : out;
}

// "variant = walk", the point on the other axes.
std::string elsewhere(const Study& study, std::size_t point, std::size_t axis) {
  const auto at = coordinates(study, point);
  std::string out;
  for (std::size_t a = 0; a < at.size(); ++a)
    if (a != axis && study.axes[a].values.size() > 1)
      out += (out.empty() ? "" : ", ") + study.axes[a].name + " = " + to_text(study.axes[a].values[at[a]]);
  return out;
}

}  // namespace

std::vector<std::string> same_points(const Study& study) {
  std::vector<std::size_t> hashes(study.points());
  for (std::size_t point = 0; point < hashes.size(); ++point)
    hashes[point] = hash_of(canonical_at(study, point).recipe);

  std::vector<std::string> out;
  std::size_t stride = hashes.size();
  for (std::size_t a = 0; a < study.axes.size(); ++a) {
    const Axis& axis = study.axes[a];
    const std::size_t length = axis.values.size();
    stride /= length;
    std::map<std::pair<std::size_t, std::size_t>, Twins> found;
    for (std::size_t block = 0; block < hashes.size(); block += stride * length)
      for (std::size_t inner = 0; inner < stride; ++inner) {
        std::unordered_map<std::size_t, std::size_t> first;  // value by hash
        for (std::size_t i = 0; i < length; ++i) {
          const auto point = [&](std::size_t value) { return block + value * stride + inner; };
          const auto [before, fresh] = first.try_emplace(hashes[point(i)], i);
          if (fresh) continue;
          const Canonical there = canonical_at(study, point(before->second)),
                          here = canonical_at(study, point(i));
          if (!equal(there.recipe, here.recipe)) continue;
          Twins& twins = found[{before->second, i}];
          if (twins.times++ == 0) {
            twins.first_point = point(before->second);
            twins.why = reason(there, here);
          }
        }
      }
    const std::size_t everywhere = hashes.size() / length;
    for (const auto& [values, twins] : found)
      out.push_back(
          fmt::format("points {} = {} and {} are the same{}: {}", axis.name,
                      to_text(axis.values[values.first]), to_text(axis.values[values.second]),
                      twins.times == everywhere
                          ? ""
                          : fmt::format(" at {} of {} values of the other axes (the first: {})", twins.times,
                                        everywhere, elsewhere(study, twins.first_point, a)),
                      twins.why));
  }
  return out;
}

void say_same_points(const Study& study) {
  constexpr std::size_t shown = 5;
  const auto all = same_points(study);
  for (std::size_t i = 0; i < std::min(shown, all.size()); ++i)
    say("{}: note: {}\n", study.name, plain_text(all[i]));
  if (all.size() > shown) say("{}: note: and {} more\n", study.name, all.size() - shown);
}

}  // namespace twostage
