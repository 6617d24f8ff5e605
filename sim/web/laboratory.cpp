#include "sim/web/laboratory.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include "sim/completions/completions.hpp"
#include "sim/fit/policy_fit.hpp"
#include "sim/fit/smooth_fit.hpp"
#include "sim/loss/policy_objective.hpp"
#include "sim/model/basis_model.hpp"
#include "sim/model/dense_model.hpp"
#include "sim/model/planned_model.hpp"
#include "sim/model/terminal_model.hpp"
#include "sim/plan/divergence.hpp"
#include "sim/plan/sweeps.hpp"
#include "sim/preference/pair_drawer.hpp"
#include "sim/world/family.hpp"

namespace twostage {
namespace {

constexpr int kStarts = 3;  // as studies have it where they say nothing
constexpr std::uint64_t kFnvOffset = 0xcbf29ce484222325u;
constexpr std::uint64_t kFnvPrime = 0x100000001b3u;

// One way from data to a policy, before any world exists.
struct Arm {
  std::string algorithm, class_name;
  int degree;
  double beta_factor;
  Penalty penalty;
};

Entry<WorldFamily> family(std::string_view name) {
  if (name == "walk") return walk_family();
  if (name == "tokens") return tokens_family();
  throw InputError("family", unknown_name("world", name, {"walk", "tokens"}));
}

PenaltyKind penalty_kind(std::string_view name) {
  if (name == "reference-kl") return PenaltyKind::reference_kl;
  if (name == "ridge") return PenaltyKind::ridge;
  if (name == "none") return PenaltyKind::none;
  throw InputError("penalty", unknown_name("penalty", name, {"reference-kl", "ridge", "none"}));
}

std::unique_ptr<LinearModel> linear_model(std::string_view name, int degree, const World& world) {
  if (name == "terminal") return std::make_unique<TerminalModel>(world);
  if (name == "dense" || name == "tabular") return std::make_unique<DenseModel>(world);
  if (name == "degree")
    return std::make_unique<BasisModel>(world,
                                        world.basis->count_up_to(degree == 0 ? world.truth_degree : degree));
  throw InputError("class", unknown_name("class", name, {"terminal", "dense", "tabular", "degree"}));
}

std::unique_ptr<ScoreModel> policy_model(const Arm& arm, const World& world) {
  constexpr std::string_view planned = "planned ";
  if (!arm.class_name.starts_with(planned)) return linear_model(arm.class_name, arm.degree, world);
  return std::make_unique<PlannedModel>(
      linear_model(arm.class_name.substr(planned.size()), arm.degree, world), world);
}

// What a fit of an arm leaves behind.
struct Fitted {
  std::vector<double> theta, log_policy, edge_reward;
  bool converged = false;
};

Fitted fit_reward_and_plan(const Arm& arm, const World& world, const PairTable& table) {
  const auto model = linear_model(arm.class_name, arm.degree, world);
  FittedPlan plan = plan_for(fit_smooth_reward(*model, world, table, arm.penalty), *model, world);
  return {std::move(plan.fit.theta), std::move(plan.log_policy), std::move(plan.edge_reward),
          plan.fit.certificate.converged};
}

Fitted fit_dpo(const Arm& arm, const World& world, const PairTable& table, const Starts& starts) {
  const double beta = world.beta * arm.beta_factor;
  DpoLoss loss(world, table, beta);
  PolicyFit fit = fit_policy(*policy_model(arm, world), world, loss, table.pairs, arm.penalty, beta, starts);
  std::vector<double> edge_reward = implicit_reward(world, fit.log_policy, beta);
  return {std::move(fit.theta), std::move(fit.log_policy), std::move(edge_reward), fit.certificate.converged};
}

Fitted fit(const Arm& arm, const World& world, const PairTable& table, const Starts& starts) {
  if (arm.algorithm == "rm+plan") return fit_reward_and_plan(arm, world, table);
  if (arm.algorithm == "dpo") return fit_dpo(arm, world, table, starts);
  throw InputError("algorithm", unknown_name("algorithm", arm.algorithm, {"rm+plan", "dpo"}));
}

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
  std::vector<Arm> arms;

  std::optional<Entry<WorldFamily>> family;
  Settings resolved;
  std::optional<RandomSource> source;
  std::uint64_t replicate = 0;
  std::uint64_t instance = 0;  // of the world at `place`
  std::optional<Place> place;
  std::optional<Pairs> pairs;
  std::vector<Fitted> fits;     // [arms]
  std::vector<double> rewards;  // [completions]
  std::uint64_t digest = kFnvOffset;

  Fitted& fit_of(int arm) { return fits[static_cast<std::size_t>(arm)]; }
};

std::optional<Laboratory>& room() {
  static std::optional<Laboratory> one(std::in_place);
  return one;
}

Laboratory& laboratory() {
  return *room();
}

// The text behind that of which `text` is the first character.
const char* next_text(const char* text) {
  return text + std::strlen(text) + 1;
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

void lab_set_text() {
  const char* key = lab_text();
  laboratory().world.set(key, std::string(next_text(key)));
}

void lab_set_number(double value) {
  // A knob that is real takes whole numbers, too.
  const bool whole = std::floor(value) == value && std::fabs(value) < 1e15;
  laboratory().world.set(lab_text(), whole ? Value(static_cast<std::int64_t>(value)) : Value(value));
}

void lab_arm(double degree, double lambda, double beta_factor) {
  const char* algorithm = lab_text();
  const char* class_name = next_text(algorithm);
  laboratory().arms.push_back({.algorithm = algorithm,
                               .class_name = class_name,
                               .degree = static_cast<int>(degree),
                               .beta_factor = beta_factor,
                               .penalty = {.kind = penalty_kind(next_text(class_name)), .lambda = lambda}});
}

void lab_open(double seed) {
  Laboratory& lab = laboratory();
  lab.source.emplace(static_cast<std::uint64_t>(seed), lab.text.data());
  lab.family.emplace(family(next_text(lab.text.data())));
  lab.resolved = resolve(lab.family->knobs, lab.world, lab.family->name);
  lab.resolved.set("family", lab.family->name);
  lab.family->extra.check(lab.resolved);
  lab.pairs.reset();
  lab.place.reset();
  lab.fits.assign(lab.arms.size(), {});  // and the digest goes on
}

void lab_replicate(double number) {
  Laboratory& lab = laboratory();
  const bool fixed = lab.resolved.text("instance") == "fixed";
  lab.replicate = static_cast<std::uint64_t>(number);
  const std::uint64_t instance =
      fixed ? static_cast<std::uint64_t>(lab.resolved.integer("number")) : lab.replicate;
  lab.pairs.reset();
  if (!lab.place || lab.instance != instance)
    lab.place.emplace(lab.family->extra.make(lab.resolved, {*lab.source, instance}));
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
  const World& world = lab.place->world;
  Fitted& fitted = lab.fit_of(arm);
  fitted = fit(lab.arms[static_cast<std::size_t>(arm)], world, lab.pairs->tabulation.table(),
               {.count = kStarts, .source = *lab.source, .replicate = lab.replicate});
  const double lost = regret(world, fitted.log_policy, lab.place->optimum.log_policy);
  digest_number(lab.digest, lost);
  for (const double x : fitted.theta) digest_number(lab.digest, x);
  for (const double x : fitted.log_policy) digest_number(lab.digest, x);
  return lost;
}

bool lab_converged(int arm) {
  return laboratory().fit_of(arm).converged;
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
  const std::vector<double>& edges = arm < 0 ? place.world.reward : lab.fit_of(arm).edge_reward;
  lab.rewards.resize(place.completions.rows());
  for (std::size_t i = 0; i < lab.rewards.size(); ++i)
    lab.rewards[i] = path_sum(edges, place.completions.path(i));
  return lab.rewards.data();
}
