#include "sim/algorithm/existence_record.hpp"

namespace twostage {

ExistenceRecord::Question& ExistenceRecord::question(const Algorithm& algorithm, const ArmSpec& spec) {
  const Settings& fitted = algorithm.uses_reward ? spec.reward : spec.policy;
  for (Question& known : questions_)
    if (known.test == algorithm.existence && known.fitted == fitted) return known;
  return questions_.emplace_back(Question{.test = algorithm.existence, .fitted = fitted});
}

KnownExistence ExistenceRecord::of(const Algorithm& algorithm, const ArmSpec& spec, const ArmInput& input) {
  if (!input.data.weight.empty()) return algorithm.existence(spec, input);  // given: no pair comes first
  Question& asked = question(algorithm, spec);
  const std::size_t pairs = input.data.size();
  for (; !asked.unique && asked.next < pairs; asked.next *= 2) {
    if (!asked.first) asked.first = std::make_unique<Tabulation>(input.world.graph);
    const PreferenceData first = input.data.prefix(asked.next);
    asked.first->add(first);
    // Owned by the record, which outlives the test.
    const std::shared_ptr<const PairTable> table(std::shared_ptr<void>(), &asked.first->table());
    const KnownExistence known =
        asked.test(spec, {input.world, first, input.source, input.replicate, true, table});
    if (known.outcome == Existence::unique) asked.unique = known;
  }
  if (asked.unique) return *asked.unique;
  if (asked.pairs != pairs) {
    asked.whole = asked.test(spec, input);
    asked.pairs = pairs;
  }
  return asked.whole;
}

}  // namespace twostage
