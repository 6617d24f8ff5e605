// The linear classes by name, and their fit to a world and a role.
#include "sim/model/basis_model.hpp"
#include "sim/model/dense_model.hpp"
#include "sim/model/direction_model.hpp"
#include "sim/model/first_token_model.hpp"
#include "sim/model/terminal_model.hpp"
#include "sim/plan/sweeps.hpp"

namespace twostage {
namespace {

constexpr double kMostFunctions = 1 << 30;

std::unique_ptr<LinearModel> make_dense(const Settings&, const World& world) {
  return std::make_unique<DenseModel>(world);
}

std::unique_ptr<LinearModel> make_terminal(const Settings&, const World& world) {
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

std::unique_ptr<LinearModel> make_degree(const Settings& resolved, const World& world) {
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

std::unique_ptr<LinearModel> make_first(const Settings& resolved, const World& world) {
  const EdgeBasis& basis = basis_of(world, "first");
  const auto k = resolved.integer("k");
  if (static_cast<std::size_t>(k) > basis.size())
    throw InputError("k", "class 'first': k = " + std::to_string(k) + ", but world '" + world.family +
                              "' of this size has a basis of " + std::to_string(basis.size()) +
                              " functions; valid: 1 to " + std::to_string(basis.size()));
  return std::make_unique<BasisModel>(world, static_cast<std::size_t>(k));
}

std::unique_ptr<LinearModel> make_true_direction(const Settings&, const World& world) {
  std::vector<double> smallest(world.graph.prompts()), largest(world.graph.prompts());
  path_sum_range(world.graph, world.reward, smallest, largest);
  if (smallest == largest)
    throw InputError("class",
                     "class 'true-direction': the true reward of this world is constant, so it has no "
                     "direction; use dense");
  return std::make_unique<DirectionModel>(world, world.reward);
}

std::unique_ptr<LinearModel> make_first_token(const Settings&, const World& world) {
  return std::make_unique<FirstTokenModel>(world);
}

std::string classes_for(Role role) {
  std::string out;
  for (const auto& entry : model_classes().entries())
    if (role == Role::policy ? entry.extra.as_policy : entry.extra.as_reward)
      out += (out.empty() ? "" : ", ") + entry.name;
  return out;
}

}  // namespace

const Registry<ModelClass>& model_classes() {
  static const Registry<ModelClass> registry(
      "class", {
                   {"terminal",
                    "one score for each state a completion can end in",
                    "sim/DEFINITIONS.md: worlds",
                    Status::exact,
                    {},
                    {make_terminal, true, false,
                     "scores on last actions alone are a policy that cannot steer towards the state where it "
                     "will be judged"}},
                   {"dense",
                    "one score for each state and action (the same object as tabular)",
                    "sim/DEFINITIONS.md: worlds",
                    Status::exact,
                    {},
                    {make_dense, true, true, ""}},
                   {"tabular",
                    "one score for each state and action: every policy",
                    "sim/DEFINITIONS.md: worlds",
                    Status::exact,
                    {},
                    {make_dense, true, true, ""}},
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
                    {make_degree, true, true, ""}},
                   {"first",
                    "the first k basis functions, in order of degree",
                    "sim/DEFINITIONS.md: worlds",
                    Status::exact,
                    {{"k", std::int64_t{1}, 1, kMostFunctions, {}, "number of basis functions"}},
                    {make_first, true, true, ""}},
                   {"true-direction",
                    "one coefficient on the true reward: everything known but the scale",
                    "sim/DEFINITIONS.md: worlds",
                    Status::exact,
                    {},
                    {make_true_direction, true, false,
                     "the direction of a reward is not that of its optimal policy; planned-dpo takes it as a "
                     "reward class"}},
                   {"first-token",
                    "free logits for the first token, the optimal policy from there on",
                    "sim/DEFINITIONS.md: worlds",
                    Status::exact,
                    {},
                    {make_first_token, false, true, "a reward would be told the optimal policy"}},
               });
  return registry;
}

std::unique_ptr<LinearModel> make_model(const Settings& given, const World& world, Role role) {
  const std::string what = role == Role::reward ? "reward" : "policy";
  if (!given.has("class")) throw InputError(what, what + " needs a class; valid: " + classes_for(role));
  const auto* name = std::get_if<std::string>(&given.values().find("class")->second);
  if (!name) throw InputError("class", what + ": class must be a text");
  const auto& entry = model_classes().at(*name, "class");
  if (!(role == Role::policy ? entry.extra.as_policy : entry.extra.as_reward))
    throw InputError("class", "class '" + *name + "' makes no sense as a " + what +
                                  " class: " + entry.extra.refusal + "; valid: " + classes_for(role));
  Settings knobs;
  for (const auto& [key, value] : given.values())
    if (key != "class") knobs.set(key, value);
  return entry.extra.make(resolve(entry.knobs, knobs, "class '" + *name + "'"), world);
}

}  // namespace twostage
