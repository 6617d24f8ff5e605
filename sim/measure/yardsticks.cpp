#include "sim/measure/yardsticks.hpp"

namespace twostage {
namespace {

constexpr std::string_view kAtKl = "at_kl", kReferenceWins = "reference_wins";
constexpr std::string_view kOptimum = "optimum", kOfArm = "arm:";
constexpr double kMostKl = 1e6;

std::optional<double> number_of(const Value& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return static_cast<double>(*integer);
  if (const auto* real = std::get_if<double>(&value)) return *real;
  return {};
}

void set_kl(Yardsticks& yardsticks, const Value& value) {
  const auto* word = std::get_if<std::string>(&value);
  const std::optional<double> number = number_of(value);
  const bool of_an_arm = word && word->starts_with(kOfArm) && word->size() > kOfArm.size();
  const bool stated = number && *number >= 0 && *number <= kMostKl;
  if (!stated && !of_an_arm && !(word && *word == kOptimum))
    throw InputError(
        std::string(kAtKl),
        "at_kl must be a KL to the reference in nats, from 0 to 1e6, or \"optimum\" for that of pi*, or "
        "\"arm:NAME\" for that of an arm");
  yardsticks.kl_of = of_an_arm ? word->substr(kOfArm.size()) : "";
  yardsticks.kl = number;
  if (yardsticks.kl) *yardsticks.kl += 0.0;  // -0 is 0
}

}  // namespace

bool is_yardstick_key(std::string_view key) {
  return key == kAtKl || key == kReferenceWins;
}

void set_yardstick(Yardsticks& yardsticks, std::string_view key, const Value& value) {
  if (key == kAtKl) return set_kl(yardsticks, value);
  const std::optional<double> share = number_of(value);
  if (!share || !(*share > 0 && *share < 0.5))
    throw InputError(std::string(kReferenceWins), "reference_wins must be a share above 0 and below 0.5");
  yardsticks.reference_wins = *share;
}

Value at_kl_value(const Yardsticks& yardsticks) {
  if (yardsticks.kl) return *yardsticks.kl;
  return yardsticks.kl_of.empty() ? std::string(kOptimum) : std::string(kOfArm) + yardsticks.kl_of;
}

}  // namespace twostage
