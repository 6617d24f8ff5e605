// The classes by name, and their fit to a world and a role.
#include <algorithm>

#include "sim/model/basis_model.hpp"
#include "sim/model/dense_model.hpp"
#include "sim/model/direction_model.hpp"
#include "sim/model/first_token_model.hpp"
#include "sim/model/implicit_model.hpp"
#include "sim/model/network_model.hpp"
#include "sim/model/planned_model.hpp"
#include "sim/model/sparse_model.hpp"
#include "sim/model/terminal_model.hpp"
#include "sim/model/text_features.hpp"
#include "sim/plan/sweeps.hpp"
#include "sim/world/prompt_set.hpp"

namespace twostage {
namespace {

constexpr double kMostFunctions = 1 << 30;
constexpr auto kPlanned = "planned";
constexpr double kMostUnits = 256;

std::unique_ptr<ScoreModel> make_dense(const Settings&, const World& world) {
  return std::make_unique<DenseModel>(world);
}

std::unique_ptr<ScoreModel> make_terminal(const Settings&, const World& world) {
  auto model = std::make_unique<TerminalModel>(world);
  if (model->parameters() == 0)
    throw InputError("class", "class 'terminal': every completion of a prompt ends in one state of world '" +
                                  world.family + "', so there is nothing to score; use dense");
  return model;
}

const EdgeBasis& basis_of(const World& world, std::string_view name) {
  if (!world.basis)
    throw InputError("class", "class '" + std::string(name) + "': this world of family '" + world.family +
                                  "' has no ordered basis of functions; valid: terminal, dense, tabular");
  return *world.basis;
}

std::unique_ptr<ScoreModel> make_degree(const Settings& resolved, const World& world) {
  const EdgeBasis& basis = basis_of(world, "degree");
  const auto asked = resolved.integer("degree");
  const std::int64_t degree = asked == 0 ? world.truth_degree : asked;
  if (degree < 1 || degree > basis.max_degree())
    throw InputError("degree", "class 'degree': degree = " + std::to_string(degree) + " in world '" +
                                   world.family + "' with horizon " + std::to_string(world.graph.horizon()) +
                                   "; valid: 1 to " + std::to_string(basis.max_degree()) +
                                   ", or 0 for the degree of the truth");
  return std::make_unique<BasisModel>(world, basis.count_up_to(static_cast<int>(degree)));
}

std::unique_ptr<ScoreModel> make_first(const Settings& resolved, const World& world) {
  const EdgeBasis& basis = basis_of(world, "first");
  const auto k = resolved.integer("k");
  if (static_cast<std::size_t>(k) > basis.size())
    throw InputError("k", "class 'first': k = " + std::to_string(k) + ", but world '" + world.family +
                              "' of this size has a basis of " + std::to_string(basis.size()) +
                              " functions; valid: 1 to " + std::to_string(basis.size()));
  return std::make_unique<BasisModel>(world, static_cast<std::size_t>(k));
}

std::unique_ptr<ScoreModel> make_true_direction(const Settings&, const World& world) {
  std::vector<double> smallest(world.graph.prompts()), largest(world.graph.prompts());
  path_sum_range(world.graph, world.reward, smallest, largest);
  for (auto* ends : {&smallest, &largest}) ends->resize(prompts_with_data(world));
  if (smallest == largest)
    throw InputError("class",
                     "class 'true-direction': the true reward of this world is constant, so it has no "
                     "direction; use dense");
  return std::make_unique<DirectionModel>(world, world.reward);
}

std::unique_ptr<ScoreModel> make_first_token(const Settings&, const World& world) {
  if (world.shared_classes && !world.graph.prompts_are_copies())
    throw InputError(
        "class", "class 'first-token': the prompts of this world of family '" + world.family +
                     "' have different first tokens, so they cannot share the class; valid: tabular, or a "
                     "world with shared_classes = false");
  if (!world.shared_classes && !world.every_prompt.empty())
    throw InputError(
        "class",
        "class 'first-token': a prompt that is held out has no first token of its own to learn, and "
        "the rest of its policy would be the optimum; valid: tabular, or a world with "
        "shared_classes = true or held_out = 0");
  return std::make_unique<FirstTokenModel>(world);
}

std::unique_ptr<ScoreModel> make_skip_bigram(const Settings&, const World& world) {
  return std::make_unique<BasisModel>(world, skip_bigrams(world), world.shared_classes);
}

std::unique_ptr<ScoreModel> make_prompt_window(const Settings& resolved, const World& world) {
  return std::make_unique<BasisModel>(
      world, prompt_windows(world, resolved.integer("window"), resolved.integer("history")), true);
}

std::unique_ptr<ScoreModel> make_copying(const Settings&, const World& world) {
  return std::make_unique<BasisModel>(world, copying(world), true);
}

Scored scored(const Settings& resolved) {
  return resolved.text("scores") == "completion" ? Scored::completion : Scored::tokens;
}

std::unique_ptr<ScoreModel> make_mlp(const Settings& resolved, const World& world) {
  return std::make_unique<NetworkModel>(world, Unit::tanh,
                                        static_cast<std::size_t>(resolved.integer("width")), scored(resolved),
                                        "class 'mlp'");
}

std::unique_ptr<ScoreModel> make_low_rank(const Settings& resolved, const World& world) {
  return std::make_unique<NetworkModel>(world, Unit::product,
                                        static_cast<std::size_t>(resolved.integer("rank")), scored(resolved),
                                        "class 'low-rank'");
}

void check_scores(const Settings& resolved, Role role) {
  if (role == Role::reward || scored(resolved) == Scored::tokens) return;
  throw InputError(
      "scores", "class '" + resolved.text("class") +
                    "': scores = 'completion' make no sense as a policy class: scores on last actions alone "
                    "are a policy that cannot steer towards where it will be judged; valid: tokens, or "
                    "planned with of = '" +
                    resolved.text("class") + "'");
}

Knob scores_knob() {
  return {"scores",
          "tokens",
          0,
          0,
          {"tokens", "completion"},
          "what it scores: every token, by the text up to it, or the completion alone (a reward)"};
}

std::vector<Entry<ModelClass>> network_classes() {
  return {
      {"mlp",
       "a network with one hidden layer of tanh units over the text so far, or the places of a move",
       "sim/model/network_model.hpp",
       Status::checked,
       {{"width", std::int64_t{4}, 0, kMostUnits, {}, "hidden units; 0: all scores are 0"}, scores_knob()},
       {.make = make_mlp, .as_reward = true, .as_policy = true, .check = check_scores}},
      {"low-rank",
       "interactions of pairs of inputs of that network through few factors: sums of products of two linear "
       "forms",
       "Rendle 2010",
       Status::checked,
       {{"rank", std::int64_t{1}, 0, kMostUnits, {}, "products; 0: all scores are 0"}, scores_knob()},
       {.make = make_low_rank, .as_reward = true, .as_policy = true, .check = check_scores}},
  };
}

std::vector<Entry<ModelClass>> linear_classes() {
  return {
      {"terminal",
       "one score for each state a completion can end in",
       "sim/DEFINITIONS.md: worlds",
       Status::exact,
       {},
       {.make = make_terminal,
        .as_reward = true,
        .refusal = "scores on last actions alone are a policy that cannot steer towards the state "
                   "where it will be judged; planned takes it, with of = 'terminal'"}},
      {"dense",
       "one score for each state and action (the same object as tabular)",
       "sim/DEFINITIONS.md: worlds",
       Status::exact,
       {},
       {.make = make_dense, .as_reward = true, .as_policy = true}},
      {"tabular",
       "one score for each state and action: every policy",
       "sim/DEFINITIONS.md: worlds",
       Status::exact,
       {},
       {.make = make_dense, .as_reward = true, .as_policy = true}},
      {"degree",
       "polynomials of the completion up to a degree",
       "sim/DEFINITIONS.md: worlds",
       Status::exact,
       {{"degree",
         std::int64_t{0},
         0,
         64,
         {},
         "largest degree of a basis function; 0 = that of the true reward"}},
       {.make = make_degree, .as_reward = true, .as_policy = true}},
      {"first",
       "the first k basis functions, in order of degree",
       "sim/DEFINITIONS.md: worlds",
       Status::exact,
       {{"k", std::int64_t{1}, 1, kMostFunctions, {}, "number of basis functions"}},
       {.make = make_first, .as_reward = true, .as_policy = true}},
      {"true-direction",
       "one coefficient on the true reward: everything known but the scale",
       "sim/DEFINITIONS.md: worlds",
       Status::exact,
       {},
       {.make = make_true_direction,
        .as_reward = true,
        .refusal = "the direction of a reward is not that of its optimal policy; planned takes it, "
                   "with of = 'true-direction'"}},
      {"first-token",
       "free logits for the first token, the optimal policy from there on",
       "sim/DEFINITIONS.md: worlds",
       Status::exact,
       {},
       {.make = make_first_token, .as_policy = true, .refusal = "a reward would be told the optimal policy"}},
      {"skip-bigram",
       "how often each token occurs in a text, and each before each other",
       "sim/model/text_features.hpp",
       Status::exact,
       {},
       {.make = make_skip_bigram, .as_reward = true, .as_policy = true}},
      {"prompt-window",
       "a score for each token at each place, by the tokens of the prompt there and those before it; prompts "
       "share it",
       "sim/model/text_features.hpp",
       Status::exact,
       {{"window",
         std::int64_t{-1},
         -1,
         kMostTokens,
         {},
         "tokens of the prompt that a score depends on; -1 = as many as decide a token of the reference"},
        {"history",
         std::int64_t{0},
         0,
         kMostTokens,
         {},
         "tokens of the completion before it that it depends on"}},
       {.make = make_prompt_window, .as_reward = true, .as_policy = true, .by_features = true}},
      {"copying",
       "three scores: of the prompt's token in its place, of any of its tokens, of its tokens in order; "
       "prompts share "
       "it",
       "sim/model/text_features.hpp",
       Status::exact,
       {},
       {.make = make_copying, .as_reward = true, .as_policy = true, .by_features = true}},
  };
}

bool makes_sense(const ModelClass& model_class, Role role) {
  return role == Role::policy ? model_class.as_policy : model_class.as_reward;
}

std::string classes_for(Role role) {
  std::string out;
  for (const auto& entry : model_classes().entries())
    if (makes_sense(entry.extra, role)) out += (out.empty() ? "" : ", ") + entry.name;
  return out;
}

// The class that a key of settings names; null for no text and no class.
const Entry<ModelClass>* named_by(const Settings& given, std::string_view key) {
  const auto it = given.values().find(key);
  const auto* name = it == given.values().end() ? nullptr : std::get_if<std::string>(&it->second);
  if (!name) return nullptr;
  const auto& entries = model_classes().entries();
  const auto found = std::ranges::find(entries, *name, &Entry<ModelClass>::name);
  return found == entries.end() ? nullptr : &*found;
}

bool may_be(const Settings& given, Role role) {
  const auto* entry = named_by(given, "of");
  return entry && makes_sense(entry->extra, role) && !entry->extra.of;
}

std::vector<std::string> classes_to_be_of(const std::vector<Entry<ModelClass>>& classes, Role role) {
  std::vector<std::string> out;
  for (const auto& entry : classes)
    if (makes_sense(entry.extra, role) && !entry.extra.of) out.push_back(entry.name);
  return out;
}

// First of all: `of` decides which knobs there are.
void check_of(const Settings& given, const std::string& what, Role role) {
  const std::string kind = role == Role::reward ? "class of rewards" : "class of policies";
  const std::vector<std::string> valid = classes_to_be_of(model_classes().entries(), role);
  if (!given.has("of")) {
    std::string names;
    for (const auto& name : valid) names += (names.empty() ? "" : ", ") + name;
    throw InputError("of", what + " needs of = a " + kind + "; valid: " + names);
  }
  if (!may_be(given, role))
    throw InputError("of",
                     what + ": " + unknown_name(kind, to_text(given.values().find("of")->second), valid));
}

// The class that another is made of, with its knobs.
std::optional<Settings> made_of(const Settings& given) {
  const auto* entry = named_by(given, "class");
  if (!entry || !entry->extra.of) return std::nullopt;
  Settings out;
  for (const auto& [key, value] : given.values())
    if (key == "of")
      out.set("class", value);
    else if (key != "class" && std::ranges::find(entry->knobs, key, &Knob::name) == entry->knobs.end())
      out.set(key, value);
  return out;
}

std::unique_ptr<ScoreModel> make_planned(const Settings& resolved, const World& world) {
  return std::make_unique<PlannedModel>(make_model(*made_of(resolved), world, Role::reward), world);
}

std::unique_ptr<ScoreModel> make_sparse(const Settings& resolved, const World& world) {
  Settings part = *made_of(resolved);
  auto whole = make_model(part, world, Role::reward);
  if (!whole->linear())
    throw InputError("of", "class 'sparse': there are no features in class '" + part.text("class") +
                               "', whose scores are not linear; valid: dense, terminal, degree or another "
                               "linear class");
  return std::make_unique<SparseModel>(std::move(whole),
                                       static_cast<std::size_t>(resolved.integer("features")));
}

std::unique_ptr<ScoreModel> make_implicit(const Settings& resolved, const World& world) {
  return std::make_unique<ImplicitModel>(make_model(*made_of(resolved), world, Role::policy), world);
}

// Those that are made of one of the others.
std::vector<Entry<ModelClass>> made_classes(const std::vector<Entry<ModelClass>>& others) {
  return {{kPlanned,
           "the soft-optimal policies of a class of rewards",
           "2503.01067, theorem 3.1",
           Status::exact,
           {{"of", std::string(), 0, 0, classes_to_be_of(others, Role::reward),
             "class of rewards that are planned for; its knobs stand beside it"}},
           {.make = make_planned,
            .as_policy = true,
            .refusal = "policies that plan are made of rewards",
            .of = Role::reward}},
          {"implicit",
           "the rewards beta log pi/pi_ref of a class of policies: local reward models",
           "2503.01067, theorem 2.2",
           Status::exact,
           {{"of", std::string(), 0, 0, classes_to_be_of(others, Role::policy),
             "class of policies that imply them; its knobs stand beside it"}},
           {.make = make_implicit,
            .as_reward = true,
            .refusal = "it would be the class of policies that it is made of",
            .of = Role::policy}},
          {"sparse",
           "rewards that depend on a few features of a linear class, whichever they are",
           "sim/fit/subset_fit.hpp",
           Status::exact,
           {{"of", std::string(), 0, 0, classes_to_be_of(linear_classes(), Role::reward),
             "linear class whose features they are; its knobs stand beside it"},
            {"features", std::int64_t{1}, 0, kMostUnits, {}, "how many features at most"}},
           {.make = make_sparse,
            .as_reward = true,
            .refusal = "the plan of a reward of few features is in general no policy of few",
            .of = Role::reward}}};
}

std::vector<Entry<ModelClass>> all_classes() {
  std::vector<Entry<ModelClass>> all = linear_classes();
  for (auto& entry : network_classes()) all.push_back(std::move(entry));
  for (auto& entry : made_classes(all)) all.push_back(std::move(entry));
  return all;
}

}  // namespace

const Registry<ModelClass>& model_classes() {
  static const Registry<ModelClass> registry("class", all_classes());
  return registry;
}

std::vector<Knob> class_knobs(const Settings& given) {
  const auto* entry = named_by(given, "class");
  if (!entry) return {};
  std::vector<Knob> knobs = entry->knobs;
  if (entry->extra.of && may_be(given, *entry->extra.of))
    if (const auto* part = named_by(given, "of"))
      knobs.insert(knobs.end(), part->knobs.begin(), part->knobs.end());
  return knobs;
}

Settings resolve_class(const Settings& given) {
  const auto& entry = model_classes().at(given.text("class"), "class");
  const std::string what = "class '" + entry.name + "'";
  if (entry.extra.of) check_of(given, what, *entry.extra.of);
  Settings knobs;
  for (const auto& [key, value] : given.values())
    if (key != "class") knobs.set(key, value);
  Settings out = resolve(class_knobs(given), knobs, what);
  out.set("class", entry.name);
  return out;
}

bool is_shared(const Settings& of_class, const Settings& resolved_world) {
  if (resolved_world.boolean("shared_classes")) return true;
  const std::optional<Settings> part = made_of(of_class);
  const auto* entry = named_by(part ? *part : of_class, "class");
  return entry && entry->extra.by_features;
}

std::optional<Settings> rewards_planned_for(const Settings& given) {
  const auto* entry = named_by(given, "class");
  return entry && entry->name == kPlanned ? made_of(given) : std::nullopt;
}

Settings plans_of(const Settings& rewards) {
  Settings out = rewards;
  if (rewards.has("class")) out.set("of", rewards.values().find("class")->second);
  out.set("class", kPlanned);
  return out;
}

std::unique_ptr<ScoreModel> make_model(const Settings& given, const World& world, Role role) {
  const std::string what = role == Role::reward ? "reward" : "policy";
  if (!given.has("class")) throw InputError(what, what + " needs a class; valid: " + classes_for(role));
  const auto* name = std::get_if<std::string>(&given.values().find("class")->second);
  if (!name) throw InputError("class", what + ": class must be a text");
  const auto& entry = model_classes().at(*name, "class");
  if (!makes_sense(entry.extra, role))
    throw InputError("class", "class '" + *name + "' makes no sense as a " + what +
                                  " class: " + entry.extra.refusal + "; valid: " + classes_for(role));
  const Settings resolved = resolve_class(given);
  if (entry.extra.check) entry.extra.check(resolved, role);
  return entry.extra.make(resolved, world);
}

std::unique_ptr<const LinearModel> make_linear_model(const Settings& given, const World& world, Role role) {
  std::unique_ptr<ScoreModel> model = make_model(given, world, role);
  std::unique_ptr<const LinearModel> linear(model->linear());
  if (!linear) {
    std::string valid;
    for (const auto& entry : linear_classes())
      if (makes_sense(entry.extra, role)) valid += (valid.empty() ? "" : ", ") + entry.name;
    throw InputError("class", "class '" + given.text("class") +
                                  "': its scores are not linear in its parameters, as they have to be here; "
                                  "valid: " +
                                  valid);
  }
  // It is the model itself.
  static_cast<void>(model.release());
  return linear;
}

}  // namespace twostage
