#include "sim/algorithm/direct/tokens.hpp"

#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/unpenalised.hpp"

namespace twostage {

Knob tokens_knob(Tokens fallback, const std::string& of_what) {
  return {"tokens",        fallback == Tokens::sum ? "sum" : "mean",    0, 0,
          {"sum", "mean"}, of_what + " over the tokens of a completion"};
}

Tokens tokens_of(const ArmSpec& spec) {
  return arm_options(spec).text("tokens") == "sum" ? Tokens::sum : Tokens::mean;
}

bool means_differ(const ArmSpec& spec, const World& world) {
  if (tokens_of(spec) == Tokens::sum) return false;
  const auto [shortest, longest] = completion_lengths(world);
  return shortest < longest;
}

void require_tokens(const ArmSpec& spec, const World& world) {
  if (tokens_of(spec) == Tokens::mean && !(completion_lengths(world).shortest > 0))
    throw InputError("tokens", "arm '" + spec.name +
                                   "': a completion of this world has no token, so that there is no mean "
                                   "over its tokens; valid: tokens = \"sum\"");
}

void require_tokens_alike(const ArmSpec& spec, const World& world) {
  require_tokens(spec, world);
  if (stands_alone(spec) && means_differ(spec, world))
    throw InputError("kind", "arm '" + spec.name + "': nobody tests whether '" + spec.algorithm +
                                 "' without penalty has an estimate where completions of different "
                                 "lengths count by their means; valid: a penalty, such as reference-kl, "
                                 "or tokens = \"sum\"");
}

}  // namespace twostage
