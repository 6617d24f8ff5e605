// rm-ensemble+best-of-n: fit an ensemble of rewards to resamples of the pairs (ensemble.hpp), then keep of n
// completions of the reference the one that the pessimistic one likes best. With one member it is best-of-n.
#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/two_stage/ensemble.hpp"
#include "sim/policy/best_of_n.hpp"

namespace twostage {
namespace {

ArmResult run(const ArmSpec& spec, const ArmInput& input) {
  ArmResult result = fit_ensemble(spec, input);
  result.policy = best_of_n(input.world, result.edge_reward, result.edge_error,
                            static_cast<double>(arm_options(spec).integer("n")));
  return result;
}

void check(const ArmSpec& spec, const World& world) {
  check_ensemble(spec, world);
  check_best_of_n(world, generic_scores(spec, world));
}

}  // namespace

Entry<Algorithm> ensemble_best_entry() {
  Algorithm its = after_an_ensemble("the best of n draws from ref, by r", run);
  its.lists_scores = true;
  its.check = check;
  return {"rm-ensemble+best-of-n",
          "fit reward models to resamples of the pairs, then keep the best of n by the pessimistic one",
          "2310.02743",
          Status::exact,
          {spread_weight_knob(),
           members_knob(),
           {"n", std::int64_t{4}, 1, 1e9, {}, "completions of the reference that are compared"},
           pessimism_knob()},
          std::move(its)};
}

}  // namespace twostage
