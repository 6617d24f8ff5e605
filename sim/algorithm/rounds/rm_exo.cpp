// rm+exo: fit a reward, then efficient exact optimization with rewards, EXO-rw (Ji et al. 2402.00856): the
// policy is fitted to how the reward distributes n completions of a prompt, by reverse KL (group_kl.hpp),
//   minimise E KL( softmax_n(scale u) || softmax_n(scale r / beta) ),   u = log pi/pi_ref,
// the paper's beta_pi = scale and beta_r = beta / scale, whose product is beta. The completions are drawn
// from the reference, as there, and in later rounds from the policy before. Over all policies one round is
// the plan, whatever n is and whoever drew. As n grows it becomes, at scale 1, rm+project.
#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/learned_prompts.hpp"
#include "sim/algorithm/rounds/group_kl.hpp"
#include "sim/algorithm/rounds/rounds_course.hpp"

namespace twostage {
namespace {

std::size_t draws_of(const ArmSpec& spec) {
  return static_cast<std::size_t>(arm_options(spec).integer("n"));
}

class RmExo final : public RoundMaker {
 public:
  RmExo(std::size_t n, double scale) : n_(n), scale_(scale) {}
  std::unique_ptr<PolicyLoss> loss(const Round& round) override {
    return group_kl(round.world, round.log_policy, round.edge_reward,
                    {.scale = scale_, .temperature = round.world.beta / scale_, .draws = n_});
  }
  // One stationary point, but tails so level that a slope of nothing is no proof of it (group_kl.hpp).
  bool told_by_slope() const override { return n_ == 0; }

 private:
  std::size_t n_;
  double scale_;
};

std::unique_ptr<Learner> learner(const ArmSpec& spec, const ArmInput& input) {
  return rounds_course(spec, input, std::make_unique<RmExo>(draws_of(spec), arm_options(spec).real("scale")));
}

double grouped_in(const ArmSpec& spec, const World& world) {
  const std::vector<double> completions = completions_from(world.graph);
  double out = 0;
  for (std::size_t p = 0; p < world.graph.prompts(); ++p) out += grouped(completions[p], draws_of(spec));
  return out;
}

void check(const ArmSpec& spec, const World& world) {
  const std::size_t n = draws_of(spec);
  const std::string arm = "arm '" + spec.name + "': ";
  if (n == 1)
    throw InputError("n",
                     arm +
                         "one completion is distributed in one way alone; valid: 2 and more, or 0 for the "
                         "limit of many");
  if (n == 0) return;
  if (const double all = grouped_in(spec, world); !(all <= kMostGrouped))
    throw InputError("n", arm + "exo goes through all groups of " + std::to_string(n) +
                              " completions, which have " + to_text(all) + " members here; valid: up to " +
                              to_text(kMostGrouped) +
                              ": a smaller n, n = 0 for the limit of many, or a shorter horizon");
}

double bytes(const ArmSpec& spec, const World& world) {
  constexpr double of_completion = 60, of_edge = 60;
  const double listed = draws_of(spec) == 0 ? 0 : std::min(count_completions(world.graph), kMostGrouped);
  return second_stage_bytes(spec, world) +
         listed * (sizeof(EdgeId) * 2 * static_cast<double>(world.graph.horizon()) + of_completion) +
         of_edge * static_cast<double>(world.graph.edges());
}

}  // namespace

Entry<Algorithm> rm_exo_entry() {
  Algorithm its = in_rounds("pi*", learner);
  its.course_bytes = bytes;
  its.check = check;
  return {"rm+exo",
          "fit a reward model, then distribute n completions as it does, by reverse KL: EXO-rw",
          "2402.00856",
          Status::exact,
          {{"n", std::int64_t{4}, 0, 64, {}, "completions that are weighed; 0: the limit of many"},
           learned_prompts_knob(),
           {"scale", 1.0, 1e-3, 1e3, {}, "of log-ratios and of r / beta, the paper's beta_pi"}},
          std::move(its)};
}

}  // namespace twostage
