// What the browser's build leaves out, because its arms are fitted to one minimum each under a strength that
// is given: exact tests of existence and what follows from them, sparse fits, courses, and the choice of a
// strength. Here stand their names alone; what would run into one ends.
#include "sim/algorithm/existence_record.hpp"
#include "sim/algorithm/policy_course.hpp"
#include "sim/algorithm/tuning.hpp"
#include "sim/algorithm/unpenalised.hpp"
#include "sim/fit/flat_set.hpp"
#include "sim/fit/sparse_fit.hpp"

namespace twostage {
namespace {

[[noreturn]] void left_out() {
  __builtin_trap();
}

}  // namespace

KnownExistence ExistenceRecord::of(const Algorithm&, const ArmSpec&, const ArmInput&) {
  left_out();
}
KnownExistence existence_of_reward(const ArmSpec&, const ArmInput&) {
  left_out();
}
KnownExistence existence_of_policy(const ArmSpec&, const ArmInput&) {
  left_out();
}
void judge_reward(const ArmSpec&, const ArmInput&, ArmResult&) {
  left_out();
}
void judge_policy_by_loss(const ArmSpec&, const ArmInput&, ArmResult&) {
  left_out();
}
bool judge_by_settling(const ArmSpec&, const ArmInput&, double, MarginLoss&, ArmResult&) {
  left_out();
}
// Without the test of existence this is all that is said of a fit without penalty.
void judge_unpenalised(const Algorithm&, const ArmSpec&, const ArmInput&, ArmResult& result) {
  if (result.certificate.optimum == Optimum::global) result.certificate.optimum = Optimum::stationary;
}

std::vector<double> comparison_matrix(const LinearModel&, const PairTable&) {
  left_out();
}
std::optional<FlatMember> least_penalty_reward(const LinearModel&, const World&, const PairTable&,
                                               std::size_t, std::span<const double>) {
  left_out();
}
std::optional<FlatMember> least_penalty_policy(const LinearModel&, const World&, const std::vector<double>&,
                                               std::size_t, std::span<const double>) {
  left_out();
}
std::optional<FlatMember> least_penalty_tabular(const DenseModel&, const World&, const PairTable&,
                                                std::size_t, std::vector<double>&) {
  left_out();
}
void settle_on(std::optional<FlatMember>, std::vector<double>&, Certificate&, std::vector<double>&) {
  left_out();
}

RewardFit fit_sparse(const LinearModel&, const World&, const PairTable&, const Penalty&) {
  left_out();
}

std::unique_ptr<Learner> policy_course(const ArmSpec&, const ArmInput&, std::unique_ptr<PolicyLoss>, double,
                                       double) {
  left_out();
}

Tuned tune_penalty(const ArmSpec&, const ArmInput&, const Tuning&,
                   const std::function<ArmResult(const ArmSpec&, const ArmInput&)>&,
                   decltype(Algorithm::held_out_loss)) {
  left_out();
}
double bradley_terry_loss(const ArmSpec&, const World&, const ArmResult&, const PreferenceData&) {
  left_out();
}
ArmSpec with_strength(const ArmSpec&, double) {
  left_out();
}

}  // namespace twostage
