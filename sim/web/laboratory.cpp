#include "sim/web/laboratory.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <optional>
#include <utility>

#include "sim/algorithm/arm.hpp"
#include "sim/completions/completions.hpp"
#include "sim/plan/divergence.hpp"
#include "sim/plan/sweeps.hpp"
#include "sim/world/world.hpp"

namespace twostage {
namespace {

constexpr double kMaxBytes = 1e8;
constexpr std::uint64_t kFnvOffset = 0xcbf29ce484222325u;
constexpr std::uint64_t kFnvPrime = 0x100000001b3u;

// A world with what does not depend on the data.
struct Place {
  explicit Place(World the_world) : world(std::move(the_world)), completions(all_completions(world.graph)) {
    soft_plan(world.graph, world.log_reference, world.reward, world.beta, optimum);
  }
  World world;
  SoftPlan optimum;
  Completions completions;
};

// The pairs of one replicate in it.
struct Pairs {
  explicit Pairs(const Place& place)
      : drawer(place.world, place.world.log_reference, place.world.log_reference),
        data(drawer.none()),
        tabulation(data.horizon) {}
  PairDrawer drawer;
  PreferenceData data;
  Tabulation tabulation;
};

struct Laboratory {
  std::array<char, 1024> text = {};
  Settings world;
  std::vector<ArmSpec> arms;

  std::optional<Settings> resolved;
  std::optional<RandomSource> source;
  std::uint64_t replicate = 0;
  std::uint64_t instance = 0;  // of the world at `place`
  std::optional<Place> place;
  std::optional<Pairs> pairs;
  std::vector<ArmResult> fits;  // [arms]
  std::vector<double> rewards;  // [completions]
  std::uint64_t digest = kFnvOffset;

  Settings& part(int number) {
    if (number == kWorldPart) return world;
    const auto arm = static_cast<std::size_t>((number - kArmPart) / kArmParts);
    while (arms.size() <= arm) {
      arms.emplace_back();
      arms.back().name = std::to_string(arms.size());
    }
    switch ((number - kArmPart) % kArmParts) {
      case kReward:
        return arms[arm].reward;
      case kPolicy:
        return arms[arm].policy;
      default:
        return arms[arm].penalty;
    }
  }
};

std::optional<Laboratory>& room() {
  static std::optional<Laboratory> one(std::in_place);
  return one;
}

Laboratory& laboratory() {
  return *room();
}

void digest_number(std::uint64_t& digest, double x) {
  auto bits = std::bit_cast<std::uint64_t>(x);
  for (int byte = 0; byte < 8; ++byte, bits >>= 8) digest = (digest ^ (bits & 0xff)) * kFnvPrime;
}

}  // namespace
}  // namespace twostage

using namespace twostage;

char* lab_text() {
  return laboratory().text.data();
}

void lab_clear() {
  room().emplace();
}

void lab_set_text(int part) {
  Laboratory& lab = laboratory();
  const char* key = lab.text.data();
  std::string value = key + std::strlen(key) + 1;
  Settings& settings = lab.part(part);
  if (part >= kArmPart && (part - kArmPart) % kArmParts == kAlgorithm)
    lab.arms[static_cast<std::size_t>((part - kArmPart) / kArmParts)].algorithm = std::move(value);
  else
    settings.set(key, std::move(value));
}

void lab_set_number(int part, double value) {
  Laboratory& lab = laboratory();
  // A knob that is real takes whole numbers, too.
  const bool whole = std::floor(value) == value && std::fabs(value) < 1e15;
  lab.part(part).set(lab.text.data(), whole ? Value(static_cast<std::int64_t>(value)) : Value(value));
}

void lab_open(double seed) {
  Laboratory& lab = laboratory();
  lab.source.emplace(static_cast<std::uint64_t>(seed), lab.text.data());
  lab.resolved = resolve_world(lab.world);
  lab.pairs.reset();
  lab.place.reset();
  lab.fits.assign(lab.arms.size(), {});  // and the digest goes on
}

void lab_replicate(double number) {
  Laboratory& lab = laboratory();
  const bool fixed = lab.resolved->text("instance") == "fixed";
  lab.replicate = static_cast<std::uint64_t>(number);
  const std::uint64_t instance =
      fixed ? static_cast<std::uint64_t>(lab.resolved->integer("number")) : lab.replicate;
  lab.pairs.reset();
  if (!lab.place || lab.instance != instance)
    lab.place.emplace(make_world(*lab.resolved, {*lab.source, instance}, kMaxBytes));
  lab.instance = instance;
  lab.pairs.emplace(*lab.place);
}

void lab_draw(double pairs) {
  Laboratory& lab = laboratory();
  lab.pairs->drawer.extend(lab.pairs->data, static_cast<std::size_t>(pairs), *lab.source, lab.replicate,
                           lab.instance);
  lab.pairs->tabulation.add(lab.pairs->data);
}

double lab_fit(int arm) {
  Laboratory& lab = laboratory();
  const auto a = static_cast<std::size_t>(arm);
  const World& world = lab.place->world;
  // As long as the pairs live. No exact test of existence: it changes no estimate that exists.
  const std::shared_ptr<const PairTable> table(std::shared_ptr<void>(), &lab.pairs->tabulation.table());
  const ArmInput input(world, lab.pairs->data, *lab.source, lab.replicate, false, table);
  lab.fits[a] = run_arm(lab.arms[a], input);
  const std::vector<double>& policy = lab.fits[a].log_policy();
  const double lost = regret(world, policy, lab.place->optimum.log_policy);
  digest_number(lab.digest, lost);
  for (const double x : lab.fits[a].theta) digest_number(lab.digest, x);
  for (const double x : policy) digest_number(lab.digest, x);
  return lost;
}

bool lab_converged(int arm) {
  return laboratory().fits[static_cast<std::size_t>(arm)].certificate.converged;
}

std::uint64_t lab_digest() {
  return std::exchange(laboratory().digest, kFnvOffset);
}

int lab_completions() {
  return static_cast<int>(laboratory().place->completions.rows());
}

const double* lab_rewards(int arm) {
  Laboratory& lab = laboratory();
  const Place& place = *lab.place;
  const std::vector<double>& edges =
      arm < 0 ? place.world.reward : lab.fits[static_cast<std::size_t>(arm)].edge_reward;
  lab.rewards.resize(place.completions.rows());
  for (std::size_t i = 0; i < lab.rewards.size(); ++i)
    lab.rewards[i] = path_sum(edges, place.completions.path(i));
  return lab.rewards.data();
}
