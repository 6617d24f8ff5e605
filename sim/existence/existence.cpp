#include "sim/existence/existence.hpp"

#include <algorithm>
#include <optional>

#include "sim/existence/existence_proof.hpp"
#include "sim/existence/existence_rounding.hpp"
#include "sim/existence/existence_search.hpp"
#include "sim/numerics/exact_cone.hpp"

namespace twostage {
namespace {

using num::BigInteger;

// Newton steps before the search for a separating direction: an estimate that exists comfortably shows
// positive weights in one to three of them.
constexpr int kNewtonSteps = 3;

ExistenceCertificate undecided(std::string reason) {
  ExistenceCertificate result;
  result.reason = std::move(reason);
  return result;
}

ExistenceCertificate separated(std::vector<BigInteger> direction) {
  ExistenceCertificate result;
  result.outcome = Existence::not_attained;
  result.direction = std::move(direction);
  return result;
}

// theta = +-e_k where all entries of column k have one sign: a feature that only ever speaks for, or only
// ever against, the preferred completion. The commonest separation, found without any arithmetic.
std::optional<std::vector<BigInteger>> one_sided_column(const DifferenceMatrix& matrix) {
  std::vector<bool> positive(matrix.columns, false), negative(matrix.columns, false);
  for (std::size_t t = 0; t < matrix.value.size(); ++t)
    (matrix.value[t] > 0 ? positive : negative)[static_cast<std::size_t>(matrix.index[t])] = true;
  for (std::size_t k = 0; k < matrix.columns; ++k) {
    if (positive[k] == negative[k]) continue;
    std::vector<BigInteger> theta(matrix.columns, 0);
    theta[k] = positive[k] ? 1 : -1;
    return theta;
  }
  return std::nullopt;
}

class ExistenceTest {
 public:
  ExistenceTest(const DifferenceMatrix& matrix, std::size_t class_rank)
      : matrix_(matrix), class_rank_(class_rank) {
    std::vector<std::size_t> all(matrix.columns);
    for (std::size_t k = 0; k < all.size(); ++k) all[k] = k;
    columns_ = independent_columns(gram_matrix(float_columns(matrix, all)));
    z_ = float_columns(matrix, columns_);
  }

  // By floating-point search; nothing where no proposal can be proved.
  std::optional<ExistenceCertificate> search() {
    NewtonSearch newton(z_);
    for (int step = 0; step < kNewtonSteps && newton.step(); ++step) {
      if (!newton.weights().empty())
        if (auto result = attained(newton.weights(), {})) return result;
      if (newton.separated())
        if (auto result = direction(newton.theta(), 0.0)) return result;
    }
    // The weights of the last step hold small lower bounds on rows that separate.
    const NearestToZero nearest = nearest_to_zero(z_, newton.sigmas());
    if (nearest.theta.norm() < 1e-7 * nearest.scale)
      if (auto result = attained(nearest.weights, {})) return result;
    for (const double tolerance : {1e-9, 1e-7, 1e-5, 1e-11})
      if (auto result = direction(nearest.theta, tolerance)) return result;
    return attained(nearest.weights, {});
  }

  // By exact arithmetic from scratch.
  ExistenceCertificate exact() {
    std::vector<BigInteger> dense(matrix_.rows() * matrix_.columns, 0);
    for (std::size_t i = 0; i < matrix_.rows(); ++i)
      for (std::size_t t = matrix_.start[i]; t < matrix_.start[i + 1]; ++t)
        dense[i * matrix_.columns + static_cast<std::size_t>(matrix_.index[t])] =
            BigInteger(matrix_.value[t]);
    const num::StiemkeAlternative alternative = num::stiemke(dense, matrix_.rows(), matrix_.columns);
    if (!alternative.direction.empty()) return separated(alternative.direction);
    columns_ = columns_modulo_a_prime();
    if (auto result = attained({}, alternative.weights)) return *result;
    return undecided("the rank of the data is too expensive to prove");
  }

 private:
  std::optional<ExistenceCertificate> direction(const Eigen::VectorXd& proposal, double tolerance) const {
    std::vector<BigInteger> theta = exact_direction(matrix_, z_, columns_, proposal, tolerance);
    if (theta.empty()) return std::nullopt;
    return separated(std::move(theta));
  }

  std::optional<ExistenceCertificate> attained(const std::vector<double>& weights,
                                               const std::vector<BigInteger>& exact_weights) {
    ExistenceCertificate result;
    result.outcome = columns_.size() == class_rank_ ? Existence::unique : Existence::flat;
    result.weights = weights;
    result.exact_weights = exact_weights;
    result.columns = columns_;
    if (result.outcome == Existence::flat) {
      if (!dependences_) dependences_ = small_dependences(matrix_, columns_);
      if (dependences_->size() + columns_.size() == matrix_.columns) result.dependences = *dependences_;
    }
    if (!verify(result, matrix_, class_rank_)) return std::nullopt;
    return result;
  }

  std::vector<std::size_t> columns_modulo_a_prime() const {
    const std::uint32_t q = num::prime(0);
    num::ModularMatrix residues(matrix_.rows(), matrix_.columns, q);
    for (std::size_t i = 0; i < matrix_.rows(); ++i)
      for (std::size_t t = matrix_.start[i]; t < matrix_.start[i + 1]; ++t)
        residues.row(i)[matrix_.index[t]] = residue(matrix_.value[t], q);
    return num::echelon(residues, matrix_.columns).pivot_columns;
  }

  const DifferenceMatrix& matrix_;
  std::size_t class_rank_;
  std::vector<std::size_t> columns_;  // independent, as many as the rank
  FloatColumns z_;
  std::optional<std::vector<ColumnDependence>> dependences_;
};

}  // namespace

ExistenceCertificate test_existence(const DifferenceMatrix& matrix, std::size_t class_rank,
                                    const ExistenceLimits& limits) {
  if (matrix.columns > limits.parameters)
    return undecided(std::to_string(matrix.columns) + " parameters are more than the exact test takes (" +
                     std::to_string(limits.parameters) + ")");
  if (matrix.rows() == 0) {  // no data that could move any parameter
    ExistenceCertificate empty;
    empty.outcome = class_rank == 0 ? Existence::unique : Existence::flat;
    for (std::size_t k = 0; k < matrix.columns; ++k) empty.dependences.push_back({{k, 1}});
    return empty;
  }
  if (limits.floating_point)
    if (auto theta = one_sided_column(matrix)) return separated(std::move(*theta));
  ExistenceTest test(matrix, class_rank);
  if (limits.floating_point)
    if (auto result = test.search()) return *result;
  if (matrix.columns * (matrix.rows() + matrix.columns) <= limits.exact_entries) return test.exact();
  return undecided("the floating-point search proposed no witness that could be proved");
}

ExistenceCertificate test_existence(const LinearModel& model, const ScaledDifferences& rows,
                                    const ExistenceLimits& limits) {
  if (!rows.refusal.empty()) return undecided(rows.refusal);
  if (limits.floating_point && rows.matrix.columns <= limits.parameters)
    if (auto theta = one_sided_column(rows.matrix)) return separated(std::move(*theta));
  return test_existence(canonical(rows.matrix), model.rank(), limits);
}

ExistenceCertificate test_existence(const LinearModel& model, const PairTable& pairs,
                                    const ExistenceLimits& limits) {
  if (model.parameters() > limits.parameters)  // before anything of that size is built
    return undecided(std::to_string(model.parameters()) + " parameters are more than the exact test takes (" +
                     std::to_string(limits.parameters) + ")");
  return test_existence(model, scaled_differences(model, pairs), limits);
}

KnownExistence known(const ExistenceCertificate& certificate) {
  return {certificate.outcome, certificate.columns.size()};
}

}  // namespace twostage
